//! Configuration of nested blocks in braces: nginx and keepalived.

use super::{double_quoted, plain};

/// How a block format ends a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Braces {
    /// `listen 80;`
    Nginx,
    /// `advert_int 1`
    Keepalived,
}

/// Directives and blocks in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Directive(Vec<String>),
    Block(Vec<String>, Blocks),
}

impl Blocks {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a directive: its name and its values.
    #[must_use]
    pub fn set<W: ToString>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.items.push(Item::Directive(owned(words)));
        self
    }

    /// Adds a block: its name and values, and what it holds.
    #[must_use]
    pub fn block<W: ToString>(mut self, words: impl IntoIterator<Item = W>, inner: Self) -> Self {
        self.items.push(Item::Block(owned(words), inner));
        self
    }

    /// Adds all of `parts` after one another.
    #[must_use]
    pub fn extended(mut self, parts: impl IntoIterator<Item = Self>) -> Self {
        self.items.extend(parts.into_iter().flat_map(|part| part.items));
        self
    }

    pub fn text(&self, braces: Braces) -> String {
        let mut text = String::new();
        self.write(braces, 0, &mut text);
        text
    }

    fn write(&self, braces: Braces, depth: usize, text: &mut String) {
        let indent = "    ".repeat(depth);
        for item in &self.items {
            match item {
                Item::Directive(words) => {
                    let end = if braces == Braces::Nginx { ";" } else { "" };
                    text.extend([indent.as_str(), &line(words), end, "\n"]);
                }
                Item::Block(words, inner) => {
                    text.extend([indent.as_str(), &line(words), " {\n"]);
                    inner.write(braces, depth + 1, text);
                    text.extend([indent.as_str(), "}\n"]);
                }
            }
        }
    }
}

fn owned<W: ToString>(words: impl IntoIterator<Item = W>) -> Vec<String> {
    words.into_iter().map(|word| word.to_string()).collect()
}

fn line(words: &[String]) -> String {
    let quoted =
        words.iter().map(|word| if plain(word, "_-./:=*$@,~") { word.clone() } else { quoted(word) });
    quoted.collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    double_quoted(word, "\"\\")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_cannot_become_syntax() {
        let inner = Blocks::new().set(["server_name", "a; } location / { return 200 \"x\""]);
        let text = Blocks::new().block(["server"], inner).text(Braces::Nginx);
        insta::assert_snapshot!(text, @r#"
        server {
            server_name "a; } location / { return 200 \"x\"";
        }
        "#);
    }

    proptest! {
        #[test]
        fn a_directive_is_one_line(word in any::<String>()) {
            let text = Blocks::new().set(["name".to_owned(), word]).text(Braces::Nginx);
            prop_assert_eq!(text.lines().count(), 1);
            prop_assert!(text.ends_with(";\n"));
        }
    }
}
