//! Goes through an object and the schema of its kind side by side.

use std::fmt::Write;

use sehat_catalog::{ServedKind, Shape, Type, metadata};
use sehat_platform::inventory::Object;
use sehat_platform::inventory::format::Fault;
use sehat_yaml::{Key, Node, Value};

use super::{field, scalar};

pub struct Walk<'a> {
    pub object: &'a Object,
    pub schema: ServedKind,
    pub path: Vec<Step<'a>>,
    /// The shapes on the way down, to tell where a field belongs.
    pub above: Vec<&'static Shape>,
    pub found: &'a mut Vec<Fault>,
    pub missing: Vec<Fault>,
}

#[derive(Clone, Copy)]
pub enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

impl<'a> Walk<'a> {
    pub fn new(object: &'a Object, schema: ServedKind, found: &'a mut Vec<Fault>) -> Self {
        Self { object, schema, path: Vec::new(), above: Vec::new(), found, missing: Vec::new() }
    }

    /// Version and kind stand at the top of every object.
    pub fn object(&mut self, node: &'a Node, shape: &'static Shape) {
        let body =
            node.entries().iter().filter(|(key, _)| !matches!(key.text.as_str(), "apiVersion" | "kind"));
        self.entries(body, shape);
        self.required(node, shape);
    }

    fn fields(&mut self, node: &'a Node, shape: &'static Shape) {
        self.entries(node.entries().iter(), shape);
        self.required(node, shape);
    }

    fn entries(&mut self, entries: impl Iterator<Item = &'a (Key, Node)>, shape: &'static Shape) {
        self.above.push(shape);
        for (key, value) in entries {
            match shape.field(&key.text) {
                Some(field) => self.below(Step::Key(&key.text), key, value, &field.value),
                None if shape.is_open => {}
                None => field::unknown(self, key, shape),
            }
        }
        self.above.pop();
    }

    fn below(&mut self, step: Step<'a>, key: &'a Key, value: &'a Node, wanted: &'static Type) {
        self.path.push(step);
        self.value(value, wanted);
        field::deprecated(self, key);
        self.path.pop();
    }

    fn required(&mut self, node: &'a Node, shape: &'static Shape) {
        for wanted in shape.fields.iter().filter(|wanted| wanted.required) {
            if node.get(wanted.name).is_none_or(Node::is_null) {
                field::missing(self, node, wanted);
            }
        }
    }

    fn value(&mut self, node: &'a Node, wanted: &'static Type) {
        if node.is_null() {
            return;
        }
        match (wanted, &node.value) {
            (Type::Any, _) => {}
            (Type::List(inner), Value::List(items)) => self.items(items, inner),
            (Type::Map(inner), Value::Map(entries)) => self.map(entries, inner),
            (Type::Fields(reference), Value::Map(_)) => {
                reference.shape().into_iter().for_each(|shape| self.fields(node, shape));
            }
            (Type::Metadata, Value::Map(_)) => {
                metadata().into_iter().for_each(|shape| self.fields(node, shape));
            }
            (Type::List(_) | Type::Map(_) | Type::Fields(_) | Type::Metadata, _) => self.wrong(node, wanted),
            (_, Value::Scalar(text)) => scalar::check(self, node, text, wanted),
            _ => self.wrong(node, wanted),
        }
    }

    fn items(&mut self, items: &'a [Node], inner: &'static Type) {
        if matches!(inner, Type::Any) {
            return;
        }
        for (at, item) in items.iter().enumerate() {
            self.path.push(Step::Item(at));
            self.value(item, inner);
            self.path.pop();
        }
    }

    fn map(&mut self, entries: &'a [(Key, Node)], inner: &'static Type) {
        let is_labels = matches!(self.path.last(), Some(Step::Key("labels" | "matchLabels")));
        for (key, value) in entries {
            self.path.push(Step::Key(&key.text));
            self.value(value, inner);
            if is_labels {
                scalar::label(self, value);
            }
            self.path.pop();
        }
    }

    fn wrong(&mut self, node: &Node, wanted: &Type) {
        if node.scalar().is_some_and(|scalar| scalar::is_placeholder(&scalar.text)) {
            return;
        }
        field::wrong_form(self, node, wanted);
    }

    /// `spec.template.spec.containers[0].image`
    pub fn place(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) if text.is_empty() => text.push_str(key),
                Step::Key(key) => text.extend([".", key]),
                Step::Item(at) => {
                    let _ = write!(text, "[{at}]");
                }
            }
        }
        text
    }

    /// ``Cluster of `postgresql.cnpg.io/v1` ``
    pub fn kind(&self) -> String {
        format!("{} of `{}`", self.object.id.kind, self.schema.api_version)
    }

    pub fn subject(&self) -> String {
        super::subject(self.object)
    }
}
