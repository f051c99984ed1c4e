//! Configuration of lines of words: HAProxy, Redis, dnsmasq.

use super::{double_quoted, plain, without_controls};

/// How a line format protects a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// Single quotes as in a shell: HAProxy.
    Strong,
    /// Double quotes with backslashes: Redis.
    Double,
}

/// Lines in their order; a section's name stands at the margin and its lines are indented.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    lines: Vec<(usize, Vec<String>)>,
    depth: usize,
}

impl Lines {
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a section; what follows belongs to it.
    #[must_use]
    pub fn section<W: ToString>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.depth = 0;
        self = self.line(words);
        self.depth = 1;
        self
    }

    #[must_use]
    pub fn line<W: ToString>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        let words = words.into_iter().map(|word| word.to_string()).collect();
        self.lines.push((self.depth, words));
        self
    }

    /// Adds the line where there is a value for it.
    #[must_use]
    pub fn line_if<W: ToString>(self, words: Option<impl IntoIterator<Item = W>>) -> Self {
        match words {
            Some(words) => self.line(words),
            None => self,
        }
    }

    pub fn text(&self, quoting: Quoting) -> String {
        let one = |(depth, words): &(usize, Vec<String>)| {
            let words: Vec<_> = words.iter().map(|word| protect(word, quoting)).collect();
            format!("{}{}\n", "    ".repeat(*depth), words.join(" "))
        };
        self.lines.iter().map(one).collect()
    }
}

fn protect(word: &str, quoting: Quoting) -> String {
    match quoting {
        _ if plain(word, "_-./:=*,%[]{}()<>+@") => word.to_owned(),
        Quoting::Double => double_quoted(word, "\"\\"),
        Quoting::Strong => {
            let inner: String = without_controls(word).collect();
            format!("'{}'", inner.replace('\'', r"'\''"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_stays_one_word() {
        let lines = Lines::new().line(["requirepass", "a\" b'\nconfig # c"]);
        insta::assert_snapshot!(lines.text(Quoting::Double), @r#"requirepass "a\" b'config # c""#);
        insta::assert_snapshot!(lines.text(Quoting::Strong), @r#"requirepass 'a" b'\''config # c'"#);
    }
}
