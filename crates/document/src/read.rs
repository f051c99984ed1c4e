//! Reads a document: its files, its environments, each resolved.

use std::collections::{BTreeMap, BTreeSet};

use sehat_diagnostic::{Diagnostic, Origin, Sources};
use sehat_platform::{Draft, Fact, Platform, resolve};

use crate::decode::{Cx, Decode};
use sehat_yaml::{Key, Node, Value, size};

use crate::overlay::{join, lay};
use crate::tree::parse;

/// A document, read as far as it can be.
#[derive(Debug, Default)]
pub struct Document {
    /// The platform's name; empty where the document does not state it.
    pub name: String,
    /// One platform for each environment, or a single one without a name.
    pub environments: Vec<Platform>,
    pub diagnostics: Vec<Diagnostic>,
    /// Ids of the source's features, each with the entries of all environments that name it.
    pub features: BTreeMap<String, BTreeSet<Origin>>,
    pub sources: Sources,
}

impl Document {
    /// Returns whether nothing is wrong with it.
    pub fn is_good(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// Returns the platform of an environment, or the only one.
    pub fn environment(&self, name: Option<&str>) -> Option<&Platform> {
        match name {
            Some(name) => {
                self.environments.iter().find(|platform| platform.environment.as_deref() == Some(name))
            }
            None if self.environments.len() == 1 => self.environments.first(),
            None => None,
        }
    }

    fn note_features(&mut self, features: &[Fact<String>]) {
        for feature in features {
            if let (Some(id), Some(origin)) = (feature.get(), feature.origin()) {
                self.features.entry(id.clone()).or_default().insert(origin.clone());
            }
        }
    }
}

/// Included files may not be more than this.
const FILES_MAX: usize = 100;
/// A larger file is not a document that a person wrote.
const BYTES_MAX: usize = 4 << 20;

/// Each environment is a platform of its own, and all of them together may not be more values than this.
const VALUES_MAX: usize = 1_000_000;

/// Reads the document at `path`. `load` returns the text of a file that the document names, by its
/// path relative to the document, or a sentence that says why it cannot.
pub fn read(path: &str, text: &str, load: &dyn Fn(&str) -> Result<String, String>) -> Document {
    let mut document = Document::default();
    let Some(mut root) = parse_file(path, text, &mut document) else { return document };
    check_first_line(&root, path, &mut document.diagnostics);
    include(&mut root, path, load, &mut document);
    document.name = name(&root, &mut document.diagnostics);
    let environments = take(&mut root, "environments");
    for key in ["sehat", "platform", "include"] {
        take(&mut root, key);
    }
    if too_many(&root, environments.as_ref(), &mut document.diagnostics) {
        return document;
    }
    for (environment, tree) in overlays(&root, environments.as_ref(), &mut document.diagnostics) {
        decode_environment(&mut document, environment, &tree);
    }
    document.diagnostics.sort_by(|a, b| (&a.origin, &a.message).cmp(&(&b.origin, &b.message)));
    document.diagnostics.dedup();
    document
}

fn parse_file(path: &str, text: &str, document: &mut Document) -> Option<Node> {
    let origin = Origin { path: path.into(), start: 0, end: 1, line: 1, column: 1 };
    if text.len() > BYTES_MAX {
        document.diagnostics.push(
            Diagnostic::error(
                "too-large",
                format!("the file has {} bytes, and {BYTES_MAX} are read", text.len()),
            )
            .at(&origin, "")
            .help("split it, and name the parts with `include:`"),
        );
        return None;
    }
    let source = document.sources.add(path, text);
    let before = document.diagnostics.len();
    let root = parse(&source, &mut document.diagnostics);
    let wrong = match &root {
        Some(Node { value: Value::Map(_), .. }) => return root,
        Some(node) => node.origin.clone(),
        None => origin,
    };
    if document.diagnostics.len() == before {
        let empty = Diagnostic::error("not-a-document", "this is not a platform document: it holds no keys");
        document.diagnostics.push(empty.at(&wrong, "").help("start with `sehat: 1` and `platform: NAME`"));
    }
    None
}

fn check_first_line(root: &Node, path: &str, diagnostics: &mut Vec<Diagnostic>) {
    let origin = Origin { path: path.into(), start: 0, end: 1, line: 1, column: 1 };
    let version = root.get("sehat");
    let good = matches!(version.map(|node| &node.value), Some(Value::Scalar(scalar)) if scalar.text == "1");
    if !good {
        diagnostics.push(
            Diagnostic::error("unknown-version", "the document does not say which grammar it follows")
                .at(version.map_or(&origin, |node| &node.origin), "")
                .help("write `sehat: 1` in the first line"),
        );
    }
}

fn name(root: &Node, diagnostics: &mut Vec<Diagnostic>) -> String {
    let stated = root.get("platform");
    match stated.map(|node| &node.value) {
        Some(Value::Scalar(scalar)) if is_name(&scalar.text) => return scalar.text.clone(),
        Some(_) => diagnostics.push(
            Diagnostic::error("bad-name", "a name has small letters, digits and inner hyphens, at most 40")
                .at(stated.map_or(&root.origin, |node| &node.origin), "this name")
                .help("write it like `my-clinic`"),
        ),
        None => diagnostics.push(
            Diagnostic::error("missing-key", "the platform has no name")
                .at(&root.origin, "")
                .help("add `platform: my-clinic` below `sehat: 1`"),
        ),
    }
    String::new()
}

fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty()
        && text.len() <= 40
        && text.chars().all(plain)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn take(root: &mut Node, key: &str) -> Option<(Key, Node)> {
    let Value::Map(entries) = &mut root.value else { return None };
    let position = entries.iter().position(|(known, _)| known.text == key)?;
    Some(entries.remove(position))
}

fn include(
    root: &mut Node,
    path: &str,
    load: &dyn Fn(&str) -> Result<String, String>,
    document: &mut Document,
) {
    let Some((_, named)) = take(root, "include") else { return };
    let files = match named.value {
        Value::List(items) => items,
        _ => vec![named],
    };
    for file in files.iter().take(FILES_MAX) {
        let Value::Scalar(scalar) = &file.value else { continue };
        match load(&scalar.text) {
            Ok(text) => {
                let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
                if let Some(tree) = parse_file(&format!("{folder}{}", scalar.text), &text, document) {
                    join(root, &tree, &mut document.diagnostics);
                }
            }
            Err(why) => document.diagnostics.push(
                Diagnostic::error("cannot-include", format!("`{}` cannot be read: {why}", scalar.text))
                    .at(&file.origin, "named here")
                    .help("name a file in the document's folder"),
            ),
        }
    }
}

fn too_many(root: &Node, environments: Option<&(Key, Node)>, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let Some((key, node)) = environments else { return false };
    let count = node.entries().len();
    let many = count.saturating_mul(size(root)).saturating_add(size(node)) > VALUES_MAX;
    if many {
        diagnostics.push(
            Diagnostic::error("too-large", format!("{count} environments of this size are too many"))
                .at(&key.origin, "")
                .help("keep the environments that are run, and split the others off"),
        );
    }
    many
}

/// Returns the tree of each environment.
fn overlays(
    root: &Node,
    environments: Option<&(Key, Node)>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(Option<Key>, Node)> {
    let Some((key, node)) = environments else { return vec![(None, root.clone())] };
    if node.entries().is_empty() {
        diagnostics.push(
            Diagnostic::error("wrong-value", "expected a map of environments")
                .at(&key.origin, "")
                .help("add one, or remove the key"),
        );
    }
    node.entries()
        .iter()
        .map(|(name, over)| (Some(name.clone()), environment_tree(root, over, diagnostics)))
        .collect()
}

fn environment_tree(root: &Node, over: &Node, diagnostics: &mut Vec<Diagnostic>) -> Node {
    match &over.value {
        Value::Map(_) => lay(root, over),
        _ if over.is_null() => root.clone(),
        _ => {
            diagnostics.push(
                Diagnostic::error("wrong-value", "expected a map of changes")
                    .at(&over.origin, "")
                    .help("write `{}` for none"),
            );
            root.clone()
        }
    }
}

fn decode_environment(document: &mut Document, environment: Option<Key>, tree: &Node) {
    if let Some(key) = environment.as_ref().filter(|key| !is_name(&key.text)) {
        document.diagnostics.push(
            Diagnostic::error("bad-name", "a name has small letters, digits and inner hyphens, at most 40")
                .at(&key.origin, "this name")
                .help("write it like `production`"),
        );
    }
    let mut cx = Cx { diagnostics: &mut document.diagnostics, features: Vec::new() };
    let Some(mut draft) = Draft::decode(tree, &mut cx) else { return };
    let features = cx.features;
    document.note_features(&features);
    draft.name.clone_from(&document.name);
    draft.environment = environment.map(|key| key.text);
    let (platform, diagnostics) = resolve(draft);
    document.environments.push(platform);
    document.diagnostics.extend(diagnostics);
}
