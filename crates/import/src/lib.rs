//! Existing files become a platform: a map of path to text becomes an inventory, and what is wrong with the format.
//!
//! One module per format reads its files into the inventory. What no module understands is counted, never guessed.

mod adopt;
mod alertmanager;
mod compose;
mod context;
mod dockerfile;
mod embedded;
mod fluentd;
mod format;
mod grafana;
mod kubernetes;
mod located;
mod markdown;
mod pipeline;
mod prometheus;
pub mod proxmox;
pub mod shell;
mod terraform;

pub use adopt::draft;
pub use context::Context;
pub use format::{Format, is_read};
pub use kubernetes::{is_object, read_objects};

use sehat_diagnostic::{Diagnostic, Source, Sources};
use sehat_platform::inventory::Inventory;
use sehat_platform::{Draft, Platform, resolve};

/// What files say, as far as they could be read.
#[derive(Debug, Default)]
pub struct Imported {
    pub inventory: Inventory,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads all files of one root together.
pub fn import(sources: &Sources) -> Imported {
    let mut cx = Context::default();
    for source in sources.shared() {
        read(&source, &mut cx);
    }
    finish(cx, sources)
}

/// Reads objects that were evaluated before, as a kustomization's are, and the other files of the same root.
pub fn import_with(objects: &[sehat_yaml::Node], sources: &Sources) -> Imported {
    let mut cx = Context::default();
    kubernetes::read_objects(objects, &mut cx);
    for source in sources.shared() {
        read(&source, &mut cx);
    }
    finish(cx, sources)
}

/// Reads one file by what its path and its text say it is.
pub fn read(source: &Source, cx: &mut Context) {
    read_as(&source.path, source, cx);
}

/// Reads a text as the file of another name, which a document gives to a block in it.
pub fn read_as(name: &str, source: &Source, cx: &mut Context) {
    match Format::of(name, &source.text) {
        Format::Yaml => {
            let stripped = grafana::without_comments(source);
            let (source, comment) =
                stripped.as_ref().map_or((source, None), |(source, at)| (source, Some(at)));
            let documents = sehat_yaml::read(source, sehat_yaml::Options::default(), &mut cx.diagnostics);
            format::read_documents(name, source, &documents, cx);
            if let (Some(at), Some(last)) = (comment, cx.inventory.watch.dashboards.last_mut()) {
                last.comment.get_or_insert_with(|| at.clone());
            }
        }
        Format::Shell => shell::read_file(name, source, cx),
        Format::Markdown => markdown::read(source, cx),
        Format::Dockerfile => dockerfile::read(name, source, cx),
        Format::Proxmox(file) => proxmox::read(file, source, cx),
        Format::Fluentd => fluentd::read(name, None, &located::Located::of_file(source), cx),
        Format::Unknown => {}
    }
}

impl Imported {
    /// Returns the platform that the files make together.
    pub fn platform(self) -> Platform {
        resolve(Draft { inventory: self.inventory, ..Draft::default() }).0
    }
}

fn finish(mut cx: Context, sources: &Sources) -> Imported {
    kubernetes::settle(&mut cx);
    kubernetes::finish(&mut cx.inventory);
    shell::read_containers(&mut cx, sources);
    embedded::read(&mut cx, sources);
    Imported { inventory: cx.inventory, diagnostics: cx.diagnostics }
}
