//! Trees in one text: `=== path` opens a file.

use std::collections::BTreeMap;

use sehat_diagnostic::render_terminal;
use sehat_kustomize::{Built, Load, Refusal, build, canonical};
use sehat_yaml::{Node, emit_sorted};

#[derive(Debug, Default)]
pub struct Tree(pub BTreeMap<String, Vec<u8>>);

impl Tree {
    pub fn new(text: &str) -> Self {
        let mut files = BTreeMap::new();
        let margin = text.lines().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
        let lines: Vec<&str> = text.lines().map(|line| line.get(margin..).unwrap_or_default()).collect();
        let text = lines.join("\n");
        for part in text.split("=== ").skip(1) {
            let (path, content) = part.split_once('\n').unwrap_or((part, ""));
            files.insert(path.trim().to_owned(), content.trim_end().to_owned().into_bytes());
        }
        Self(files.into_iter().map(|(path, text)| (path, [text, b"\n".to_vec()].concat())).collect())
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

impl Load for Tree {
    fn folder(&self, path: &str) -> Option<String> {
        let start = if path == "." { String::new() } else { format!("{path}/") };
        let known = self.0.keys().any(|file| file.starts_with(&start));
        known.then(|| format!("/root/{}", start.trim_end_matches('/')).trim_end_matches('/').to_owned())
    }

    fn file(&self, _folder: &str, path: &str) -> Result<Vec<u8>, Refusal> {
        if self.folder(path).is_some() {
            return Err(Refusal::IsFolder);
        }
        self.0.get(path).cloned().ok_or(Refusal::Missing)
    }
}

pub fn evaluate(tree: &str, root: &str) -> Built {
    build(root, &Tree::new(tree))
}

/// What a user reads: the objects, or all that is wrong.
pub fn shown(tree: &str, root: &str) -> String {
    let built = evaluate(tree, root);
    let told: Vec<String> =
        built.diagnostics.iter().map(|diagnostic| render_terminal(diagnostic, &built.sources)).collect();
    let objects: Vec<String> = built.objects.iter().map(|object| emit_sorted(&canonical(object))).collect();
    [told.concat(), objects.join("---\n")].concat()
}

/// The places of some values: `Kind.path.to.field`.
pub fn places(tree: &str, root: &str, paths: &[&str]) -> String {
    let built = evaluate(tree, root);
    let place = |path: &&str| {
        let mut parts = path.split('.');
        let kind = parts.next().unwrap_or_default();
        let object =
            built.objects.iter().find(|object| object.get("kind").and_then(Node::as_text) == Some(kind));
        let found = parts.try_fold(object?, |node, part| match part.parse::<usize>() {
            Ok(index) => node.items().get(index),
            Err(_) => node.get(part),
        })?;
        Some(format!("{path} {}", found.origin))
    };
    paths
        .iter()
        .map(|path| place(path).unwrap_or_else(|| format!("{path} is nowhere")))
        .collect::<Vec<_>>()
        .join("\n")
}
