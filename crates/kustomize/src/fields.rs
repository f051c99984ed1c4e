//! Paths to fields of some kinds, and walking along them.

use sehat_diagnostic::Origin;
use sehat_yaml::{Node, Value};

use crate::fault::{Fault, fault};
use crate::object::Gvk;
use crate::tree;

/// A field of the kinds that it names. Lists on the way mean all of their items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub gvk: Gvk,
    pub path: String,
    pub create: bool,
    parts: Vec<String>,
}

/// What is made at the end of a path where nothing is, if the field says so.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Create {
    Never,
    Text,
    Map,
}

impl Field {
    pub fn new(gvk: Gvk, path: &str, create: bool) -> Self {
        Self { gvk, path: path.to_owned(), create, parts: split(path, '/') }
    }

    /// Calls `change` on each value at the path, if the object is one of the field's kinds.
    pub fn visit(
        &self,
        object: &mut Node,
        create: Create,
        origin: &Origin,
        change: &mut dyn FnMut(&mut Node) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let create = if self.create { create } else { Create::Never };
        Walk { field: self, create, origin, change }.at(object, &self.parts)
    }
}

struct Walk<'a> {
    field: &'a Field,
    create: Create,
    origin: &'a Origin,
    change: &'a mut dyn FnMut(&mut Node) -> Result<(), Fault>,
}

impl Walk<'_> {
    fn at(&mut self, node: &mut Node, parts: &[String]) -> Result<(), Fault> {
        let Some((part, rest)) = parts.split_first() else { return (self.change)(node) };
        match &mut node.value {
            Value::List(items) => items.iter_mut().try_for_each(|item| self.at(item, parts)),
            Value::Map(_) => self.entry(node, part, rest),
            Value::Scalar(scalar) if scalar.is_null() => Ok(()),
            Value::Scalar(_) => Err(self.not_a_map(node)),
        }
    }

    fn entry(&mut self, map: &mut Node, part: &str, rest: &[String]) -> Result<(), Fault> {
        let (name, is_list) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
        let wanted = match (self.create, is_list, rest.is_empty()) {
            (_, true, _) => Some(Value::List(Vec::new())),
            (Create::Never, ..) => None,
            (Create::Text, false, true) => Some(Node::quoted("", Origin::default()).value),
            (Create::Map, false, true) | (_, false, false) => Some(Value::Map(Vec::new())),
        };
        if map.get(name).is_none() && !is_list {
            let Some(value) = wanted.clone() else { return Ok(()) };
            tree::set(map, name, Node { origin: self.origin.clone(), value });
        }
        let Some(next) = map.get_mut(name) else { return Ok(()) };
        if let (true, Some(value)) = (next.is_null(), wanted) {
            next.value = value;
        }
        self.at(next, rest)
    }

    fn not_a_map(&self, node: &Node) -> Fault {
        let message = format!("`{}` leads through a value that is no map and no list", self.field.path);
        fault("kustomize-path", message, &node.origin, "write a map here, or take the transformation away")
    }
}

/// Adds a field unless it is there. Two that differ in `create` are a mistake.
pub(crate) fn merge_one(fields: &mut Vec<Field>, more: &Field) -> Result<(), String> {
    let known = fields.iter().find(|known| known.gvk.is_selected_by(&more.gvk) && known.path == more.path);
    match known {
        Some(known) if known.create != more.create => Err(more.path.clone()),
        Some(_) => Ok(()),
        None => {
            fields.push(more.clone());
            Ok(())
        }
    }
}

pub(crate) fn merge_all(fields: &mut Vec<Field>, more: &[Field]) -> Result<(), String> {
    more.iter().try_for_each(|field| merge_one(fields, field))
}

/// Splits a path at a sign, which a backslash before it takes as it is.
pub(crate) fn split(path: &str, sign: char) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut open = false;
    let path = if path.len() > 1 { path.strip_prefix(sign).unwrap_or(path) } else { path };
    for part in path.split(sign) {
        match parts.last_mut().filter(|_| open) {
            Some(last) => {
                last.pop();
                last.push(sign);
                last.push_str(part);
            }
            None => parts.push(part.to_owned()),
        }
        open = part.ends_with('\\');
    }
    parts
}

/// Splits a path at dots, but not in `[name=a.b]`; brackets around one key are taken away.
pub(crate) fn split_dots(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut pieces = split(path, '.').into_iter();
    while let Some(piece) = pieces.next() {
        if !piece.starts_with('[') || piece.ends_with(']') {
            parts.push(piece);
            continue;
        }
        let mut whole = piece;
        while !whole.ends_with(']') {
            let Some(more) = pieces.next() else { break };
            whole.push('.');
            whole.push_str(&more);
        }
        let key = !whole.contains('=');
        parts.push(if key { whole.trim_matches(['[', ']']).to_owned() } else { whole });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_paths() {
        assert_eq!(split(r"metadata/annotations/a.io\/b", '/'), ["metadata", "annotations", "a.io/b"]);
        assert_eq!(split_dots("a.[name=x.y].b.[c.d].e"), ["a", "[name=x.y]", "b", "c.d", "e"]);
    }
}
