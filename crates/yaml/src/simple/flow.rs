//! `[a, b]` and `{ a: b }` on one line.

use crate::{Key, Node, Value};

use super::Reader;

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-')
}

impl Reader<'_> {
    /// Reads a list or a map on a line of ASCII, because columns count characters, and returns where it ends.
    pub(super) fn flow_line(&mut self, at: usize, depth: usize) -> Option<(Node, usize)> {
        let is_ascii = self.text.as_bytes()[self.line.start..self.line.end].is_ascii();
        if is_ascii { self.flow(at, depth) } else { None }
    }

    fn flow(&mut self, at: usize, depth: usize) -> Option<(Node, usize)> {
        self.enter(depth)?;
        let (value, end) = match self.text.as_bytes()[at] {
            b'[' => self.flow_list(at + 1, depth)?,
            _ => self.flow_map(at + 1, depth)?,
        };
        Some((Node { origin: self.origin(at, at + 1), value }, end))
    }

    fn flow_list(&mut self, mut at: usize, depth: usize) -> Option<(Value, usize)> {
        let mut items = Vec::new();
        at = self.content_from(at)?;
        if self.byte(at)? == b']' {
            return Some((Value::List(items), at + 1));
        }
        loop {
            self.count(1)?;
            let (item, end) = self.flow_value(at, depth)?;
            items.push(item);
            at = self.content_from(end)?;
            match self.byte(at)? {
                b']' => return Some((Value::List(items), at + 1)),
                b',' => at = self.content_from(at + 1)?,
                _ => return None,
            }
        }
    }

    fn flow_map(&mut self, mut at: usize, depth: usize) -> Option<(Value, usize)> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        at = self.content_from(at)?;
        if self.byte(at)? == b'}' {
            return Some((Value::Map(entries), at + 1));
        }
        loop {
            self.count(2)?;
            let (entry, end) = self.flow_entry(at, depth)?;
            if entries.len() >= super::ENTRIES_MAX || entries.iter().any(|(key, _)| key.text == entry.0.text)
            {
                return None;
            }
            entries.push(entry);
            at = self.content_from(end)?;
            match self.byte(at)? {
                b'}' => return Some((Value::Map(entries), at + 1)),
                b',' => at = self.content_from(at + 1)?,
                _ => return None,
            }
        }
    }

    fn flow_entry(&mut self, at: usize, depth: usize) -> Option<((Key, Node), usize)> {
        let key = self.key(at)?;
        let origin = self.origin(at, key.end);
        let value = self.content_from(key.end + 1)?;
        let (mut node, end) = self.flow_value(value, depth)?;
        if !matches!(node.value, Value::Scalar(_)) || node.is_null() {
            node.origin = origin.clone();
        }
        Some(((Key { text: key.text.to_owned(), origin }, node), end))
    }

    fn flow_value(&mut self, at: usize, depth: usize) -> Option<(Node, usize)> {
        match self.byte(at)? {
            b'[' | b'{' => self.flow(at, depth + 1),
            quote @ (b'"' | b'\'') => {
                let (text, end) = self.quoted_text(at, quote)?;
                Some((self.scalar(text.to_owned(), true, at, end), end))
            }
            _ => {
                let end = self.word_end(at)?;
                Some((self.scalar(self.text[at..end].to_owned(), false, at, end), end))
            }
        }
    }

    /// Returns where a word ends; what is more than a word is the general parser's.
    fn word_end(&self, at: usize) -> Option<usize> {
        let rest = &self.text.as_bytes()[at..self.line.end];
        let length = rest.iter().position(|byte| !is_word(*byte))?;
        let is_word =
            length > 0 && (rest[0] != b'-' || rest[..length].get(1).is_some_and(u8::is_ascii_alphanumeric));
        is_word.then_some(at + length)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes()[..self.line.end].get(at).copied()
    }
}
