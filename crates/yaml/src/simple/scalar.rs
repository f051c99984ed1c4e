//! Keys and values on one line.

use super::Reader;

/// A key, and where it ends: its colon stands there.
pub(super) struct Found<'a> {
    pub text: &'a str,
    pub end: usize,
}

/// YAML has no longer keys without a sign of their own.
const KEY_BYTES_MAX: usize = 1000;

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-')
}

impl<'a> Reader<'a> {
    /// Reads a key whose colon ends the line or stands before a space.
    pub(super) fn key(&self, at: usize) -> Option<Found<'a>> {
        let bytes = &self.text.as_bytes()[..self.line.end];
        let (text, end) = match *bytes.get(at)? {
            quote @ (b'"' | b'\'') => self.quoted_text(at, quote)?,
            b'-' => return None,
            _ => {
                let end = at + bytes[at..].iter().position(|byte| !is_word(*byte))?;
                (&self.text[at..end], end)
            }
        };
        let is_key =
            end > at && bytes.get(end) == Some(&b':') && matches!(bytes.get(end + 1), None | Some(b' '));
        let is_simple = text.len() <= KEY_BYTES_MAX && text.is_ascii() && text != "<<";
        (is_key && is_simple).then_some(Found { text, end })
    }

    /// Reads a text in quotes without escapes, and returns where it ends.
    pub(super) fn quoted_text(&self, at: usize, quote: u8) -> Option<(&'a str, usize)> {
        let rest = &self.text.as_bytes()[at + 1..self.line.end];
        let length = rest.iter().position(|byte| *byte == quote || *byte == b'\\' && quote == b'"')?;
        let end = at + 1 + length;
        // `''` is an apostrophe.
        let is_simple = rest[length] == quote && rest.get(length + 1) != Some(&b'\'');
        is_simple.then(|| (&self.text[at + 1..end], end + 1))
    }

    /// Returns where a value without quotes ends. Whether it goes on in the next line is seen there.
    pub(super) fn plain_end(&self, at: usize) -> Option<usize> {
        let line = &self.text.as_bytes()[..self.line.end];
        if !starts_plain(&line[at..]) {
            return None;
        }
        let mut end = at;
        for (place, byte) in line.iter().enumerate().skip(at) {
            match *byte {
                b' ' => {}
                b'#' if line[place - 1] == b' ' => break,
                b':' if matches!(line.get(place + 1), None | Some(b' ')) => return None,
                _ => end = place + 1,
            }
        }
        Some(end)
    }
}

/// Signs that mean something at the start of a value are the general parser's.
fn starts_plain(text: &[u8]) -> bool {
    match text {
        [b'-', next, ..] => next.is_ascii_alphanumeric(),
        [first, ..] => {
            first.is_ascii_alphanumeric()
                || matches!(first, b'_' | b'.' | b'/' | b'$' | b'(' | b'+' | b'<' | b'^' | b'~' | b'=' | b';')
        }
        [] => false,
    }
}
