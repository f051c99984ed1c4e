//! Lines: where they begin, how far they are indented, and what is a comment.

use super::Reader;

/// A line that holds more than a comment, and what of it was read.
#[derive(Clone, Copy, Default)]
pub(super) struct Line {
    pub start: usize,
    /// Where its content begins, or goes on behind a dash.
    pub at: usize,
    /// Where it ends, without its line break.
    pub end: usize,
    /// Where the next one starts.
    pub next: usize,
    /// Counts from 1.
    pub number: usize,
    /// The column of `at`; less than none at the end of a document.
    pub indent: isize,
    pub is_end: bool,
    /// `---`
    pub is_marker: bool,
}

impl Line {
    pub fn move_to(&mut self, at: usize) {
        self.at = at;
        self.indent = at.saturating_sub(self.start).cast_signed();
    }
}

/// Returns whether a text has only characters that every reader of YAML takes for themselves, and no tabs.
pub(super) fn is_plain_text(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte))
        || text.chars().all(|c| {
            c == '\n'
                || matches!(
                    c,
                    ' '..='~'
                        | '\u{a1}'..='\u{2027}'
                        | '\u{2030}'..='\u{d7ff}'
                        | '\u{e000}'..='\u{fdff}'
                        | '\u{10000}'..='\u{1ffff}'
                )
        })
}

impl Reader<'_> {
    /// Goes to the next line that holds more than a comment.
    pub(super) fn advance(&mut self) {
        let bytes = self.text.as_bytes();
        let (mut start, mut number) = (self.line.next, self.line.number);
        while start < bytes.len() {
            number += 1;
            let (at, end) = self.extent(start);
            if at < end && bytes[at] != b'#' {
                self.line = Line { start, end, next: end + 1, number, ..Line::default() };
                self.line.move_to(at);
                self.line.is_marker = at == start && self.is_marker(at, end);
                if self.line.is_marker {
                    self.line.indent = -1;
                }
                return;
            }
            start = end + 1;
        }
        let at = bytes.len();
        self.line =
            Line { start: at, at, end: at, next: at, number, indent: -1, is_end: true, is_marker: false };
    }

    /// Returns where the content of a line begins and where the line ends.
    pub(super) fn extent(&self, start: usize) -> (usize, usize) {
        let rest = &self.text.as_bytes()[start..];
        let spaces = rest.iter().position(|byte| *byte != b' ').unwrap_or(rest.len());
        let length = rest[spaces..].iter().position(|byte| *byte == b'\n').unwrap_or(rest.len() - spaces);
        (start + spaces, start + spaces + length)
    }

    fn is_marker(&self, at: usize, end: usize) -> bool {
        let bytes = self.text.as_bytes();
        bytes[at..end].starts_with(b"---") && (end == at + 3 || bytes[at + 3] == b' ')
    }

    /// Returns whether a dash stands here that begins an item.
    pub(super) fn is_dash(&self, at: usize) -> bool {
        let bytes = self.text.as_bytes();
        at < self.line.end && bytes[at] == b'-' && (at + 1 == self.line.end || bytes[at + 1] == b' ')
    }

    /// Returns where the line goes on behind spaces; nothing where it ends or a comment begins.
    pub(super) fn content_from(&self, at: usize) -> Option<usize> {
        let rest = self.text.as_bytes().get(at..self.line.end)?;
        let spaces = rest.iter().position(|byte| *byte != b' ')?;
        (rest[spaces] != b'#').then_some(at + spaces)
    }

    /// Holds where nothing follows on this line but a comment, which a space sets off.
    pub(super) fn only_comment_from(&self, at: usize) -> Option<()> {
        let rest = self.text.as_bytes().get(at..self.line.end)?;
        match rest.iter().position(|byte| *byte != b' ') {
            None => Some(()),
            Some(spaces) => (spaces > 0 && rest[spaces] == b'#').then_some(()),
        }
    }
}
