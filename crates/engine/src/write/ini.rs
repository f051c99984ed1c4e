//! Sections of keys and values as MariaDB's servers and clients read them.

use std::fmt::Display;

use super::{double_quoted, plain};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ini {
    text: String,
}

impl Ini {
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn section(mut self, name: &str) -> Self {
        self.text.extend(["[", name, "]\n"]);
        self
    }

    #[must_use]
    pub fn set(mut self, key: &str, value: impl Display) -> Self {
        let value = value.to_string();
        let value = if plain(&value, "_-./:*") { value } else { double_quoted(&value, "\"\\") };
        self.text.extend([key, " = ", &value, "\n"]);
        self
    }

    pub fn text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_start_a_section() {
        let text = Ini::new().section("client").set("password", "a\n[mariadbd]\n# \\").text();
        insta::assert_snapshot!(text, @r##"
        [client]
        password = "a[mariadbd]# \\"
        "##);
    }
}
