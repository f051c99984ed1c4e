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
