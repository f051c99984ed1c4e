//! Names and strings in MariaDB's SQL.

/// Returns the text as a string literal. It holds with and without `NO_BACKSLASH_ESCAPES` off, MariaDB's default.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', "''").replace('\n', r"\n").replace('\0', r"\0"))
}

/// Returns the text as a quoted identifier.
pub fn identifier(text: &str) -> String {
    let inner: String = super::without_controls(text).collect();
    format!("`{}`", inner.replace('`', "``"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(literal(r"a'b\"), r"'a''b\\'");
        assert_eq!(identifier("a`b"), "`a``b`");
    }
}
