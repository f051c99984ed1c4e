//! Lays an environment over what all environments share, and joins included files.

use std::collections::BTreeMap;

use sehat_diagnostic::Diagnostic;

use sehat_yaml::{Key, Node, Value};

/// Lays `over` on `base`: maps merge, `null` removes, everything else replaces.
pub fn lay(base: &Node, over: &Node) -> Node {
    let (Value::Map(below), Value::Map(above)) = (&base.value, &over.value) else { return over.clone() };
    let (known, changes) = (by_key(below), by_key(above));
    let mut entries: Vec<_> = below
        .iter()
        .filter_map(|(key, node)| match changes.get(key.text.as_str()) {
            Some(change) if change.is_null() => None,
            Some(change) => Some((key.clone(), lay(node, change))),
            None => Some((key.clone(), node.clone())),
        })
        .collect();
    entries.extend(
        above.iter().filter(|(key, node)| !known.contains_key(key.text.as_str()) && !node.is_null()).cloned(),
    );
    Node { origin: base.origin.clone(), value: Value::Map(entries) }
}

fn by_key(entries: &[(Key, Node)]) -> BTreeMap<&str, &Node> {
    entries.iter().map(|(key, node)| (key.text.as_str(), node)).collect()
}

/// Adds the entries of an included file. An entry may stand in one file only.
pub fn join(base: &mut Node, added: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Value::Map(below) = &mut base.value else { return };
    let places: BTreeMap<String, usize> =
        below.iter().enumerate().map(|(at, (key, _))| (key.text.clone(), at)).collect();
    for (key, node) in added.entries() {
        match places.get(&key.text).map(|at| &mut below[*at]) {
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
