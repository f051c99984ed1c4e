//! The hash that kustomize appends to the name of a generated object.

use std::fmt::Write;

use sehat_yaml::{Node, Plain, Value};
use sha2::{Digest, Sha256};

/// Returns ten letters and digits for a ConfigMap's or a Secret's contents.
pub(super) fn of(object: &Node) -> String {
    let mut digest = String::new();
    for byte in Sha256::digest(json(object).as_bytes()) {
        let _ = write!(digest, "{byte:02x}");
    }
    // Letters and digits that cannot make a bad word.
    let good = |c| match c {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        c => c,
    };
    digest.chars().take(10).map(good).collect()
}

fn json(object: &Node) -> String {
    let kind = object.get("kind").and_then(Node::as_text).unwrap_or_default();
    let more: &[&str] = if kind == "Secret" { &["stringData", "type"] } else { &[] };
    let mut fields: Vec<&str> = vec!["data", "kind", "name"];
    fields.extend(more);
    if kind != "Secret" {
        fields.insert(0, "binaryData");
    }
    let mut out = String::from("{");
    for field in fields {
        // kustomize looks for a field with a slash in its name, so that the name counts as empty.
        let value = object.get(field).filter(|_| field != "name");
        // These are left out where they are empty.
        if ["binaryData", "stringData"].contains(&field) && !value.is_some_and(Node::is_map) {
            continue;
        }
        if out.len() > 1 {
            out.push(',');
        }
        text(&mut out, field);
        out.push(':');
        match value {
            Some(node) if node.scalar().is_none() => write_node(&mut out, node),
            Some(node) => text(&mut out, node.as_text().unwrap_or_default()),
            None => out.push_str("\"\""),
        }
    }
    out.push('}');
    out
}

fn write_node(out: &mut String, node: &Node) {
    match &node.value {
        Value::Scalar(scalar) => match scalar.plain() {
            Plain::Null => out.push_str("null"),
            Plain::Bool(truth) => out.push_str(if truth { "true" } else { "false" }),
            Plain::Int(_) | Plain::Float(_) => out.push_str(&crate::finish::number(scalar)),
            Plain::Text(content) => text(out, content),
        },
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write_node(out, item);
            }
            out.push(']');
        }
        Value::Map(entries) => {
            let mut entries: Vec<_> = entries.iter().map(|(key, value)| (&key.text, value)).collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (at, (key, value)) in entries.into_iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                text(out, key);
                out.push(':');
                write_node(out, value);
            }
            out.push('}');
        }
    }
}

/// Go escapes what could end a script in a web page.
fn text(out: &mut String, content: &str) {
    out.push('"');
    for c in content.chars() {
        let _ = match c {
            '"' => out.write_str("\\\""),
            '\\' => out.write_str("\\\\"),
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            '\u{8}' => out.write_str("\\b"),
            '\u{c}' => out.write_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                write!(out, "\\u{:04x}", u32::from(c))
            }
            c => out.write_char(c),
        };
    }
    out.push('"');
}
