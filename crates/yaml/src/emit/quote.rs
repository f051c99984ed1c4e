//! Decides how a text is written: as it is, in quotes, or as a block of lines.

use std::borrow::Cow;
use std::fmt::Write;

use crate::{Plain, Scalar};

/// Writes a text on one line, in quotes where it would be read as something else without.
pub fn inline(text: &str) -> Cow<'_, str> {
    if !is_printable(text) || text.contains(['\n', '\t']) || is_other_type(text) {
        return Cow::Owned(double(text));
    }
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', "''")))
}

/// Writes a key. `<<` would merge a map.
pub(super) fn key(text: &str) -> Cow<'_, str> {
    if text == "<<" { Cow::Borrowed("\"<<\"") } else { inline(text) }
}

/// Whether a text has several lines that a block scalar keeps.
pub(super) fn is_block(text: &str) -> bool {
    let lines = text.contains('\n') && !text.trim_matches([' ', '\n']).is_empty();
    lines && is_printable(text) && !text.contains(" \n") && !text.ends_with(' ') && !text.contains('\t')
}

/// Whether every character can stand outside of double quotes.
fn is_printable(text: &str) -> bool {
    text.chars().all(|c| match c {
        '\n' | '\t' => true,
        '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
        _ => !c.is_control(),
    })
}

/// Whether the bare word is a number, a truth, nothing or a date to some reader.
fn is_other_type(text: &str) -> bool {
    let scalar = Scalar { text: text.to_owned(), quoted: false, tag: None };
    // Only words that start like this can be anything else, and most texts do not.
    let suspicious =
        text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit() || "+-.~nNyYtTfFoO".contains(c));
    suspicious && (!matches!(scalar.plain(), Plain::Text(_)) || is_sexagesimal(text) || is_date(text))
}

/// `190:20:30` is a number in YAML 1.1.
fn is_sexagesimal(text: &str) -> bool {
    let mut parts = text.trim_start_matches(['+', '-']).split(':');
    let good =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit() || b == b'_' || b == b'.');
    parts.next().is_some_and(good) && text.contains(':') && parts.all(good)
}

/// `2001-01-01`, and what may follow it.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let number = |part: Option<&str>, digits: std::ops::RangeInclusive<usize>| {
        part.is_some_and(|part| digits.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
    };
    number(parts.next(), 4..=4)
        && number(parts.next(), 1..=2)
        && parts.next().is_some_and(|day| day.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether a text means itself without quotes in a block map or list.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else { return false };
    let blank = |at: usize| bytes.get(at).is_none_or(|b| *b == b' ');
    let good_start = match first {
        b'-' | b'?' | b':' => !blank(1),
        _ => !b" #,[]{}&*!|>'\"%@`".contains(&first),
    };
    good_start
        && last != b' '
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !bytes.iter().enumerate().any(|(at, b)| match b {
            b':' => blank(at + 1),
            b'#' => at > 0 && bytes[at - 1] == b' ',
            _ => false,
        })
}

fn double(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        let _ = match c {
            '"' => out.write_str("\\\""),
            '\\' => out.write_str("\\\\"),
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => write!(out, "\\u{:04X}", u32::from(c)),
            c if c.is_control() => write!(out, "\\x{:02X}", u32::from(c)),
            c => out.write_char(c),
        };
    }
    out.push('"');
    out
}
