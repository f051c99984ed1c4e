//! YAML as a tree in which every value knows its place.

use std::sync::Arc;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span};
use sehat_diagnostic::{Diagnostic, Origin, Source};

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
        anchors: Vec::new(),
        count: 0,
        diagnostics,
    };
    reader.document()
}

struct Reader<'a, 'd> {
    path: Arc<str>,
    events: Parser<'a, granit_parser::StrInput<'a>>,
    /// Finished nodes by anchor.
    anchors: Vec<(usize, Node)>,
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
                let origin = self.at(mark.byte_offset().unwrap_or(0), mark.byte_offset().unwrap_or(0) + 1, mark.line(), mark.col());
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
            return self.refuse(&origin, "too-large", "the document is too large or too deep", "split it, or name its parts with `include:`");
        }
        let anchor = event.anchor_id().unwrap_or(0);
        let node = match event {
            Event::Scalar(text, style, ..) => {
                Node { origin, value: Value::Scalar(Scalar { text: text.into_owned(), quoted: style != ScalarStyle::Plain }) }
            }
            Event::SequenceStart(..) => self.list(origin, depth)?,
            Event::MappingStart(..) => self.map(origin, depth)?,
            Event::Alias(id) => return self.alias(id, &origin),
            Event::UnresolvedAlias(name) => {
                let message = format!("there is no anchor `&{name}` above");
                return self.refuse(&origin, "unknown-anchor", message, "define the anchor before its first use");
            }
            _ => return Err(Stopped),
        };
        if anchor > 0 {
            self.anchors.push((anchor, node.clone()));
        }
        Ok(node)
    }

    fn refuse(&mut self, origin: &Origin, code: &'static str, message: impl Into<String>, help: &str) -> Result<Node, Stopped> {
        self.diagnostics.push(Diagnostic::error(code, message).at(origin, "here").help(help));
        Err(Stopped)
    }

    fn alias(&mut self, id: usize, origin: &Origin) -> Result<Node, Stopped> {
        let Some((_, node)) = self.anchors.iter().find(|(known, _)| *known == id) else {
            return self.refuse(origin, "cyclic-anchor", "this alias stands inside its own anchor", "write the value out");
        };
        let node = node.clone();
        self.count += size(&node);
        if self.count > NODES_MAX {
            return self.refuse(origin, "too-large", "aliases make the document too large", "write the values out");
        }
        Ok(node)
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
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Node { origin, value: Value::Map(entries) }),
                (event, span) => self.node(event, span, depth + 1)?,
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            let Value::Scalar(Scalar { text, .. }) = key.value else {
                self.diagnostics.push(
                    Diagnostic::error("key-not-text", "a key must be a word").at(&key.origin, "this is a list or a map").help("write a name here"),
                );
                continue;
            };
            self.enter(&mut entries, Key { text, origin: key.origin }, value);
        }
    }

    fn enter(&mut self, entries: &mut Vec<(Key, Node)>, key: Key, value: Node) {
        match entries.iter().find(|(known, _)| known.text == key.text) {
            Some((first, _)) => self.diagnostics.push(
                Diagnostic::error("duplicate-key", format!("`{}` stands here twice", key.text))
                    .at(&key.origin, "second")
                    .at(&first.origin, "first")
                    .help("keep one of them"),
            ),
            None => entries.push((key, value)),
        }
    }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::Scalar(_) => 1,
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|(_, node)| 1 + size(node)).sum::<usize>(),
    }
}
