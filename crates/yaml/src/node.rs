//! The tree.

use sehat_diagnostic::Origin;

use crate::Plain;

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub origin: Origin,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    pub text: String,
    pub quoted: bool,
    /// `!Ref`, or a tag of YAML's own: `!!binary`. Most scalars have none.
    pub tag: Option<Box<str>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub text: String,
    pub origin: Origin,
}

impl Node {
    /// Returns a plain scalar, as a transformation makes it.
    pub fn text(text: impl Into<String>, origin: Origin) -> Self {
        Self { origin, value: Value::Scalar(Scalar { text: text.into(), quoted: false, tag: None }) }
    }

    /// Returns a scalar that stays text whatever it looks like.
    pub fn quoted(text: impl Into<String>, origin: Origin) -> Self {
        Self { origin, value: Value::Scalar(Scalar { text: text.into(), quoted: true, tag: None }) }
    }

    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.is_null())
    }

    pub fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// Returns the entries of a map; nothing else has any.
    pub fn entries(&self) -> &[(Key, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the items of a list; nothing else has any.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(known, _)| known.text == key).map(|(_, node)| node)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::Map(entries) => {
                entries.iter_mut().find(|(known, _)| known.text == key).map(|(_, node)| node)
            }
            _ => None,
        }
    }

    /// Follows keys from map to map. A null on the way, or at the end, is nothing.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        let found = path.iter().try_fold(self, |node, key| node.get(key))?;
        (!found.is_null()).then_some(found)
    }

    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Returns the text of a scalar that is not null, whatever type it has.
    pub fn as_text(&self) -> Option<&str> {
        self.scalar().filter(|scalar| !scalar.is_null()).map(|scalar| scalar.text.as_str())
    }

    /// Returns the boolean that Kubernetes' tools read here.
    pub fn as_bool(&self) -> Option<bool> {
        match self.scalar()?.plain() {
            Plain::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the whole number that Kubernetes' tools read here.
    pub fn as_int(&self) -> Option<i64> {
        match self.scalar()?.plain() {
            Plain::Int(value) => Some(value),
            _ => None,
        }
    }
}

impl Scalar {
    pub fn is_null(&self) -> bool {
        !self.quoted && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// Returns what the scalar means to a reader of YAML 1.1.
    pub fn plain(&self) -> Plain<'_> {
        Plain::read(self)
    }
}

/// Returns how many values a node holds, itself included.
pub fn size(node: &Node) -> usize {
    match &node.value {
        Value::Scalar(_) => 1,
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|(_, node)| 1 + size(node)).sum::<usize>(),
    }
}
