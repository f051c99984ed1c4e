//! Keeps secrets out of what is printed.

mod around;
mod token;

pub use around::redact_line;

/// What stands in place of a secret.
pub const PLACEHOLDER: &str = "•••";

const SECRET_ENDS: [&str; 22] = [
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "tokens",
    "apikey",
    "api-key",
    "api_key",
    "privatekey",
    "private-key",
    "private_key",
    "secretkey",
    "secret-key",
    "secret_key",
    "secretaccesskey",
    "secret-access-key",
    "secret_access_key",
    "accesstoken",
    "credential",
];

/// Returns whether a value under this name is likely a secret. Names that only refer to one are not.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let refers = ["secret", "secrets", "token-lifetime", "pull-secret"].contains(&name.as_str());
    !refers && SECRET_ENDS.iter().any(|word| name.ends_with(word))
}

/// Returns the text with every value that looks secret replaced.
pub fn redact(line: &str) -> String {
    if line.contains("PRIVATE KEY-----") {
        return PLACEHOLDER.to_owned();
    }
    redact_assignments(&token::redact_words(&redact_urls(line)))
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

/// Replaces what follows `password:` or `password=`, up to the end.
fn redact_assignments(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let found = lower.char_indices().filter(|(_, c)| matches!(c, ':' | '=')).find(|(position, sign)| {
        let name = name_before(&lower[..*position]);
        let value = line[position + 1..].trim_start();
        !value.is_empty() && (is_secret_name(name) || may_be_secret(name, *sign, value))
    });
    match found {
        Some((position, _)) => format!("{} {PLACEHOLDER}", &line[..=position]),
        None => line.to_owned(),
    }
}

fn name_before(text: &str) -> &str {
    let name = text.trim_end_matches(['"', '\'', ' ']);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    &name[name.trim_end_matches(is_part).len()..]
}

/// What a slip of the hand, or another way to name it, makes of a secret's name. Where a map follows, its own names
/// decide; what refers to a secret is shown.
fn may_be_secret(name: &str, sign: char, value: &str) -> bool {
    const PARTS: [&str; 10] = [
        "passw",
        "passphrase",
        "secret",
        "token",
        "apikey",
        "api-key",
        "api_key",
        "private-key",
        "credential",
        "accesskey",
    ];
    const REFERS: [&str; 13] = [
        "lifetime",
        "ttl",
        "expiry",
        "rotate",
        "rotation",
        "name",
        "ref",
        "reference",
        "store",
        "service",
        "manager",
        "type",
        "value",
    ];
    let opens = value.starts_with('{') || value.starts_with('[') && !name.contains("passw");
    let refers = sign == ':'
        && (["secret", "secrets", "pull-secret"].contains(&name)
            || REFERS.iter().any(|word| name.ends_with(word)));
    !opens
        && !refers
        && PARTS.iter().any(|part| name.contains(part))
        && (name.contains("passw") || !is_prose(value))
}

/// A sentence, and no word with which an entry ends or another begins.
fn is_prose(value: &str) -> bool {
    let mut words = value.split_whitespace();
    let first = words.next().unwrap_or_default();
    let next = words.next().unwrap_or_default();
    first.ends_with(|c: char| c.is_ascii_lowercase())
        && !next.is_empty()
        && !next.contains([':', '=', '#', '}', ']'])
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
            "CANARYcanary0CANARYcanary0CANARYcanary0CANARYcanary0",
            "-----BEGIN EC PRIVATE KEY----- CANARY",
            "\"apiToken\": \"CANARY\"",
            "db_passwort: CANARY",
            "aws-secret-access-key: CANARY",
            "credentials: CANARY",
            "passwords: [CANARY, CANARY]",
            "Server=db;User=sa;Pwd=CANARY;",
            "note: secret = CANARY",
            "Authorization: Bearer CANARY",
            "replicas: eyJhbGciOi.CANARY.abc",
            "host: root:CANARY@pve-01",
            "mysqldump -u root -pCANARY clinic",
            "log in with password CANARY14",
            "key AKIACANARYCANARYCANA is here",
            "push with ghp_CANARYCANARYCANARYCANARYCANARY012345",
        ] {
            assert!(!redact(line).contains("CANARY"), "{line} gave {}", redact(line));
        }
    }

    #[test]
    fn what_is_no_secret_is_shown() {
        for line in [
            "version: 10.11",
            "see https://example.org/a@b",
            "secret-store: { kind: secrets, product: vault }",
            "uses: { postgres: { secret: database-credentials } }",
            "token-lifetime: 15m",
            "administrators: { who: operators, authentication: token }",
            "image: registry.example/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "the password of the database is kept in the vault",
            "error[secret-value]: `password` looks like a secret, and a document holds no secrets",
            "write to team@example.org: every day at 10:30",
            "records: { reference: mariadb/accounts, for: [api, python-api], rotate: every 90d }",
            "mkdir -p /backups",
            "stolen credentials: nothing brings `records` back",
        ] {
            assert_eq!(redact(line), line);
        }
    }

    #[test]
    fn lines_around_a_secret_hide_it() {
        for text in [
            "password:\n  CANARY",
            "- db_password: |\n    one\n    CANARY",
            "env:\n  - name: DB_PASSWORD\n    value: CANARY",
            "env:\n  - value: CANARY\n    name: DB_PASSWORD",
            "key: |\n  -----BEGIN PRIVATE KEY-----\n  MHcC\n  CANARY",
        ] {
            let start = text[..text.find("CANARY").unwrap()].rfind('\n').unwrap() + 1;
            assert!(!redact_line(text, start).contains("CANARY"), "{text}");
        }
        let plain = "password: x\nversion: 10\nvalues:\n  value: 3";
        assert_eq!(redact_line(plain, plain.find("version").unwrap()), "version: 10");
        assert_eq!(redact_line(plain, plain.find("  value:").unwrap()), "  value: 3");
    }
}
