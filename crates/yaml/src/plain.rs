//! What a scalar means: YAML 1.1 as the Go library reads it that Kubernetes' tools are built on.

use crate::Scalar;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plain<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
}

impl<'a> Plain<'a> {
    pub fn read(scalar: &'a Scalar) -> Self {
        let text = scalar.text.as_str();
        if scalar.quoted || scalar.tag.as_deref().is_some_and(|tag| tag.ends_with("str")) {
            return Self::Text(text);
        }
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "true" | "True" | "TRUE" | "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
                Self::Bool(true)
            }
            "false" | "False" | "FALSE" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
                Self::Bool(false)
            }
            _ => number(text).unwrap_or(Self::Text(text)),
        }
    }
}

fn number(text: &str) -> Option<Plain<'_>> {
    let first = text.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return None;
    }
    special(text).or_else(|| int(text).map(Plain::Int)).or_else(|| float(text).map(Plain::Float))
}

fn special(text: &str) -> Option<Plain<'_>> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" => Some(Plain::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => Some(Plain::Float(f64::NEG_INFINITY)),
        ".nan" | ".NaN" | ".NAN" => Some(Plain::Float(f64::NAN)),
        _ => None,
    }
}

/// `0o17`, `017`, `0x1f`, `0b11`, `1_000`; a leading zero means octal.
fn int(text: &str) -> Option<i64> {
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let (sign, digits) = match plain.strip_prefix(['+', '-']) {
        Some(rest) if plain.starts_with('-') => (-1, rest),
        Some(rest) => (1, rest),
        None => (1, plain.as_str()),
    };
    let (radix, digits) = match digits.get(..2) {
        Some("0x") => (16, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some(two) if two.starts_with('0') && digits.bytes().all(|b| (b'0'..b'8').contains(&b)) => {
            (8, &digits[1..])
        }
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    i64::from_str_radix(digits, radix).ok()?.checked_mul(sign)
}

fn float(text: &str) -> Option<f64> {
    let good =
        text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-' | b'e' | b'E' | b'_'));
    if !good || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    text.replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_go_library_reads() {
        let plain = |text: &str| {
            let scalar = Scalar { text: text.to_owned(), quoted: false, tag: None };
            format!("{:?}", scalar.plain())
        };
        let all = [
            "n", "on", "0755", "0o755", "1_000", "0x1F", "08", "1e3", "-.inf", "1.2.3", "10.0.0.1", "-", "80",
        ];
        let read: Vec<String> = all.iter().map(|text| format!("{text} {}", plain(text))).collect();
        insta::assert_snapshot!(read.join("\n"), @r#"
        n Bool(false)
        on Bool(true)
        0755 Int(493)
        0o755 Int(493)
        1_000 Int(1000)
        0x1F Int(31)
        08 Int(8)
        1e3 Float(1000.0)
        -.inf Float(-inf)
        1.2.3 Text("1.2.3")
        10.0.0.1 Text("10.0.0.1")
        - Text("-")
        80 Int(80)
        "#);
    }
}
