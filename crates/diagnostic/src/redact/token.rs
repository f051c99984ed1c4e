//! Words that are secrets by their form, whatever stands before them.

use super::PLACEHOLDER;

/// Returns the text with such words replaced.
pub fn redact_words(line: &str) -> String {
    let mut text = String::new();
    // Asked once, because a line may be megabytes long.
    let is_client = ["mysql", "mariadb"].iter().any(|client| line.contains(client));
    let mut before = "";
    let mut rest = line;
    while let Some(start) = rest.find(|c: char| !is_space(c)) {
        let length = rest[start..].find(is_space).unwrap_or(rest.len() - start);
        let word = &rest[start..start + length];
        text.push_str(&rest[..start]);
        text.push_str(&shown(is_client, before, word));
        before = word;
        rest = &rest[start + length..];
    }
    text.push_str(rest);
    text
}

/// What separates words in YAML, JSON and prose.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | '{' | '}' | '[' | ']' | '(' | ')' | '<' | '>')
}

fn shown(is_client: bool, before: &str, word: &str) -> String {
    if let Some(at) = password_at(word) {
        let user = word.split(':').next().unwrap_or_default();
        return format!("{user}:{PLACEHOLDER}{}", &word[at..]);
    }
    if is_client && is_flag(word) {
        return format!("-p{PLACEHOLDER}");
    }
    if is_key(word) || is_named_token(word) || follows(before, word) {
        PLACEHOLDER.to_owned()
    } else {
        word.to_owned()
    }
}

/// `user:password@host` without a scheme; returns where the host begins.
fn password_at(word: &str) -> Option<usize> {
    let (front, _) = word.split_once('@')?;
    let (user, password) = front.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_user = !user.is_empty() && user.chars().all(plain);
    (is_user && !password.is_empty() && !password.contains('/') && !word.contains("://"))
        .then_some(front.len())
}

/// The clients of `MySQL` take the password right behind `-p`.
fn is_flag(word: &str) -> bool {
    word.len() > 2 && word.starts_with("-p") && !word.starts_with("-p-")
}

/// A run of base64 this long is a key and not prose.
const KEY_CHARS_MIN: usize = 40;

fn is_key(word: &str) -> bool {
    let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let has = |kind: fn(&char) -> bool| word.chars().any(|c| kind(&c));
    word.len() >= KEY_CHARS_MIN
        && word.chars().all(base64)
        // Digests in hexadecimal are no secrets, and long paths have no digits and capitals together.
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_digit)
}

/// Providers mark their tokens, so that they can be found.
fn is_named_token(word: &str) -> bool {
    const STARTS: [&str; 12] = [
        "AKIA",
        "ASIA",
        "ghp_",
        "gho_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "sk_live_",
        "hvs.",
        "AGE-SECRET-KEY-",
    ];
    let jwt = word.starts_with("eyJ") && word.contains('.');
    jwt || word.len() >= 16 && STARTS.iter().any(|start| word.starts_with(start))
}

/// `Bearer ...`, and prose such as `password hunter2`.
fn follows(before: &str, word: &str) -> bool {
    let before = before.to_ascii_lowercase();
    let scheme = ["bearer", "basic"].contains(&before.as_str()) && word.len() >= 6;
    let named = ["password", "passwd", "passphrase", "pwd", "token"].contains(&before.as_str());
    let odd = word.chars().any(|c| c.is_ascii_digit()) && word.chars().any(char::is_alphabetic);
    scheme && word.chars().any(|c| !c.is_ascii_lowercase()) || named && odd
}
