//! From text to lines with a form, an indent and a place.

use std::ops::Range;

use sehat_platform::inventory::prose::Form;

/// One line, or one name of a diagram's line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub form: Form,
    pub indent: usize,
    /// The words without marks, in bytes of the whole text.
    pub range: Range<usize>,
    /// Counts from 1.
    pub number: usize,
    /// In characters, counts from 1.
    pub column: usize,
}

/// Reads the lines outside of some ranges.
pub fn read(text: &str, without: &[Range<usize>]) -> Vec<Line> {
    let mut reader = Reader { text, lines: Vec::new(), after_blank: true };
    let mut at = 0;
    let mut skipped = without.iter().peekable();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let start = at;
        at += line.len();
        while skipped.next_if(|range| range.end <= start).is_some() {}
        if skipped.peek().is_some_and(|range| range.start <= start && start < range.end) {
            reader.after_blank = true;
            continue;
        }
        reader.line(start, line.trim_end(), index + 1);
    }
    reader.lines
}

/// Returns the level and where the words begin.
pub fn heading(line: &str) -> Option<(u8, usize)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let words = &line[level..];
    let is_heading = (1..=6).contains(&level) && words.starts_with([' ', '\t']) && !words.trim().is_empty();
    is_heading
        .then(|| (u8::try_from(level).unwrap_or(6), line.len() - without_number(words.trim_start()).len()))
}

/// The words behind `3.` or `2.1`.
fn without_number(words: &str) -> &str {
    let number =
        words.len() - words.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.').len();
    let rest = words[number..].trim_start_matches([' ', ')']);
    let is_number =
        words[..number].contains('.') && !rest.is_empty() && words[number..].starts_with([' ', ')']);
    if is_number { rest } else { words }
}

struct Reader<'t> {
    text: &'t str,
    lines: Vec<Line>,
    after_blank: bool,
}

impl Reader<'_> {
    fn line(&mut self, start: usize, line: &str, number: usize) {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        if trimmed.is_empty() {
            self.after_blank = true;
            return;
        }
        let is_mark = is_rule(trimmed)
            || trimmed.starts_with("```")
            || trimmed.starts_with("~~~")
            || trimmed.starts_with("<!--");
        if is_mark {
            return;
        }
        if let Some((level, words)) = heading(line) {
            self.push(Form::Heading(level), 0, start, line, words, number);
        } else if trimmed.starts_with('|') && trimmed.matches('|').count() > 1 {
            self.push(Form::Row, indent, start, line, indent, number);
        } else if line.contains(is_drawn) {
            self.drawn(start, line, number);
        } else if let Some(mark) = item_mark(trimmed) {
            self.push(Form::Item, indent, start, line, indent + mark, number);
        } else {
            let form = if self.is_title(line) { Form::Heading(7) } else { Form::Line };
            self.push(form, indent, start, line, indent, number);
        }
        self.after_blank = false;
    }

    /// A heading that lost its mark: a few words in capitals after a blank line or after another such heading.
    fn is_title(&self, line: &str) -> bool {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_plain =
            line.chars().all(|letter| letter.is_alphabetic() || matches!(letter, ' ' | '&' | '/' | '-'));
        let after_title = self.lines.last().is_some_and(|line| line.form == Form::Heading(7));
        is_plain
            && (1..=5).contains(&words.len())
            && line.chars().next().is_some_and(char::is_uppercase)
            && words.last().is_some_and(|word| word.chars().next().is_some_and(char::is_uppercase))
            && (self.after_blank || after_title)
    }

    fn push(&mut self, form: Form, indent: usize, start: usize, line: &str, words: usize, number: usize) {
        let text = line.get(words..).unwrap_or_default().trim_end();
        if !text.is_empty() {
            let column = line[..words].chars().count() + 1;
            let range = start + words..start + words + text.len();
            self.lines.push(Line { form, indent, range, number, column });
        }
    }

    /// A line of a tree or of boxes: each run of words is a name.
    fn drawn(&mut self, start: usize, line: &str, number: usize) {
        let mut from = 0;
        for part in line.split(is_drawn) {
            let words = part.trim();
            if words.chars().any(char::is_alphanumeric) {
                let at = from + (part.len() - part.trim_start().len());
                let indent = line[..at].chars().count();
                let whole = &line[..at + words.len()];
                self.push(Form::Node, indent, start, whole, at, number);
            }
            from += part.len() + line[from + part.len()..].chars().next().map_or(0, char::len_utf8);
        }
        debug_assert!(self.text.len() >= start);
    }
}

const fn is_drawn(letter: char) -> bool {
    matches!(letter, '\u{2500}'..='\u{257f}' | '▼' | '▲' | '►' | '◄' | '▶' | '◀')
}

fn is_rule(line: &str) -> bool {
    let marks = line.trim_end();
    marks.len() >= 3 && ["-", "*", "=", "_"].iter().any(|mark| marks.replace(mark, "").trim().is_empty())
        || (line.starts_with('|') && line.contains("--") && !line.contains(char::is_alphanumeric))
}

/// Returns where the words of an item begin.
fn item_mark(line: &str) -> Option<usize> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let mark = match line.as_bytes().get(digits) {
        Some(b'.' | b')') if (1..=3).contains(&digits) => digits + 1,
        Some(b'-' | b'*' | b'+') if digits == 0 => 1,
        _ => return None,
    };
    let rest = &line[mark..];
    let words = rest.trim_start();
    (rest.starts_with([' ', '\t']) && !words.is_empty()).then(|| line.len() - words.len())
}
