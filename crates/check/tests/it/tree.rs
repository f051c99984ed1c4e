//! Writes a YAML text anew: maps in another order and style, other quotes, comments, other names.

use std::fmt::Write;

use granit_parser::{Event, Parser, ScalarStyle};

#[derive(Debug)]
enum Tree {
    Scalar { text: String, quoted: bool },
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

/// Throws the same for the same seed (splitmix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64, path: &str) -> Self {
        Self(path.bytes().fold(seed, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))))
    }

    /// Throws an index of so many.
    pub fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.throw(count.max(1) as u64)).unwrap_or(0)
    }

    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// How sites, zones, nodes, segments, components, journeys and classes of data are called.
pub enum Names {
    Same,
    /// One prefix, which keeps their order.
    Prefixed,
    /// A letter that depends on the name stands in front.
    Scattered(u64),
}

pub const MARK: &str = "zq-";

impl Names {
    pub fn same() -> Self {
        Self::Same
    }

    pub fn prefixed() -> Self {
        Self::Prefixed
    }

    pub fn scattered(seed: u64) -> Self {
        Self::Scattered(seed)
    }

    fn of(&self, name: &str) -> String {
        match self {
            Self::Same => name.to_owned(),
            Self::Prefixed => format!("{MARK}{name}"),
            Self::Scattered(seed) => {
                let letter = b'a' + u8::try_from(Dice::new(*seed, name).throw(26)).unwrap_or(0);
                format!("{}{MARK}{name}", char::from(letter))
            }
        }
    }

    /// Returns the text with the old names.
    pub fn undone(&self, text: &str) -> String {
        match self {
            Self::Same => text.to_owned(),
            Self::Prefixed => text.replace(MARK, ""),
            Self::Scattered(_) => {
                let mut parts = text.split(MARK).peekable();
                let mut whole = String::new();
                while let Some(part) = parts.next() {
                    let cut = if parts.peek().is_some() { part.len() - 1 } else { part.len() };
                    whole.push_str(&part[..cut]);
                }
                whole
            }
        }
    }
}

pub fn rewrite(text: &str, names: &Names, dice: &mut Dice) -> String {
    let mut tree = parse(text);
    if !matches!(names, Names::Same) {
        renamed(&mut tree, names, &mut Vec::new());
    }
    let Tree::Map(mut entries) = tree else { panic!("a document is a map") };
    shuffle(&mut entries, dice);
    // The grammar's version stands on top.
    entries.sort_by_key(|(key, _)| key != "sehat");
    let mut out = String::new();
    write_entries(&mut out, &entries, 0, dice);
    out
}

fn parse(text: &str) -> Tree {
    let mut events = Parser::new_from_str(text);
    loop {
        match next(&mut events) {
            Event::StreamStart | Event::DocumentStart(..) | Event::Comment(..) => {}
            event => return node(event, &mut events),
        }
    }
}

type Events<'a> = Parser<'a, granit_parser::StrInput<'a>>;

fn next<'a>(events: &mut Events<'a>) -> Event<'a> {
    loop {
        let (event, _) = events.next_event().expect("more events").expect("YAML");
        if !matches!(event, Event::Comment(..)) {
            return event;
        }
    }
}

fn node<'a>(event: Event<'a>, events: &mut Events<'a>) -> Tree {
    match event {
        Event::Scalar(text, style, ..) => {
            Tree::Scalar { text: text.into_owned(), quoted: style != ScalarStyle::Plain }
        }
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match next(events) {
                    Event::SequenceEnd => return Tree::List(items),
                    event => items.push(node(event, events)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut entries = Vec::new();
            loop {
                match next(events) {
                    Event::MappingEnd => return Tree::Map(entries),
                    Event::Scalar(key, ..) => {
                        let key = key.into_owned();
                        let event = next(events);
                        entries.push((key, node(event, events)));
                    }
                    other => panic!("no key: {other:?}"),
                }
            }
        }
        other => panic!("not in these documents: {other:?}"),
    }
}

/// Keys whose entries are named by the document.
const COLLECTIONS: [&str; 8] =
    ["data", "sites", "zones", "nodes", "segments", "components", "journeys", "uses"];
/// Keys whose values are such names.
const REFERENCES: [&str; 14] = [
    "about",
    "archive",
    "beside",
    "collects",
    "encrypted",
    "for",
    "holds",
    "key",
    "on",
    "queue",
    "scrapes",
    "segment",
    "through",
    "to",
];
/// What stands there and is no name.
const WORDS: [&str; 3] = ["null", "true", "false"];

fn renamed(tree: &mut Tree, names: &Names, path: &mut Vec<String>) {
    let last = path.last().map(String::as_str).unwrap_or_default();
    let in_alerts = last == "by" && path.first().is_some_and(|first| first == "alerts");
    match tree {
        Tree::Scalar { text, .. }
            if (REFERENCES.contains(&last) || in_alerts) && !WORDS.contains(&text.as_str()) =>
        {
            *text = names.of(text);
        }
        Tree::Scalar { .. } => {}
        Tree::List(items) => items.iter_mut().for_each(|item| renamed(item, names, path)),
        Tree::Map(entries) => {
            let are_names = COLLECTIONS.contains(&last)
                && path
                    .get(path.len().wrapping_sub(2))
                    .is_none_or(|above| !COLLECTIONS.contains(&above.as_str()));
            for (key, value) in entries {
                path.push(key.clone());
                renamed(value, names, path);
                path.pop();
                if are_names {
                    *key = names.of(key);
                }
            }
        }
    }
}

fn shuffle<T>(items: &mut [T], dice: &mut Dice) {
    for last in (1..items.len()).rev() {
        let other = dice.below(last + 1);
        items.swap(last, other);
    }
}

fn write_entries(out: &mut String, entries: &[(String, Tree)], depth: usize, dice: &mut Dice) {
    let mut order: Vec<&(String, Tree)> = entries.iter().collect();
    if depth > 0 {
        shuffle(&mut order, dice);
    }
    let margin = "  ".repeat(depth);
    for (key, value) in order {
        if dice.throw(9) == 0 {
            let _ = writeln!(out, "{margin}# password-less: {{ comments: [say, nothing] }}");
        }
        let _ = write!(out, "{margin}{}:", scalar(key, false, dice));
        match value {
            Tree::Map(inner) if !inner.is_empty() && dice.throw(3) > 0 => {
                out.push('\n');
                write_entries(out, inner, depth + 1, dice);
            }
            Tree::List(items) if !items.is_empty() && dice.throw(3) > 0 => {
                out.push('\n');
                for item in items {
                    let _ = writeln!(out, "{margin}  - {}", flow(item, dice));
                }
            }
            other => {
                let _ = writeln!(out, " {}", flow(other, dice));
            }
        }
    }
}

fn flow(tree: &Tree, dice: &mut Dice) -> String {
    match tree {
        Tree::Scalar { text, quoted } => scalar(text, *quoted, dice),
        Tree::List(items) => {
            let items: Vec<String> = items.iter().map(|item| flow(item, dice)).collect();
            format!("[{}]", items.join(", "))
        }
        Tree::Map(entries) => {
            let mut order: Vec<&(String, Tree)> = entries.iter().collect();
            shuffle(&mut order, dice);
            let entries: Vec<String> = order
                .into_iter()
                .map(|(key, value)| format!("{}: {}", scalar(key, false, dice), flow(value, dice)))
                .collect();
            if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
        }
    }
}

/// Text may be quoted either way; what is no text in YAML stays as it was.
fn scalar(text: &str, quoted: bool, dice: &mut Dice) -> String {
    let special = ["", "~", "null", "true", "false"].contains(&text);
    let is_text = text.starts_with(|c: char| c.is_ascii_alphabetic()) && !special;
    let plain = is_text
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ' '));
    match dice.throw(4) {
        0 if quoted || is_text => format!("'{}'", text.replace('\'', "''")),
        1 if quoted || is_text => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        _ if quoted && !plain => format!("'{}'", text.replace('\'', "''")),
        _ if text.contains([',', '[', ']', '{', '}']) || text.contains(": ") => {
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
        }
        _ => text.to_owned(),
    }
}
