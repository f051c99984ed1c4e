//! YAML as a tree in which every value knows its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, Span};
use sehat_diagnostic::{Diagnostic, Origin, Source, is_secret_name};

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub origin: Origin,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    pub text: String,
    pub quoted: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub text: String,
    pub origin: Origin,
}

impl Node {
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if !scalar.quoted && matches!(scalar.text.as_str(), "" | "~" | "null"))
    }

    pub fn entries(&self) -> &[(Key, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(known, _)| known.text == key).map(|(_, node)| node)
    }
}

/// A document with more values than this is refused, so that aliases cannot grow it without bound.
const NODES_MAX: usize = 200_000;
/// No part of the grammar is deeper than twelve levels.
const DEPTH_MAX: usize = 64;

/// Reads the first YAML document of a file. What cannot be read is told, and the rest is returned.
pub fn parse(source: &Source, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    let mut options = Options::default();
    options.emit_comments = false;
    options.emit_unresolved_aliases = true;
    let mut reader = Reader {
        path: source.path.clone(),
        events: Parser::new_from_str_with_options(&source.text, options),
        anchors: BTreeMap::new(),
        count: 0,
        diagnostics,
    };
    reader.document()
}

struct Reader<'a, 'd> {
    path: Arc<str>,
    events: Parser<'a, granit_parser::StrInput<'a>>,
    /// Finished nodes by anchor.
    anchors: BTreeMap<usize, Node>,
    count: usize,
    diagnostics: &'d mut Vec<Diagnostic>,
}

/// Why reading stopped; the diagnostic has been given.
struct Stopped;

impl<'a> Reader<'a, '_> {
    fn document(&mut self) -> Option<Node> {
        loop {
            match self.next().ok()? {
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (Event::StreamEnd | Event::DocumentEnd, _) => return None,
                (event, span) => {
                    let node = self.node(event, span, 0).ok()?;
                    self.end_of_document();
                    return Some(node);
                }
            }
        }
    }

    fn end_of_document(&mut self) {
        while let Ok((event, span)) = self.next() {
            match event {
                Event::StreamEnd => return,
                Event::DocumentStart(..) => {
                    let origin = self.origin(&span);
                    self.diagnostics.push(
                        Diagnostic::error("second-document", "the file holds a second YAML document")
                            .at(&origin, "it starts here")
                            .help("put it into a file of its own, or remove the `---`"),
                    );
                    return;
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Stopped> {
        match self.events.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let mark = *error.marker();
                let start = mark.byte_offset().unwrap_or(0);
                let origin = self.at(start, start + 1, mark.line(), mark.col());
                if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
                    return self.too_large(&origin);
                }
                self.diagnostics.push(
                    Diagnostic::error("yaml-syntax", format!("this is not YAML: {}", error.kind()))
                        .at(&origin, "reading stopped here")
                        .help("mend this line first: what follows it was not read"),
                );
                Err(Stopped)
            }
            None => Err(Stopped),
        }
    }

    fn at(&self, start: usize, end: usize, line: usize, column: usize) -> Origin {
        Origin { path: self.path.clone(), start, end, line: line.max(1), column: column + 1 }
    }

    fn origin(&self, span: &Span) -> Origin {
        let start = span.start.byte_offset().unwrap_or(0);
        self.at(start, span.end.byte_offset().unwrap_or(start), span.start.line(), span.start.col())
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Stopped> {
        let origin = self.origin(&span);
        self.count += 1;
        if self.count > NODES_MAX || depth > DEPTH_MAX {
            return self.too_large(&origin);
        }
        let anchor = event.anchor_id().unwrap_or(0);
        let node = match event {
            Event::Scalar(text, style, ..) => Node {
                origin,
                value: Value::Scalar(Scalar { text: text.into_owned(), quoted: style != ScalarStyle::Plain }),
            },
            Event::SequenceStart(..) => self.list(origin, depth)?,
            Event::MappingStart(..) => self.map(origin, depth)?,
            Event::Alias(id) => return self.alias(id, &origin),
            Event::UnresolvedAlias(name) => {
                let message = format!("there is no anchor `&{name}` above");
                return self.refuse(
                    &origin,
                    "unknown-anchor",
                    message,
                    "define the anchor before its first use",
                );
            }
            _ => return Err(Stopped),
        };
        if anchor > 0 {
            self.grow(&node)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn too_large<T>(&mut self, origin: &Origin) -> Result<T, Stopped> {
        self.refuse(
            origin,
            "too-large",
            "the document is too large or too deep",
            "split it, or name its parts with `include:`",
        )
    }

    fn refuse<T>(
        &mut self,
        origin: &Origin,
        code: &'static str,
        message: impl Into<String>,
        help: &str,
    ) -> Result<T, Stopped> {
        self.diagnostics.push(Diagnostic::error(code, message).at(origin, "here").help(help));
        Err(Stopped)
    }

    fn alias(&mut self, id: usize, origin: &Origin) -> Result<Node, Stopped> {
        let Some(node) = self.anchors.get(&id).cloned() else {
            return self.refuse(
                origin,
                "cyclic-anchor",
                "this alias stands inside its own anchor",
                "write the value out",
            );
        };
        self.grow(&node)?;
        Ok(node)
    }

    /// Counts a copy of a node.
    fn grow(&mut self, node: &Node) -> Result<(), Stopped> {
        self.count += size(node);
        if self.count > NODES_MAX {
            return self.refuse(
                &node.origin,
                "too-large",
                "anchors and aliases make the document too large",
                "write the values out",
            );
        }
        Ok(())
    }

    fn list(&mut self, origin: Origin, depth: usize) -> Result<Node, Stopped> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Node { origin, value: Value::List(items) }),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, origin: Origin, depth: usize) -> Result<Node, Stopped> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut known: BTreeMap<String, Origin> = BTreeMap::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Node { origin, value: Value::Map(entries) }),
                (event, span) => self.node(event, span, depth + 1)?,
            };
            let (event, span) = self.next()?;
            let mut value = self.node(event, span, depth + 1)?;
            let Value::Scalar(Scalar { text, .. }) = key.value else {
                self.diagnostics.push(
                    Diagnostic::error("key-not-text", "a key must be a word")
                        .at(&key.origin, "this is a list or a map")
                        .help("write a name here"),
                );
                continue;
            };
            // An entry is where its name stands, not where its first line does.
            if !matches!(value.value, Value::Scalar(_)) || value.is_null() {
                value.origin.clone_from(&key.origin);
            }
            if is_secret_name(&text) && !matches!(value.value, Value::Map(_)) && !value.is_null() {
                self.refuse_secret(&text, &key.origin);
                value.value = Value::Scalar(Scalar { text: String::new(), quoted: false });
            }
            if let Some(first) = known.get(&text) {
                self.twice(&text, &key.origin, first);
                continue;
            }
            known.insert(text.clone(), key.origin.clone());
            entries.push((Key { text, origin: key.origin }, value));
        }
    }

    /// The value is forgotten at once, so that no message can show it.
    fn refuse_secret(&mut self, key: &str, origin: &Origin) {
        self.diagnostics.push(
            Diagnostic::error(
                "secret-value",
                format!("`{key}` looks like a secret, and a document holds no secrets"),
            )
            .at(origin, "a value stands here")
            .help("name it under `secrets:` and refer to that name"),
        );
    }

    fn twice(&mut self, key: &str, second: &Origin, first: &Origin) {
        self.diagnostics.push(
            Diagnostic::error("duplicate-key", format!("`{key}` stands here twice"))
                .at(second, "second")
                .at(first, "first")
                .help("keep one of them"),
        );
    }
}

/// Returns how many values a node holds, itself included.
pub fn size(node: &Node) -> usize {
    match &node.value {
        Value::Scalar(_) => 1,
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|(_, node)| 1 + size(node)).sum::<usize>(),
    }
}
