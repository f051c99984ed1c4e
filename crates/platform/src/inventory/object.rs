//! Objects, their names and labels, and what selects them.

use std::collections::BTreeMap;
use std::fmt;

use sehat_diagnostic::Origin;

use super::Stated;

/// Labels or annotations.
pub type Labels = BTreeMap<String, Stated<String>>;

/// How an object is called: `Deployment clinic/patients`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    pub kind: String,
    /// Empty for what belongs to no namespace.
    pub namespace: String,
    pub name: String,
}

impl ObjectId {
    pub fn new(kind: impl Into<String>, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: kind.into(), namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{} {}", self.kind, self.name)
        } else {
            write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
        }
    }
}

/// The head of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    pub id: ObjectId,
    /// `apps/v1`; empty for what has no version.
    pub api_version: Stated<String>,
    /// Where its name stands.
    pub origin: Origin,
    /// The namespace is written in the object and not a default.
    pub namespace_stated: bool,
    pub labels: Labels,
    pub annotations: Labels,
}

impl Object {
    /// Returns the group of its version: `apps`, or nothing for the core.
    pub fn group(&self) -> &str {
        self.api_version.value.split_once('/').map_or("", |(group, _)| group)
    }
}

/// Selects objects by their labels; an empty one selects all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selector {
    pub origin: Origin,
    pub labels: Labels,
    pub expressions: Vec<Expression>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    pub key: Stated<String>,
    pub operator: Operator,
    pub values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Selector {
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    /// Source: Kubernetes API, `LabelSelector`: every requirement must hold.
    pub fn selects(&self, labels: &Labels) -> bool {
        self.labels.iter().all(|(key, wanted)| labels.get(key).is_some_and(|stated| **stated == **wanted))
            && self.expressions.iter().all(|expression| expression.holds(labels))
    }
}

impl Expression {
    /// A missing label is not in any list of values.
    pub fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key.value).map(|stated| &stated.value);
        let is_listed = value.is_some_and(|value| self.values.contains(value));
        match self.operator {
            Operator::In => is_listed,
            Operator::NotIn => !is_listed,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}
