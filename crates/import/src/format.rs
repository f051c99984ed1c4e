//! Which format a file is in.

use sehat_diagnostic::Source;
use sehat_yaml::Node;

use crate::{
    Context, alertmanager, compose, fluentd, grafana, kubernetes, pipeline, prometheus, proxmox, shell,
    terraform,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// YAML or JSON: what its documents are is told by their keys.
    Yaml,
    /// A script, by its name or its first line.
    Shell,
    /// Markdown, or its export as plain text.
    Markdown,
    Dockerfile,
    /// A file of `/etc/pve`.
    Proxmox(proxmox::File),
    Fluentd,
    /// Nothing that is read yet.
    Unknown,
}

impl Format {
    /// Tells a format by the file's name, and where that does not suffice by its first lines.
    pub fn of(path: &str, text: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        if let Some(file) = proxmox::File::of(path) {
            return Self::Proxmox(file);
        }
        match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
            "yaml" | "yml" | "json" => Self::Yaml,
            "sh" | "bash" => Self::Shell,
            "md" | "markdown" => Self::Markdown,
            "Dockerfile" | "dockerfile" | "Containerfile" => Self::Dockerfile,
            _ if name.starts_with("Dockerfile") || name.starts_with("Containerfile") => Self::Dockerfile,
            "conf" if fluentd::is_config(name, text) => Self::Fluentd,
            _ if shell::has_shebang(text) => Self::Shell,
            "txt" if crate::markdown::is_export(text) => Self::Markdown,
            _ => Self::Unknown,
        }
    }
}

/// Hands each document to the importer whose keys it has.
pub fn read_documents(name: &str, source: &Source, documents: &[Node], cx: &mut Context) {
    for document in documents {
        if pipeline::is_kustomization(name, document) {
            pipeline::read_kustomization(name, document, cx);
            if kubernetes::is_object(document) {
                kubernetes::read_object(document, cx);
            }
        } else if pipeline::is_github(name, document) {
            pipeline::read_github(name, source, document, cx);
        } else if pipeline::is_gitlab(name) {
            pipeline::read_gitlab(name, source, document, cx);
        } else if kubernetes::is_object(document) {
            kubernetes::read_object(document, cx);
        } else if compose::is_compose(document) {
            compose::read(document, cx);
        } else if terraform::is_plan(document) {
            terraform::read(document, cx);
        } else if prometheus::is_config(document) {
            prometheus::read_config(name, None, document, cx);
        } else if prometheus::is_values(document) {
            prometheus::read_values(name, document, cx);
        } else if alertmanager::is_config(document) {
            cx.inventory.watch.routers.push(alertmanager::router(name, document, None));
        } else if prometheus::is_rules(document) {
            prometheus::read_rules(document, cx);
        } else if grafana::is_dashboard(document) {
            cx.inventory.watch.dashboards.push(grafana::dashboard(name, document, None));
        } else {
            cx.inventory.skip(format!("file {}", source.path), &document.origin);
        }
    }
}

/// Returns whether files with such a path are read where a folder is searched.
pub fn is_read(path: &str) -> bool {
    Format::of(path, "") != Format::Unknown
}
