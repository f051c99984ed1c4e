//! Reads the files that a kustomization names, and the YAML that stands in its texts.

use std::sync::Arc;

use sehat_diagnostic::{Diagnostic, Origin, Source};
use sehat_yaml::{Node, Options, Value, read};

use crate::build::Builder;
use crate::fault::{Fault, fault};
use crate::kustomization::{Folder, Kustomization};
use crate::load::{Refusal, is_remote, is_within, join};
use crate::tree;

/// A file of one evaluation, and all of them together.
const NODES_MAX: usize = 4_000_000;

impl Builder<'_> {
    /// Reads a file that an entry of a kustomization names.
    pub fn bytes(&mut self, kustomization: &Kustomization, entry: &Node) -> Result<(String, Vec<u8>), Fault> {
        let name = entry.as_text().unwrap_or_default();
        let path = join(&kustomization.folder.path, name);
        match self.load(&kustomization.folder, &path, name) {
            Ok(bytes) => Ok((path, bytes)),
            Err(refusal) => Err(Self::refuse(&refusal, name, entry)),
        }
    }

    /// Reads a file, if it lies where kustomize allows it.
    pub fn load(&mut self, folder: &Folder, path: &str, name: &str) -> Result<Vec<u8>, Refusal> {
        if is_remote(name) || name.is_empty() {
            return Err(Refusal::Missing);
        }
        if !is_within(path, &folder.path) {
            return Err(Refusal::Outside);
        }
        let bytes = self.loader.file(&folder.path, path)?;
        self.used.files.insert(path.to_owned());
        Ok(bytes)
    }

    pub fn refuse(refusal: &Refusal, name: &str, entry: &Node) -> Fault {
        let origin = &entry.origin;
        match refusal {
            _ if is_remote(name) => fault(
                "kustomize-remote",
                format!("`{name}` is on another machine, and nothing is fetched"),
                origin,
                "copy it beside the kustomization, or give the output of `kustomize build`",
            ),
            Refusal::Outside => fault(
                "kustomize-outside",
                format!(
                    "`{name}` lies outside of the kustomization's folder, where kustomize reads no files"
                ),
                origin,
                "make its folder a kustomization and name that under `resources`",
            ),
            Refusal::Missing => fault(
                "kustomize-missing",
                format!("there is no `{name}`"),
                origin,
                "compare it with the files in the folder",
            ),
            Refusal::IsFolder => {
                fault("kustomize-missing", format!("`{name}` is a folder"), origin, "name a file")
            }
            Refusal::Other(reason) => fault(
                "kustomize-missing",
                format!("`{name}` cannot be read: {reason}"),
                origin,
                "mend it first",
            ),
        }
    }

    /// Reads the documents of a file that an entry names.
    pub fn documents(&mut self, kustomization: &Kustomization, entry: &Node) -> Result<Vec<Node>, Fault> {
        let (path, bytes) = self.bytes(kustomization, entry)?;
        self.parse(&path, bytes, entry)
    }

    /// Reads one document, as the tools of Kubernetes read it.
    pub fn document(&mut self, kustomization: &Kustomization, entry: &Node) -> Result<Node, Fault> {
        let (path, bytes) = self.bytes(kustomization, entry)?;
        let mut documents = self.parse_raw(&path, bytes, &entry.origin)?;
        if documents.is_empty() {
            return Err(fault(
                "kustomize-empty",
                format!("`{path}` is empty"),
                &entry.origin,
                "take it away",
            ));
        }
        Ok(documents.swap_remove(0))
    }

    pub fn parse(&mut self, path: &str, bytes: Vec<u8>, entry: &Node) -> Result<Vec<Node>, Fault> {
        let mut documents = self.parse_raw(path, bytes, &entry.origin)?;
        documents.iter_mut().for_each(keep_words);
        Ok(documents)
    }

    pub fn parse_raw(&mut self, path: &str, bytes: Vec<u8>, origin: &Origin) -> Result<Vec<Node>, Fault> {
        let Ok(text) = String::from_utf8(bytes) else {
            let message = format!("`{path}` is not text in UTF-8");
            return Err(fault("kustomize-missing", message, origin, "name a YAML file"));
        };
        let source = self.sources.add(path, text.strip_prefix('\u{feff}').unwrap_or(&text));
        let mut found = Vec::new();
        let options = Options { nodes_max: self.nodes_left.min(1_000_000), ..Options::default() };
        let documents = read(&source, options, &mut found);
        let count = documents.iter().map(sehat_yaml::size).sum();
        self.nodes_left = self.nodes_left.saturating_sub(count);
        if found.is_empty() {
            return Ok(documents);
        }
        let first = found.remove(0);
        self.diagnostics.extend(found);
        Err(Box::new(first))
    }

    /// Reads the YAML in a text of a kustomization, each value with its place in that file.
    pub fn inline(&mut self, text: &Node) -> Result<Vec<Node>, Fault> {
        let content = text.as_text().unwrap_or_default();
        let shift = self.sources.text(&text.origin.path).and_then(|source| Shift::new(source, text));
        let source = Source { path: text.origin.path.clone(), text: Arc::from(content) };
        let mut diagnostics: Vec<Diagnostic> = Vec::new();
        let options = Options { nodes_max: self.nodes_left.min(1_000_000), ..Options::default() };
        let mut documents = read(&source, options, &mut diagnostics);
        let mend = |origin: &mut Origin| match &shift {
            Some(shift) => shift.apply(origin),
            None => origin.clone_from(&text.origin),
        };
        if let Some(mut first) = diagnostics.into_iter().next() {
            first.origin.iter_mut().chain(first.also.iter_mut().map(|(origin, _)| origin)).for_each(mend);
            return Err(Box::new(first));
        }
        for document in &mut documents {
            keep_words(document);
            each_origin(document, &mut |origin| mend(origin));
        }
        Ok(documents)
    }
}

pub(crate) const fn nodes_max() -> usize {
    NODES_MAX
}

/// kustomize reads resources with YAML 1.2's words for truth: `on` and `no` are texts to it. Dates become instants.
fn keep_words(node: &mut Node) {
    tree::each_scalar(node, &mut |scalar| {
        if scalar.quoted {
            return;
        }
        let binary = scalar.tag.as_deref().is_some_and(|tag| tag.ends_with("binary"));
        if binary {
            decode(scalar);
        } else if scalar.text.starts_with(['y', 'Y', 'n', 'N', 'o', 'O']) && !scalar.is_null() {
            scalar.quoted = true;
        }
    });
}

/// `!!binary` is the text that it encodes.
fn decode(scalar: &mut sehat_yaml::Scalar) {
    let Some(text) =
        crate::generate::decode_base64(&scalar.text).and_then(|bytes| String::from_utf8(bytes).ok())
    else {
        return;
    };
    *scalar = sehat_yaml::Scalar { text, quoted: true, tag: None };
}

fn each_origin(node: &mut Node, change: &mut impl FnMut(&mut Origin)) {
    change(&mut node.origin);
    match &mut node.value {
        Value::Scalar(_) => {}
        Value::List(items) => items.iter_mut().for_each(|item| each_origin(item, change)),
        Value::Map(entries) => {
            for (key, value) in entries {
                change(&mut key.origin);
                each_origin(value, change);
            }
        }
    }
}

/// Where the lines of a block scalar stand in their file.
struct Shift {
    /// The file's line of the first line.
    line: usize,
    /// Spaces before each line.
    indent: usize,
    /// Offsets of the lines in the file, and in the text.
    starts: Vec<(usize, usize)>,
}

impl Shift {
    /// Nothing, where the text is not a block whose lines stand in the file as they are.
    fn new(source: &str, text: &Node) -> Option<Self> {
        let content = text.as_text()?;
        let rest = source.get(text.origin.start..)?;
        if !rest.starts_with('|') {
            return None;
        }
        let header = rest.find('\n')? + 1;
        let first = content.lines().position(|line| !line.trim().is_empty())?;
        let line = rest.get(header..)?.lines().nth(first)?;
        let indent = line.len().checked_sub(content.lines().nth(first)?.len())?;
        let (mut at, mut inside, mut starts) = (text.origin.start + header, 0, Vec::new());
        for (mine, theirs) in rest.get(header..)?.split_inclusive('\n').zip(content.split_inclusive('\n')) {
            starts.push((at, inside));
            at += mine.len();
            inside += theirs.len();
        }
        Some(Self { line: text.origin.line, indent, starts })
    }

    fn apply(&self, origin: &mut Origin) {
        let Some((at, inside)) = self.starts.get(origin.line - 1) else { return };
        let length = origin.end.saturating_sub(origin.start);
        origin.start = at + self.indent + origin.start.saturating_sub(*inside);
        origin.end = origin.start + length;
        origin.line += self.line;
        origin.column += self.indent;
    }
}
