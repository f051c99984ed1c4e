//! Lines, words and sections with their places.

use sehat_diagnostic::{Origin, Source};
use sehat_platform::inventory::Stated;

/// A line without its end and its indent.
#[derive(Clone, Copy)]
pub struct Line<'s> {
    source: &'s Source,
    pub text: &'s str,
    start: usize,
    number: usize,
    column: usize,
    pub is_indented: bool,
}

/// Returns the lines that are neither empty nor a comment.
pub fn lines(source: &Source) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    source.text.split_inclusive('\n').enumerate().filter_map(move |(index, whole)| {
        let at = start;
        start += whole.len();
        let indent = whole.len() - whole.trim_start().len();
        let text = whole.trim();
        let line = Line {
            source,
            text,
            start: at + indent,
            number: index + 1,
            column: whole[..indent].chars().count() + 1,
            is_indented: indent > 0,
        };
        (!text.is_empty() && !text.starts_with('#')).then_some(line)
    })
}

impl<'s> Line<'s> {
    pub fn origin(&self) -> Origin {
        self.place(self.text)
    }

    /// Returns where a part of the line stands.
    pub fn place(&self, part: &str) -> Origin {
        let offset = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let offset = if offset <= self.text.len() { offset } else { 0 };
        Origin {
            path: self.source.path.clone(),
            start: self.start + offset,
            end: self.start + offset + part.len(),
            line: self.number,
            column: self.column + self.text.get(..offset).map_or(0, |before| before.chars().count()),
        }
    }

    pub fn stated(&self, part: &str) -> Stated<String> {
        Stated::new(part.to_owned(), self.place(part))
    }

    /// `key: value`, or `key value` where there is no colon.
    pub fn pair(&self) -> Option<(&'s str, &'s str)> {
        let (key, value) = self.text.split_once([':', ' ', '\t'])?;
        Some((key.trim(), value.trim()))
    }
}

/// `kind: name`, with the lines below it.
pub struct Section<'s> {
    pub kind: &'s str,
    pub name: Stated<String>,
    pub fields: Vec<(&'s str, &'s str, Line<'s>)>,
}

/// Reads the format of `storage.cfg` and its like: a heading, then indented fields.
pub fn sections(source: &Source) -> Vec<Section<'_>> {
    let mut all: Vec<Section<'_>> = Vec::new();
    for line in lines(source) {
        if line.is_indented {
            let (key, value) = line.pair().unwrap_or((line.text, ""));
            if let Some(section) = all.last_mut() {
                section.fields.push((key, value, line));
            }
        } else if let Some((kind, name)) = line.text.split_once(':') {
            let name = line.stated(name.trim());
            all.push(Section { kind: kind.trim(), name, fields: Vec::new() });
        }
    }
    all
}

impl<'s> Section<'s> {
    pub fn text(&self, key: &str) -> Option<Stated<String>> {
        let (_, value, line) = self.field(key)?;
        Some(line.stated(value))
    }

    pub fn word(&self, key: &str) -> &'s str {
        self.field(key).map_or("", |(_, value, _)| value)
    }

    pub fn is_on(&self, key: &str) -> bool {
        is_on(self.word(key))
    }

    fn field(&self, wanted: &str) -> Option<&(&'s str, &'s str, Line<'s>)> {
        self.fields.iter().find(|(key, ..)| *key == wanted)
    }
}

pub fn is_on(text: &str) -> bool {
    matches!(text, "1" | "yes" | "on" | "true")
}

/// `100,101;102`
pub fn numbers(text: &str) -> Vec<u32> {
    text.split([',', ';', ' ']).filter_map(|word| word.trim().parse().ok()).collect()
}

/// `vm:100,ct:101`
pub fn guests(text: &str) -> Vec<u32> {
    let words = text.split([',', ' ']);
    words.filter_map(|word| word.trim().rsplit(':').next()?.parse().ok()).collect()
}
