//! Texts of several lines: `|` keeps its lines, `>` joins them.

use crate::Node;

use super::Reader;

enum Chomp {
    Clip,
    Strip,
    Keep,
}

/// The lines of a text, one after another.
struct Lines {
    text: String,
    folds: bool,
    /// A line stands before this one.
    goes_on: bool,
    /// The line before began with a space.
    was_indented: bool,
    empty: usize,
}

impl Reader<'_> {
    /// Reads the lines that are indented further than the key or the dash, and goes on behind them.
    pub(super) fn block(&mut self, at: usize, indent: isize) -> Option<Node> {
        let chomp = match self.text[at + 1..self.line.end].trim_end_matches(' ') {
            "" => Chomp::Clip,
            "-" => Chomp::Strip,
            "+" => Chomp::Keep,
            _ => return None,
        };
        // What a last line without an end means is the general parser's.
        if !self.text.ends_with('\n') {
            return None;
        }
        let mut lines = Lines::new(self.text.as_bytes()[at] == b'>');
        let inner = self.first_line(&mut lines, indent)?;
        let (begin, number) = (self.line.next + inner, self.line.number + 1);
        let end = self.lines(&mut lines, inner);
        let mut node = self.scalar(lines.chomped(&chomp), true, self.line.start, end);
        node.origin =
            sehat_diagnostic::Origin { start: begin, line: number, column: inner + 1, ..node.origin };
        self.advance();
        Some(node)
    }

    /// Goes to the first line that is not empty, and returns how far it is indented.
    fn first_line(&mut self, lines: &mut Lines, indent: isize) -> Option<usize> {
        let mut longest = 0;
        while self.line.next < self.text.len() {
            let (at, end) = self.extent(self.line.next);
            let spaces = at - self.line.next;
            if at < end {
                return (spaces.cast_signed() > indent && spaces >= longest).then_some(spaces);
            }
            longest = longest.max(spaces);
            lines.empty += 1;
            self.pass(end);
        }
        None
    }

    /// Takes lines until one is indented less, and returns where its content begins.
    fn lines(&mut self, lines: &mut Lines, inner: usize) -> usize {
        while self.line.next < self.text.len() {
            let (at, end) = self.extent(self.line.next);
            let spaces = at - self.line.next;
            if at < end && spaces < inner {
                return at;
            }
            if spaces <= inner && at == end {
                lines.empty += 1;
            } else {
                lines.push(&self.text[self.line.next + inner..end]);
            }
            self.pass(end);
        }
        self.text.len()
    }

    fn pass(&mut self, end: usize) {
        self.line.next = end + 1;
        self.line.number += 1;
    }
}

impl Lines {
    fn new(folds: bool) -> Self {
        Self { text: String::new(), folds, goes_on: false, was_indented: false, empty: 0 }
    }

    fn push(&mut self, line: &str) {
        let is_indented = line.starts_with(' ');
        if self.folds && self.goes_on && !self.was_indented && !is_indented {
            if self.empty == 0 {
                self.text.push(' ');
            }
        } else if self.goes_on {
            self.text.push('\n');
        }
        self.text.extend(std::iter::repeat_n('\n', self.empty));
        self.text.push_str(line);
        (self.goes_on, self.was_indented, self.empty) = (true, is_indented, 0);
    }

    fn chomped(mut self, chomp: &Chomp) -> String {
        if !matches!(chomp, Chomp::Strip) {
            self.text.push('\n');
        }
        if matches!(chomp, Chomp::Keep) {
            self.text.extend(std::iter::repeat_n('\n', self.empty));
        }
        self.text
    }
}
