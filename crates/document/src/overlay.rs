//! Lays an environment over what all environments share, and joins included files.

use sehat_diagnostic::Diagnostic;

use crate::node::{Node, Value};

/// Lays `over` on `base`: maps merge, `null` removes, everything else replaces.
pub fn lay(base: &Node, over: &Node) -> Node {
    let (Value::Map(below), Value::Map(above)) = (&base.value, &over.value) else { return over.clone() };
    let mut entries: Vec<_> = below
        .iter()
        .filter_map(|(key, node)| match over.get(&key.text) {
            Some(change) if change.is_null() => None,
            Some(change) => Some((key.clone(), lay(node, change))),
            None => Some((key.clone(), node.clone())),
        })
        .collect();
    entries.extend(above.iter().filter(|(key, node)| base.get(&key.text).is_none() && !node.is_null()).cloned());
    Node { origin: base.origin.clone(), value: Value::Map(entries) }
}

/// Adds the entries of an included file. An entry may stand in one file only.
pub fn join(base: &mut Node, added: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Value::Map(below) = &mut base.value else { return };
    for (key, node) in added.entries() {
        match below.iter_mut().find(|(known, _)| known.text == key.text) {
            None => below.push((key.clone(), node.clone())),
            Some((_, known)) if matches!((&known.value, &node.value), (Value::Map(_), Value::Map(_))) => {
                join(known, node, diagnostics);
            }
            Some((first, _)) => diagnostics.push(
                Diagnostic::error("duplicate-key", format!("`{}` stands in two files", key.text))
                    .at(&key.origin, "second")
                    .at(&first.origin, "first")
                    .help("keep one of them"),
            ),
        }
    }
}
