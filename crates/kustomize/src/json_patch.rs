//! JSON patches (RFC 6902), with what the library that kustomize uses makes of doubtful ones.

use sehat_yaml::{Node, Plain, Value};

use crate::fault::{Fault, fault};
use crate::tree;

/// Applies all operations of a patch, a list.
pub(crate) fn apply(object: &mut Node, patch: &Node) -> Result<(), Fault> {
    patch.items().iter().try_for_each(|operation| perform(object, operation))
}

fn perform(object: &mut Node, operation: &Node) -> Result<(), Fault> {
    let word = |key| operation.get(key).and_then(Node::as_text);
    let (Some(name), Some(path)) = (word("op"), word("path")) else {
        return Err(refuse(operation, "an operation needs `op` and `path`"));
    };
    let path = pointer(path).ok_or_else(|| refuse(operation, "a path starts with `/`"))?;
    let from = word("from").and_then(pointer);
    let missing = || refuse(operation, "the object has nothing at this path");
    match name {
        "add" => add(object, &path, value(operation)).ok_or_else(missing),
        "remove" => take(object, &path).map(|_| ()).ok_or_else(missing),
        "replace" => replace(object, &path, value(operation)).ok_or_else(missing),
        "move" => {
            let node = take(object, &from.ok_or_else(missing)?).ok_or_else(missing)?;
            add(object, &path, node).ok_or_else(missing)
        }
        "copy" => {
            let node = find(object, &from.ok_or_else(missing)?).cloned().ok_or_else(missing)?;
            add(object, &path, node).ok_or_else(missing)
        }
        "test" => {
            let found = find(object, &path).map_or_else(|| "null".to_owned(), meaning);
            if found == meaning(&value(operation)) {
                Ok(())
            } else {
                Err(refuse(operation, "the test fails"))
            }
        }
        _ => Err(refuse(operation, &format!("there is no operation `{name}`"))),
    }
}

fn refuse(operation: &Node, reason: &str) -> Fault {
    let origin = operation.get("path").map_or(&operation.origin, |path| &path.origin);
    let message = format!("the JSON patch cannot be applied: {reason}");
    fault("kustomize-patch", message, origin, "compare the path with the object")
}

fn value(operation: &Node) -> Node {
    operation.get("value").cloned().unwrap_or_else(|| Node::text("null", operation.origin.clone()))
}

fn pointer(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix('/')?;
    Some(path.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect())
}

fn find<'a>(object: &'a Node, path: &[String]) -> Option<&'a Node> {
    path.iter().try_fold(object, |node, part| match &node.value {
        Value::List(items) => items.get(index(part, items.len())?),
        _ => node.get(part),
    })
}

fn parent<'a, 'p>(object: &'a mut Node, path: &'p [String]) -> Option<(&'a mut Node, &'p str)> {
    let (last, above) = path.split_last()?;
    let mut node = object;
    for part in above {
        node = child(node, part)?;
    }
    Some((node, last))
}

fn child<'a>(node: &'a mut Node, part: &str) -> Option<&'a mut Node> {
    if node.is_map() {
        return node.get_mut(part);
    }
    match &mut node.value {
        Value::List(items) => {
            let at = index(part, items.len())?;
            items.get_mut(at)
        }
        _ => None,
    }
}

/// A negative index counts from the end.
fn index(part: &str, length: usize) -> Option<usize> {
    let at: i64 = part.parse().ok()?;
    let length = i64::try_from(length).ok()?;
    let at = if at < 0 { at + length } else { at };
    (0..length).contains(&at).then(|| usize::try_from(at).ok()).flatten()
}

fn add(object: &mut Node, path: &[String], node: Node) -> Option<()> {
    let (parent, last) = parent(object, path)?;
    match &mut parent.value {
        Value::Map(_) => tree::set(parent, last, node),
        Value::List(items) if last == "-" => items.push(node),
        Value::List(items) => {
            let at = index(last, items.len() + 1)?;
            items.insert(at, node);
        }
        Value::Scalar(_) => return None,
    }
    Some(())
}

fn replace(object: &mut Node, path: &[String], node: Node) -> Option<()> {
    let (parent, last) = parent(object, path)?;
    match &mut parent.value {
        Value::Map(_) => tree::set(parent, last, node),
        Value::List(items) => {
            let at = index(last, items.len())?;
            items[at] = node;
        }
        Value::Scalar(_) => return None,
    }
    Some(())
}

fn take(object: &mut Node, path: &[String]) -> Option<Node> {
    let (parent, last) = parent(object, path)?;
    match &mut parent.value {
        Value::Map(_) => tree::remove(parent, last),
        Value::List(items) => {
            let at = index(last, items.len())?;
            Some(items.remove(at))
        }
        Value::Scalar(_) => None,
    }
}

/// What a value means as JSON, the order of keys aside.
fn meaning(node: &Node) -> String {
    match &node.value {
        Value::Scalar(scalar) => match scalar.plain() {
            Plain::Null => "null".to_owned(),
            Plain::Int(number) => number.to_string(),
            Plain::Float(number) => number.to_string(),
            Plain::Bool(truth) => truth.to_string(),
            Plain::Text(text) => format!("{text:?}"),
        },
        Value::List(items) => format!("[{}]", items.iter().map(meaning).collect::<Vec<_>>().join(",")),
        Value::Map(entries) => {
            let mut entries: Vec<String> =
                entries.iter().map(|(key, node)| format!("{:?}:{}", key.text, meaning(node))).collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
    }
}
