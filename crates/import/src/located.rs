//! Text inside another file, such as a script in a YAML block, with the places of its lines.

use std::sync::Arc;

use sehat_diagnostic::{Origin, Source};

/// A text whose every byte has a place in a file.
#[derive(Clone, Debug)]
pub struct Located {
    pub text: String,
    path: Arc<str>,
    /// One per line; empty where only the whole has a place.
    lines: Vec<Place>,
    whole: Origin,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    /// In the text.
    at: usize,
    /// In the file.
    start: usize,
    line: usize,
    /// In characters, from 0.
    column: usize,
}

impl Located {
    /// A file of its own.
    pub fn of_file(source: &Source) -> Self {
        let text = source.text.to_string();
        let mut lines = Vec::new();
        let mut at = 0;
        for (index, line) in text.split_inclusive('\n').enumerate() {
            lines.push(Place { at, start: at, line: index + 1, column: 0 });
            at += line.len();
        }
        let whole = Origin { path: source.path.clone(), start: 0, end: text.len(), line: 1, column: 1 };
        Self { text, path: source.path.clone(), lines, whole }
    }

    /// The value of a scalar. Where it is not written line by line as it is read, all of it has the scalar's place.
    pub fn of_scalar(text: &str, origin: &Origin, file: Option<&str>) -> Self {
        let lines = file.and_then(|file| places(text, origin, file));
        Self {
            text: text.to_owned(),
            path: origin.path.clone(),
            lines: lines.unwrap_or_default(),
            whole: origin.clone(),
        }
    }

    /// Returns the text as it stands in its file, with all before it blank, so that places are those of the file.
    pub fn blanked(&self, file: Option<&str>) -> Option<Source> {
        let (first, file) = (self.lines.first()?, file?);
        let end = self.origin(self.text.len(), self.text.len()).start.min(file.len());
        let start = file.get(..first.start)?.rfind('\n').map_or(0, |end| end + 1);
        // A value on the line of its key has no lines of its own.
        if !file.get(start..first.start)?.trim().is_empty() {
            return None;
        }
        let blank = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
        let mut text: String = file.as_bytes()[..start].iter().map(|byte| blank(*byte)).collect();
        text.push_str(file.get(start..end)?);
        Some(Source { path: self.path.clone(), text: text.into() })
    }

    pub fn whole(&self) -> &Origin {
        &self.whole
    }

    /// Returns the place of a range of the text.
    pub fn origin(&self, start: usize, end: usize) -> Origin {
        let (Some(first), Some(last)) = (self.place(start), self.place(end.max(start))) else {
            return self.whole.clone();
        };
        let before = self.text.get(first.at..start).unwrap_or_default();
        Origin {
            path: self.path.clone(),
            start: first.start + (start - first.at),
            end: last.start + (end.max(start) - last.at),
            line: first.line,
            column: first.column + before.chars().count() + 1,
        }
    }

    /// Returns where a line can be put in above the one in which a place stands, and that line's margin.
    pub fn top_above(&self, below: &Origin) -> Option<(Origin, usize)> {
        let place = self.lines.iter().rfind(|place| place.start <= below.start)?;
        let origin = Origin {
            path: self.path.clone(),
            start: place.start,
            end: place.start,
            line: place.line,
            column: place.column + 1,
        };
        Some((origin, place.column))
    }

    fn place(&self, at: usize) -> Option<Place> {
        let after = self.lines.partition_point(|place| place.at <= at);
        self.lines.get(after.checked_sub(1)?).copied()
    }
}

fn places(text: &str, origin: &Origin, file: &str) -> Option<Vec<Place>> {
    let head = file.get(..origin.start)?;
    let margin = origin.start - head.rfind('\n').map_or(0, |end| end + 1);
    let raw = file.get(origin.start..origin.end)?;
    if !text.contains('\n') {
        let shift = raw.find(text.trim_end()).filter(|shift| *shift <= 1)?;
        let start = origin.start + shift;
        return Some(vec![Place { at: 0, start, line: origin.line, column: origin.column - 1 + shift }]);
    }
    let mut found = Vec::new();
    let mut at = 0;
    let mut rest = file.get(origin.start - margin..)?.split_inclusive('\n');
    let mut start = origin.start - margin;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let source = rest.next()?;
        let bare = line.trim_end_matches(['\n', '\r']);
        let indent = if bare.is_empty() { 0 } else { margin };
        let same = source.get(indent..).is_some_and(|rest| rest.trim_end() == bare.trim_end());
        let blank = index == 0 || source[..indent.min(source.len())].trim().is_empty();
        if !same || !blank {
            return None;
        }
        found.push(Place { at, start: start + indent, line: origin.line + index, column: indent });
        at += line.len();
        start += source.len();
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use sehat_diagnostic::Sources;

    use super::*;

    #[test]
    fn a_block_keeps_the_places_of_its_lines() {
        let mut sources = Sources::default();
        let source = sources.add("a.yaml", "run: |\n  one\n\n  two three\nnext: 1\n");
        let mut diagnostics = Vec::new();
        let node = sehat_yaml::read(&source, sehat_yaml::Options::default(), &mut diagnostics).remove(0);
        let run = node.get("run").expect("run");
        let located = Located::of_scalar(run.as_text().expect("text"), &run.origin, sources.text("a.yaml"));
        let at = located.text.find("three").expect("three");
        let origin = located.origin(at, at + 5);
        assert_eq!(&source.text[origin.start..origin.end], "three");
        assert_eq!((origin.line, origin.column), (4, 7));
    }
}
