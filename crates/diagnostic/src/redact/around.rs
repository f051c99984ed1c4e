//! Secrets of a line that only the lines around it show.

use super::{PLACEHOLDER, is_secret_name, redact};

/// Far more lines than a key or a value in a document has.
const LINES_LOOKED_AT: usize = 200;

/// Returns the line that starts at an offset, with every value that looks secret replaced, also where only the
/// lines around it say so: below a key that names a secret, inside a private key, or beside such a `name:`.
pub fn redact_line(text: &str, start: usize) -> String {
    let line = text[start..].lines().next().unwrap_or_default();
    let hidden = is_below_secret(text, start, line)
        || is_inside_key(text, start, line)
        || is_named_secret(text, start, line)
        || is_value_of_secrets(text, start, line);
    if hidden { format!("{}{PLACEHOLDER}", " ".repeat(indent(line))) } else { redact(line) }
}

fn is_below_secret(text: &str, start: usize, line: &str) -> bool {
    let mut depth = indent(line);
    for above in text[..start].lines().rev().take(LINES_LOOKED_AT).filter(|above| !above.trim().is_empty()) {
        if depth == 0 {
            return false;
        }
        if indent(above) < depth && opens_secret(above) {
            return true;
        }
        depth = depth.min(indent(above));
    }
    false
}

/// The last line of a private key is short, so that it does not look like one.
fn is_inside_key(text: &str, start: usize, line: &str) -> bool {
    let one_word = !line.trim().is_empty() && !line.trim().contains([' ', ':']);
    one_word
        && text[..start]
            .lines()
            .rev()
            .take(LINES_LOOKED_AT)
            .take_while(|above| !above.contains("-----END"))
            .any(|above| above.contains("-----BEGIN"))
}

/// `password:`, `password: |`, `- password: "first line`.
fn opens_secret(line: &str) -> bool {
    let Some((name, _)) = line.split_once([':', '=']) else { return false };
    let name = name.trim().trim_start_matches("- ").trim_matches(['"', '\'', '{', '[', ' ']);
    is_secret_name(name) && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Kubernetes writes variables as `name: DB_PASSWORD` and, beside it, `value: ...`.
fn is_named_secret(text: &str, start: usize, line: &str) -> bool {
    if !line.to_ascii_lowercase().contains("value") {
        return false;
    }
    let end = start + line.len();
    let above = text[..start].lines().rev().take(2);
    let below = text.get(end..).unwrap_or_default().lines().skip(1).take(1);
    above.chain(below).chain([line]).any(names_secret)
}

fn names_secret(line: &str) -> bool {
    let words = line.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
    let mut names = false;
    for word in words.filter(|word| !word.is_empty()) {
        if names && is_secret_name(word) {
            return true;
        }
        names = word == "name";
    }
    false
}

/// In `secrets:` stand references; whatever else stands there may be the secret itself.
fn is_value_of_secrets(text: &str, start: usize, line: &str) -> bool {
    let above = || text[..start].lines().rev().take(LINES_LOOKED_AT).find(|above| is_top_key(above));
    let inside = line.starts_with("secrets:")
        || indent(line) > 0 && above().is_some_and(|top| top.starts_with("secrets:"));
    let value = line.split_once(':').map_or("", |(_, value)| value.trim());
    let key = line.split(':').next().unwrap_or_default().trim();
    let refers = ["reference", "for", "rotate", "added", "repairs", "note", "features"].contains(&key)
        || line.contains("reference:") && !line.contains("value");
    inside && !refers && !value.is_empty() && !value.starts_with('#')
}

fn is_top_key(line: &str) -> bool {
    line.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '-']).len()
}
