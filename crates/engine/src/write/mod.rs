//! Typed writers of the servers' configuration formats. Every value is quoted where its format needs it, so that no name
//! or secret can become syntax. Line breaks and other control characters cannot be said in these formats and are left
//! out.

mod blocks;
mod ini;
mod lines;
mod sql;
mod time;

pub use blocks::{Blocks, Braces};
pub use ini::Ini;
pub use lines::{Lines, Quoting};
pub use sql::{identifier, literal};
pub use time::{seconds, seconds_up};

/// Returns the value as pretty JSON, which the YAML readers of Prometheus and its kin take as it is.
pub fn json(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

/// Returns two lower-case digits for each byte.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Words of letters, digits and these signs mean themselves in every format here.
fn plain(word: &str, signs: &str) -> bool {
    !word.is_empty() && word.chars().all(|sign| sign.is_ascii_alphanumeric() || signs.contains(sign))
}

fn without_controls(word: &str) -> impl Iterator<Item = char> {
    word.chars().filter(|sign| !sign.is_control())
}

/// Puts the word between double quotes and a backslash before each of the signs.
fn double_quoted(word: &str, escaped: &str) -> String {
    let mut text = String::from('"');
    for sign in without_controls(word) {
        if escaped.contains(sign) {
            text.push('\\');
        }
        text.push(sign);
    }
    text.push('"');
    text
}
