//! Tells JSON from YAML in brackets.

/// Whether a patch that starts as JSON is JSON: kustomize does not read it as YAML then.
pub(crate) fn is_json_or_yaml(text: &str) -> bool {
    !text.starts_with('[') || JsonText(text.as_bytes()).ends()
}

/// The rest of a JSON text.
struct JsonText<'a>(&'a [u8]);

impl JsonText<'_> {
    fn ends(&mut self) -> bool {
        self.value(0).is_some() && self.next().is_none()
    }

    fn next(&mut self) -> Option<u8> {
        self.0 = self.0.trim_ascii_start();
        self.0.first().copied()
    }

    fn take(&mut self, sign: u8) -> Option<()> {
        let found = self.next()? == sign;
        self.0 = self.0.get(usize::from(found)..)?;
        found.then_some(())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.next()? {
            _ if depth > 128 => None,
            b'{' => self.members(b'{', b'}', depth),
            b'[' => self.members(b'[', b']', depth),
            b'"' => self.text(),
            _ => self.word(),
        }
    }

    fn members(&mut self, open: u8, close: u8, depth: usize) -> Option<()> {
        self.take(open)?;
        if self.take(close).is_some() {
            return Some(());
        }
        loop {
            if open == b'{' {
                self.next();
                self.text()?;
                self.take(b':')?;
            }
            self.value(depth + 1)?;
            if self.take(close).is_some() {
                return Some(());
            }
            self.take(b',')?;
        }
    }

    fn text(&mut self) -> Option<()> {
        let mut rest = self.0.strip_prefix(b"\"")?;
        loop {
            match rest {
                [b'"', behind @ ..] => {
                    self.0 = behind;
                    return Some(());
                }
                [b'\\', _, behind @ ..] | [0x20..=0xff, behind @ ..] => rest = behind,
                _ => return None,
            }
        }
    }

    fn word(&mut self) -> Option<()> {
        let sign = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let length = self.0.iter().take_while(|byte| sign(byte)).count();
        let (word, behind) = self.0.split_at(length);
        self.0 = behind;
        let word = std::str::from_utf8(word).ok()?;
        let number =
            word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) && word.parse::<f64>().is_ok();
        (number || ["true", "false", "null"].contains(&word)).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::is_json_or_yaml;

    #[test]
    fn knows_json() {
        let good = [r#"[{"op": "add", "a": [1, -2.5, true, null, "x\"y"], "b": {}}]"#, "- a", " []", "[]"];
        assert!(good.into_iter().all(is_json_or_yaml));
        let bad = ["[{op: add}]", "[1,]", r#"[{"a": b}]"#, "[", r#"["a]"#, "[1] x"];
        assert!(!bad.into_iter().any(is_json_or_yaml));
    }
}
