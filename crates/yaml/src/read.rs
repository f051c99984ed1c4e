//! From text to trees.

use std::collections::BTreeMap;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Span, Tag};
use sehat_diagnostic::{Diagnostic, Origin, Source};

use crate::{Key, Node, Scalar, Value, size};

/// What is read, and how much of it at most.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Values of one file, so that aliases cannot grow it without bound.
    pub nodes_max: usize,
    pub depth_max: usize,
    /// `<<` takes over the entries of another map, as YAML 1.1 has it.
    pub merge_keys: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { nodes_max: 1_000_000, depth_max: 128, merge_keys: true }
    }
}

/// Reads every YAML document of a file; an empty one is nothing. A document that cannot be read is told, and reading
/// goes on at the next.
pub fn read(source: &Source, options: Options, diagnostics: &mut Vec<Diagnostic>) -> Vec<Node> {
    crate::simple::read(source, options).unwrap_or_else(|| read_any(source, options, diagnostics))
}

/// Reads a file of any style, as [`read`] does.
#[doc(hidden)]
pub fn read_any(source: &Source, options: Options, diagnostics: &mut Vec<Diagnostic>) -> Vec<Node> {
    let mut reader = Reader::new(source, options, diagnostics);
    let mut documents = Vec::new();
    loop {
        match reader.next_document() {
            Next::Document(node) => documents.push(node),
            Next::Nothing => {}
            Next::End => return documents,
        }
    }
}

/// Reads the one YAML document of a file, and tells where a second one starts.
pub fn read_one(source: &Source, options: Options, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    if let Some(document) = crate::simple::read_one(source, options) {
        return Some(document);
    }
    let mut reader = Reader::new(source, options, diagnostics);
    loop {
        match reader.next_document() {
            Next::Document(node) => {
                reader.end_of_document();
                return Some(node);
            }
            Next::Nothing if !reader.stopped => {}
            Next::Nothing | Next::End => return None,
        }
    }
}

struct Reader<'a, 'd> {
    path: Arc<str>,
    text: &'a str,
    events: Parser<'a, granit_parser::StrInput<'a>>,
    options: Options,
    /// Finished nodes by anchor.
    anchors: BTreeMap<usize, Node>,
    count: usize,
    /// Something could not be read.
    stopped: bool,
    diagnostics: &'d mut Vec<Diagnostic>,
}

/// What stands next in a file.
enum Next {
    Document(Node),
    /// It is empty, or it cannot be read.
    Nothing,
    End,
}

/// Why reading stopped; the diagnostic has been given.
struct Stopped;

/// A parser that says nothing else is not asked again.
const ERRORS_MAX: usize = 100;

impl<'a, 'd> Reader<'a, 'd> {
    fn new(source: &'a Source, options: Options, diagnostics: &'d mut Vec<Diagnostic>) -> Self {
        let mut wanted = granit_parser::Options::default();
        wanted.emit_comments = false;
        wanted.emit_unresolved_aliases = true;
        Self {
            path: source.path.clone(),
            text: &source.text,
            events: Parser::new_from_str_with_options(&source.text, wanted),
            options,
            anchors: BTreeMap::new(),
            count: 0,
            stopped: false,
            diagnostics,
        }
    }

    fn next_document(&mut self) -> Next {
        self.document().unwrap_or_else(|Stopped| {
            self.stopped = true;
            if self.skip_document() { Next::Nothing } else { Next::End }
        })
    }

    fn document(&mut self) -> Result<Next, Stopped> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(Next::End),
                (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
                (event, span) => {
                    let node = self.node(event, span, 0)?;
                    return Ok(if node.is_null() { Next::Nothing } else { Next::Document(node) });
                }
            }
        }
    }

    /// Goes on behind what cannot be read; false at the end of the file.
    fn skip_document(&mut self) -> bool {
        let mut errors = 0;
        loop {
            match self.events.next_event() {
                Some(Ok((Event::DocumentEnd, _))) => return true,
                Some(Ok((Event::StreamEnd, _))) | None => return false,
                Some(Ok(_)) => {}
                Some(Err(_)) if errors == ERRORS_MAX => return false,
                Some(Err(_)) => errors += 1,
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
        if self.count > self.options.nodes_max || depth > self.options.depth_max {
            return self.too_large(&origin);
        }
        let anchor = event.anchor_id().unwrap_or(0);
        let node = match event {
            Event::Scalar(text, style, _, tag) => {
                let (mut text, quoted) = (text.into_owned(), style != ScalarStyle::Plain);
                if self.ends_file(style, &span) && text.ends_with('\n') {
                    text.pop();
                }
                Node { origin, value: Value::Scalar(Scalar { text, quoted, tag: tag.map(|tag| name(&tag)) }) }
            }
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

    /// Whether this is a block of lines whose last one has no end: the text has none either, as libyaml has it.
    fn ends_file(&self, style: ScalarStyle, span: &Span) -> bool {
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        block
            && !self.text.ends_with('\n')
            && span.end.byte_offset().is_some_and(|end| end >= self.text.len())
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
        if self.count > self.options.nodes_max {
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
        let mut merged = Vec::new();
        let mut places = Places::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => return Ok(map_of(origin, entries, merged)),
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
            if self.options.merge_keys && text == "<<" {
                merged.push(value);
                continue;
            }
            if let Some(first) = position(&entries, &mut places, &text) {
                self.twice(&text, &key.origin, &entries[first].0.origin.clone());
                continue;
            }
            entries.push((Key { text, origin: key.origin }, value));
        }
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

type Places = std::collections::HashMap<String, usize>;

/// Small maps are searched, large ones are looked up.
const SEARCHED_MAX: usize = 16;

fn position(entries: &[(Key, Node)], places: &mut Places, text: &str) -> Option<usize> {
    if entries.len() < SEARCHED_MAX {
        return entries.iter().position(|(key, _)| key.text == text);
    }
    for (at, (key, _)) in entries.iter().enumerate().skip(places.len()) {
        places.insert(key.text.clone(), at);
    }
    places.get(text).copied()
}

/// An entry of the map itself comes before one that it takes over.
fn map_of(origin: Origin, mut entries: Vec<(Key, Node)>, merged: Vec<Node>) -> Node {
    let sources = merged.into_iter().flat_map(|node| match node.value {
        Value::List(items) => items,
        _ => vec![node],
    });
    let mut places = Places::new();
    for source in sources {
        if let Value::Map(more) = source.value {
            for (key, value) in more {
                if position(&entries, &mut places, &key.text).is_none() {
                    entries.push((key, value));
                }
            }
        }
    }
    Node { origin, value: Value::Map(entries) }
}

fn name(tag: &Tag) -> Box<str> {
    format!("{}{}", tag.handle(), tag.suffix()).into()
}
