//! Reads the plain block style in which nearly all manifests are written, several times as fast as the general parser.
//!
//! What it does not know for certain it leaves to the general parser: both give the same trees, as the tests hold.

mod block;
mod flow;
mod line;
mod scalar;

use std::sync::Arc;

use sehat_diagnostic::{Origin, Source};

use crate::{Key, Node, Options, Scalar, Value};
use line::Line;

/// Returns the documents of a file, without those that are empty, where its style is simple.
pub(crate) fn read(source: &Source, options: Options) -> Option<Vec<Node>> {
    Reader::new(source, options)?.documents()
}

/// Returns the document of a file that has one, where its style is simple.
pub(crate) fn read_one(source: &Source, options: Options) -> Option<Node> {
    let mut reader = Reader::new(source, options)?;
    let mut documents = reader.documents()?;
    let document = documents.pop()?;
    (documents.is_empty() && !reader.ends_with_marker).then_some(document)
}

struct Reader<'a> {
    path: &'a Arc<str>,
    text: &'a str,
    options: Options,
    line: Line,
    count: usize,
    /// Entries of the maps that are not finished, the innermost last.
    entries: Vec<(Key, Node)>,
    /// The same for lists.
    items: Vec<Node>,
    ends_with_marker: bool,
}

/// Deeper nesting is the general parser's, which has its own bounds.
const DEPTH_MAX: usize = 48;
/// A key among more entries is not searched for one by one.
const ENTRIES_MAX: usize = 64;

impl<'a> Reader<'a> {
    fn new(source: &'a Source, options: Options) -> Option<Self> {
        line::is_plain_text(&source.text).then(|| Self {
            path: &source.path,
            text: &source.text,
            options,
            line: Line::default(),
            count: 0,
            entries: Vec::new(),
            items: Vec::new(),
            ends_with_marker: false,
        })
    }

    fn documents(&mut self) -> Option<Vec<Node>> {
        let mut documents = Vec::new();
        self.advance();
        while !self.line.is_end {
            self.count(1)?;
            self.ends_with_marker = self.line.is_marker;
            if self.line.is_marker {
                self.only_comment_from(self.line.at + 3)?;
                self.advance();
            } else if self.line.indent == 0 {
                let origin = self.origin(self.line.at, self.line.at);
                let value = self.map(0, 0)?;
                documents.push(Node { origin, value });
            } else {
                return None;
            }
        }
        Some(documents)
    }

    /// Reads the map whose first key stands where the line is at.
    fn map(&mut self, indent: isize, depth: usize) -> Option<Value> {
        self.enter(depth)?;
        let first = self.entries.len();
        while self.line.indent == indent {
            let entry = self.entry(indent, depth)?;
            let before = &self.entries[first..];
            if before.len() >= ENTRIES_MAX || before.iter().any(|(key, _)| key.text == entry.0.text) {
                return None;
            }
            self.entries.push(entry);
        }
        let all = self.entries.drain(first..).collect();
        (self.line.indent < indent).then_some(Value::Map(all))
    }

    fn entry(&mut self, indent: isize, depth: usize) -> Option<(Key, Node)> {
        let key = self.key(self.line.at)?;
        self.count(2)?;
        let origin = self.origin(self.line.at, key.end);
        let mut node = match self.content_from(key.end + 1) {
            Some(at) => self.inline(at, indent, depth)?,
            None => self.below(indent, depth)?,
        };
        // An entry is where its name stands, not where its first line does.
        if !matches!(node.value, Value::Scalar(_)) || node.is_null() {
            node.origin = origin.clone();
        }
        Some((Key { text: key.text.to_owned(), origin }, node))
    }

    /// Reads what stands under a key: a map, a list, or nothing. The caller knows its place.
    fn below(&mut self, indent: isize, depth: usize) -> Option<Node> {
        self.advance();
        let below = self.line.indent;
        let value = if self.is_dash(self.line.at) && below >= indent.max(0) {
            self.list(below, depth + 1)?
        } else if below > indent {
            self.map(below, depth + 1)?
        } else {
            Value::Scalar(Scalar { text: "~".to_owned(), quoted: false, tag: None })
        };
        Some(Node { origin: Origin::default(), value })
    }

    fn list(&mut self, indent: isize, depth: usize) -> Option<Value> {
        self.enter(depth)?;
        let first = self.items.len();
        while self.line.indent == indent && self.is_dash(self.line.at) {
            self.count(1)?;
            let at = self.content_from(self.line.at + 1)?;
            let item = self.item(at, indent, depth)?;
            self.items.push(item);
        }
        let all = self.items.drain(first..).collect();
        (self.line.indent <= indent).then_some(Value::List(all))
    }

    /// Reads an item behind its dash: a map or a list that begins on this line, or a value.
    fn item(&mut self, at: usize, indent: isize, depth: usize) -> Option<Node> {
        let is_dash = self.is_dash(at);
        if !is_dash && self.key(at).is_none() {
            return self.inline(at, indent, depth);
        }
        let origin = self.origin(at, at);
        self.line.move_to(at);
        let inner = self.line.indent;
        let value = if is_dash { self.list(inner, depth + 1)? } else { self.map(inner, depth + 1)? };
        Some(Node { origin, value })
    }

    /// Reads a value that stands on this line, and goes on to the next one.
    fn inline(&mut self, at: usize, indent: isize, depth: usize) -> Option<Node> {
        let node = match self.text.as_bytes()[at] {
            b'|' | b'>' => return self.block(at, indent),
            b'[' | b'{' => {
                let (node, end) = self.flow_line(at, depth + 1)?;
                self.only_comment_from(end)?;
                node
            }
            quote @ (b'"' | b'\'') => {
                let (text, end) = self.quoted_text(at, quote)?;
                self.only_comment_from(end)?;
                self.scalar(text.to_owned(), true, at, end)
            }
            _ => {
                let end = self.plain_end(at)?;
                self.scalar(self.text[at..end].to_owned(), false, at, end)
            }
        };
        self.advance();
        Some(node)
    }

    fn scalar(&self, text: String, quoted: bool, at: usize, end: usize) -> Node {
        let value = Value::Scalar(Scalar { text, quoted, tag: None });
        Node { origin: self.origin(at, end), value }
    }

    /// Returns a range on this line as a place.
    fn origin(&self, start: usize, end: usize) -> Origin {
        let column = start - self.line.start + 1;
        Origin { path: self.path.clone(), start, end, line: self.line.number, column }
    }

    /// Counts values as the general parser does, which refuses too many.
    fn count(&mut self, more: usize) -> Option<()> {
        self.count += more;
        (self.count < self.options.nodes_max).then_some(())
    }

    fn enter(&self, depth: usize) -> Option<()> {
        (depth < DEPTH_MAX.min(self.options.depth_max)).then_some(())
    }
}
