//! Keeps secrets out of what is printed.

/// What stands in place of a secret.
pub const PLACEHOLDER: &str = "•••";

const SECRET_WORDS: [&str; 9] =
    ["password", "passwd", "secret", "token", "apikey", "api-key", "api_key", "private-key", "private_key"];

/// Returns whether a value under this name is likely a secret. Names that only refer to one are not.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let refers = ["secret", "secrets", "token-lifetime", "pull-secret"].contains(&name.as_str());
    !refers && SECRET_WORDS.iter().any(|word| name.ends_with(word))
}

/// Returns the line with every value that looks secret replaced.
pub fn redact(line: &str) -> String {
    let line = redact_urls(line);
    if is_key_material(&line) {
        return PLACEHOLDER.to_owned();
    }
    redact_assignments(&line)
}

/// Returns the line that starts at an offset, with every value that looks secret replaced, also where only the
/// lines around it say so: below a key that names a secret, inside a private key, or beside such a `name:`.
pub fn redact_line(text: &str, start: usize) -> String {
    let line = text[start..].lines().next().unwrap_or_default();
    let hidden = is_below_secret(text, start, line) || is_inside_key(text, start, line) || is_named_secret(text, start, line);
    if hidden { format!("{}{PLACEHOLDER}", " ".repeat(indent(line))) } else { redact(line) }
}

/// Far more lines than a key or a value in a document has.
const LINES_LOOKED_AT: usize = 200;

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

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '-']).len()
}

/// A run of base64 this long is a key and not prose.
const KEY_CHARS_MIN: usize = 40;

fn is_key_material(line: &str) -> bool {
    let text = line.trim();
    let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    text.contains("PRIVATE KEY-----") || (text.len() >= KEY_CHARS_MIN && text.chars().all(base64))
}

/// Replaces the password of `scheme://user:password@host`.
fn redact_urls(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(start) = rest.find("://") {
        let (before, after) = rest.split_at(start + 3);
        let authority = after.find(['/', ' ', '"', '\'', '?']).unwrap_or(after.len());
        text.push_str(before);
        match after[..authority].rfind('@') {
            Some(at) => {
                let user = after[..at].split(':').next().unwrap_or_default();
                text.push_str(if after[..at].contains(':') { user } else { "" });
                text.push(':');
                text.push_str(PLACEHOLDER);
                rest = &after[at..];
            }
            None => rest = after,
        }
    }
    text.push_str(rest);
    text
}

/// Replaces what follows `password:` or `password=`, up to the end or the next entry.
fn redact_assignments(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let found = lower.char_indices().filter(|(_, c)| matches!(c, ':' | '=')).find(|(position, _)| {
        let name = lower[..*position].trim_end_matches(['"', '\'', ' ']);
        let start = name.rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).map_or(0, |at| at + 1);
        name.is_char_boundary(start) && is_secret_name(&name[start..])
    });
    match found {
        Some((position, _)) if !line[position + 1..].trim().is_empty() => {
            format!("{} {PLACEHOLDER}", &line[..=position])
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_pass() {
        for line in [
            "  password: CANARY",
            "{ db_password: CANARY, a: 1 }",
            "MYSQL_PASSWORD=CANARY",
            "url: mysql://app:CANARY@db:3306/x",
            "url: redis://:CANARY@cache",
            "CANARYCANARYCANARYCANARYCANARYCANARYCANARYCANARY",
            "-----BEGIN EC PRIVATE KEY----- CANARY",
            "\"apiToken\": \"CANARY\"",
        ] {
            assert!(!redact(line).contains("CANARY"), "{line} gave {}", redact(line));
        }
        assert_eq!(redact("version: 10.11"), "version: 10.11");
        assert_eq!(redact("see https://example.org/a@b"), "see https://example.org/a@b");
    }
}
