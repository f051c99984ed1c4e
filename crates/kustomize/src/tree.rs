//! Small changes to trees.

use sehat_yaml::{Key, Node, Value};

/// Sets an entry of a map, at the end where it is new. What is no map is left alone.
pub(crate) fn set(node: &mut Node, key: &str, value: Node) {
    if let Some(found) = node.get_mut(key) {
        *found = value;
    } else if let Value::Map(entries) = &mut node.value {
        entries.push((Key { text: key.to_owned(), origin: value.origin.clone() }, value));
    }
}

/// Sets a value at a path of maps, which are made where they are missing.
pub(crate) fn set_at(node: &mut Node, path: &[&str], value: Node) {
    let Some((last, above)) = path.split_last() else { return };
    let mut here = node;
    for key in above {
        if here.get(key).is_none_or(Node::is_null) {
            let map = Node { origin: value.origin.clone(), value: Value::Map(Vec::new()) };
            set(here, key, map);
        }
        let Some(next) = here.get_mut(key) else { return };
        here = next;
    }
    set(here, last, value);
}

pub(crate) fn remove(node: &mut Node, key: &str) -> Option<Node> {
    let Value::Map(entries) = &mut node.value else { return None };
    let at = entries.iter().position(|(known, _)| known.text == key)?;
    Some(entries.remove(at).1)
}

/// Returns the text entries of a map, a null as nothing.
pub(crate) fn texts(node: Option<&Node>) -> Vec<(String, Node)> {
    let entries = node.map(Node::entries).unwrap_or_default();
    entries.iter().map(|(key, value)| (key.text.clone(), value.clone())).collect()
}

pub(crate) fn empty_map(origin: &sehat_diagnostic::Origin) -> Node {
    Node { origin: origin.clone(), value: Value::Map(Vec::new()) }
}

/// Calls `change` on every scalar.
pub(crate) fn each_scalar(node: &mut Node, change: &mut impl FnMut(&mut sehat_yaml::Scalar)) {
    match &mut node.value {
        Value::Scalar(scalar) => change(scalar),
        Value::List(items) => items.iter_mut().for_each(|item| each_scalar(item, change)),
        Value::Map(entries) => entries.iter_mut().for_each(|(_, value)| each_scalar(value, change)),
    }
}
