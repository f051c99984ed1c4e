//! Files, ranges in them, and the places that a person reads.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// A file's path, as the user gave it, and a range of bytes in it.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    pub path: Arc<str>,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Counts from 1.
    pub line: usize,
    /// In characters, counts from 1.
    pub column: usize,
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// A place in a form that other programs read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    pub path: String,
    /// Counts from 1.
    pub line: usize,
    /// Counts from 1.
    pub column: usize,
}

impl From<&Origin> for Place {
    fn from(origin: &Origin) -> Self {
        Self { path: origin.path.to_string(), line: origin.line, column: origin.column }
    }
}

/// The text of one file.
#[derive(Clone, Debug)]
pub struct Source {
    pub path: Arc<str>,
    pub text: Arc<str>,
}

/// All files of a run, so that a diagnostic can show the line it speaks of.
#[derive(Clone, Debug, Default)]
pub struct Sources(BTreeMap<Arc<str>, Arc<str>>);

impl Sources {
    pub fn add(&mut self, path: &str, text: &str) -> Source {
        let source = Source { path: path.into(), text: text.into() };
        self.0.insert(source.path.clone(), source.text.clone());
        source
    }

    /// Takes over a file that was read before, without another copy of it.
    pub fn share(&mut self, source: Source) {
        self.0.insert(source.path, source.text);
    }

    /// Returns every file, sharing its text.
    pub fn shared(&self) -> impl Iterator<Item = Source> {
        self.0.iter().map(|(path, text)| Source { path: path.clone(), text: text.clone() })
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (&**path, &**text))
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(|text| &**text)
    }

    /// Returns the line that the origin starts in, without its end and without secrets.
    pub fn line(&self, origin: &Origin) -> Option<String> {
        let text = self.0.get(&origin.path)?;
        let start = line_start(text, origin)?;
        Some(crate::redact::redact_line(text, start))
    }
}

/// Returns the offset of the line that the origin starts in.
fn line_start(text: &str, origin: &Origin) -> Option<usize> {
    // An origin that counts lines only has no offset.
    if origin.start == 0 && origin.line > 1 {
        return text.match_indices('\n').nth(origin.line - 2).map(|(end, _)| end + 1);
    }
    let before = text.get(..origin.start.min(text.len()))?;
    Some(before.rfind('\n').map_or(0, |end| end + 1))
}
