//! Workflows of GitHub Actions and GitLab CI, and what kustomizations take over.

mod github;
mod gitlab;

pub use github::{is_github, read_github};
pub use gitlab::{is_gitlab, read_gitlab};

use std::collections::BTreeMap;

use sehat_diagnostic::{Origin, Source, is_secret_name};
use sehat_platform::inventory::Labels;
use sehat_platform::inventory::delivery::{Kustomization, Script};
use sehat_yaml::Node;

use crate::Context;
use crate::kubernetes;
use crate::kubernetes::get::{texts, word};
use crate::located::Located;
use crate::shell::Reader;

/// Variables with their values as written; an expression stays one.
#[derive(Clone, Default)]
struct Variables(Labels);

impl Variables {
    fn and(&self, more: Labels) -> Self {
        let mut all = self.0.clone();
        all.extend(more);
        Self(all)
    }

    fn names(&self) -> BTreeMap<String, Origin> {
        self.0.iter().map(|(name, value)| (name.clone(), value.origin.clone())).collect()
    }

    fn values(&self) -> BTreeMap<String, String> {
        let plain = self.0.iter().filter(|(name, _)| !is_secret_name(name));
        plain.map(|(name, value)| (name.clone(), value.value.clone())).collect()
    }
}

fn read_script<'n>(
    script: Script,
    lines: impl IntoIterator<Item = &'n Node>,
    variables: &Variables,
    source: &Source,
) -> Script {
    let mut reader = Reader::new(Script { given: variables.names(), ..script }, variables.values());
    for line in lines {
        let text = line.as_text().unwrap_or_default();
        reader.read(&Located::of_scalar(text, &line.origin, Some(&source.text)));
    }
    reader.finish()
}

pub fn is_kustomization(path: &str, node: &Node) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let kind = word(node, &["kind"]);
    let by_name = matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization");
    let group = word(node, &["apiVersion"]);
    matches!(kind.as_str(), "Kustomization" | "Component") && group.starts_with("kustomize.config.k8s.io")
        || by_name && kind.is_empty() && !node.entries().is_empty()
}

pub fn read_kustomization(path: &str, node: &Node, cx: &mut Context) {
    let takes = ["resources", "bases", "components", "crds", "configurations"];
    kubernetes::overlay(node, &mut cx.inventory);
    cx.inventory.delivery.kustomizations.push(Kustomization {
        origin: node.origin.clone(),
        folder: path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned()),
        takes: takes.iter().flat_map(|key| texts(node, &[key])).collect(),
    });
}
