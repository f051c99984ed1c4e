//! From trees to text: block YAML that YAML 1.1 and YAML 1.2 readers understand alike.

mod natural;
mod quote;

use std::borrow::Cow;

use crate::{Key, Node, Plain, Scalar, Value};

pub use quote::inline;

/// Writes a document, keys in their own order. The text ends with a line break.
pub fn emit(node: &Node) -> String {
    write(node, Order::Own)
}

/// Writes a document with the keys of every map in the order of Go's YAML library, as `kubectl` and `kustomize` print.
pub fn emit_sorted(node: &Node) -> String {
    write(node, Order::Natural)
}

#[derive(Clone, Copy, PartialEq)]
enum Order {
    Own,
    Natural,
}

fn write(node: &Node, order: Order) -> String {
    let mut writer = Writer { text: String::new(), order };
    writer.document(node);
    writer.text
}

struct Writer {
    text: String,
    order: Order,
}

impl Writer {
    fn document(&mut self, node: &Node) {
        match &node.value {
            Value::Map(entries) if !entries.is_empty() => self.map(entries, 0, false),
            Value::List(items) if !items.is_empty() => self.list(items, 0, false),
            _ => {
                self.leaf(node, 0);
                self.text.push('\n');
            }
        }
    }

    /// Writes the entries. The first line may follow a dash, which has indented it.
    fn map(&mut self, entries: &[(Key, Node)], indent: usize, behind_dash: bool) {
        for (index, (key, value)) in self.ordered(entries).iter().enumerate() {
            if index > 0 || !behind_dash {
                self.indent(indent);
            }
            self.text.push_str(&quote::key(&key.text));
            self.text.push(':');
            self.value(value, indent);
        }
    }

    fn ordered<'a>(&self, entries: &'a [(Key, Node)]) -> Cow<'a, [(Key, Node)]> {
        let in_order = entries.windows(2).all(|two| natural::compare(&two[0].0.text, &two[1].0.text).is_le());
        if self.order == Order::Own || in_order {
            return Cow::Borrowed(entries);
        }
        let mut sorted = entries.to_vec();
        sorted.sort_by(|(a, _), (b, _)| natural::compare(&a.text, &b.text));
        Cow::Owned(sorted)
    }

    fn value(&mut self, value: &Node, indent: usize) {
        match &value.value {
            Value::Map(entries) if !entries.is_empty() => {
                self.text.push('\n');
                self.map(entries, indent + 2, false);
            }
            Value::List(items) if !items.is_empty() => {
                self.text.push('\n');
                self.list(items, indent, false);
            }
            _ => {
                self.text.push(' ');
                self.leaf(value, indent);
                self.text.push('\n');
            }
        }
    }

    fn list(&mut self, items: &[Node], indent: usize, behind_dash: bool) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 || !behind_dash {
                self.indent(indent);
            }
            self.text.push_str("- ");
            match &item.value {
                Value::Map(entries) if !entries.is_empty() => self.map(entries, indent + 2, true),
                Value::List(items) if !items.is_empty() => self.list(items, indent + 2, true),
                _ => {
                    self.leaf(item, indent);
                    self.text.push('\n');
                }
            }
        }
    }

    fn indent(&mut self, indent: usize) {
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    /// Writes what stands behind a key or a dash, without the line break at its end.
    fn leaf(&mut self, node: &Node, indent: usize) {
        match &node.value {
            Value::Map(_) => self.text.push_str("{}"),
            Value::List(_) => self.text.push_str("[]"),
            Value::Scalar(scalar) => self.scalar(scalar, indent),
        }
    }

    fn scalar(&mut self, scalar: &Scalar, indent: usize) {
        if let Some(tag) = &scalar.tag {
            self.text.push_str(&short(tag));
            self.text.push(' ');
        }
        match scalar.plain() {
            Plain::Null => self.text.push_str("null"),
            Plain::Text(text) if quote::is_block(text) => self.block(text, indent + 2),
            Plain::Text(text) => self.text.push_str(&quote::inline(text)),
            _ => self.text.push_str(&scalar.text),
        }
    }

    /// Writes a text of several lines as they are.
    fn block(&mut self, text: &str, indent: usize) {
        self.text.push('|');
        if text.starts_with([' ', '\n']) {
            self.text.push('2');
        }
        let body = match (text.strip_suffix('\n'), text.ends_with("\n\n")) {
            (Some(body), true) => {
                self.text.push('+');
                body
            }
            (Some(body), false) => body,
            (None, _) => {
                self.text.push('-');
                text
            }
        };
        for line in body.split('\n') {
            self.text.push('\n');
            if !line.is_empty() {
                self.indent(indent);
                self.text.push_str(line);
            }
        }
    }
}

/// `tag:yaml.org,2002:binary` is `!!binary`.
fn short(tag: &str) -> String {
    tag.strip_prefix("tag:yaml.org,2002:").map_or_else(|| tag.to_owned(), |name| format!("!!{name}"))
}
