//! Paths of replacements: keys, `[name=web]`, numbers and `*`, with what is made where nothing is.

use regex::Regex;
use sehat_yaml::{Node, Value};

use crate::fault::{Fault, fault};
use crate::tree;

/// Returns the value at a path; a list is entered by number or by `[key=value]`.
pub(super) fn lookup<'a>(node: &'a Node, parts: &[String]) -> Option<&'a Node> {
    parts.iter().filter(|part| !part.trim().is_empty()).try_fold(node, |node, part| {
        if let (Ok(index), Value::List(items)) = (part.parse::<usize>(), &node.value) {
            return items.get(index);
        }
        match (condition(part), &node.value) {
            (Some((key, value)), Value::List(items)) => items.iter().find(|item| {
                let found = if key.is_empty() { Some(*item) } else { item.get(key) };
                found.and_then(Node::scalar).is_some_and(|scalar| scalar.text == value)
            }),
            (None, Value::List(items)) if part == "-" => items.last(),
            _ => node.get(part),
        }
    })
}

/// `[key=value]`
fn condition(part: &str) -> Option<(&str, &str)> {
    part.strip_prefix('[')?.strip_suffix(']')?.split_once('=')
}

type Change<'a> = &'a mut dyn FnMut(&mut Node) -> Result<(), Fault>;

/// Calls `change` on every value at the path. Where `create` gives a value, what is missing is made in its form.
pub(super) fn visit(
    node: &mut Node,
    parts: &[String],
    create: Option<&Node>,
    path: &Node,
    change: Change<'_>,
) -> Result<(), Fault> {
    let Some((part, rest)) = parts.split_first() else { return change(node) };
    if let Ok(index) = part.parse::<usize>() {
        return at_index(node, index, rest, create, path, change);
    }
    if let Some((key, value)) = condition(part) {
        return matching(node, (key, value), rest, create, path, change);
    }
    match &mut node.value {
        Value::List(items) if part == "*" => {
            items.iter_mut().try_for_each(|item| visit(item, rest, create, path, change))
        }
        Value::Map(_) if part != "*" => {
            if let (Some(value), None) = (create, node.get(part)) {
                let made = make(rest.first(), value);
                tree::set(node, part, made);
            }
            match node.get_mut(part) {
                Some(next) => visit(next, rest, create, path, change),
                None => Ok(()),
            }
        }
        Value::Scalar(scalar) if scalar.is_null() && part != "*" => Ok(()),
        _ => Err(refuse(&format!("the path does not fit the object at `{part}`"), path)),
    }
}

fn refuse(message: &str, path: &Node) -> Fault {
    fault("kustomize-replacement", message, &path.origin, "compare the path with the object")
}

/// The empty form of what comes next: a list before a number or a condition, at the end that of the value.
fn make(next: Option<&String>, value: &Node) -> Node {
    let form = match next {
        Some(part) if part.parse::<usize>().is_ok() || condition(part).is_some() => Value::List(Vec::new()),
        Some(_) => Value::Map(Vec::new()),
        None => match &value.value {
            Value::Scalar(_) => Node::text("", value.origin.clone()).value,
            Value::List(_) => Value::List(Vec::new()),
            Value::Map(_) => Value::Map(Vec::new()),
        },
    };
    Node { origin: value.origin.clone(), value: form }
}

fn at_index(
    node: &mut Node,
    index: usize,
    rest: &[String],
    create: Option<&Node>,
    path: &Node,
    change: Change<'_>,
) -> Result<(), Fault> {
    let Value::List(items) = &mut node.value else {
        return Err(refuse(&format!("there is no list for the number {index}"), path));
    };
    if let (Some(value), true) = (create, items.len() == index) {
        items.push(make(rest.first(), value));
    }
    let count = items.len();
    match items.get_mut(index) {
        Some(item) => visit(item, rest, create, path, change),
        None => Err(refuse(&format!("the list has {count} items, and the path names number {index}"), path)),
    }
}

fn matching(
    node: &mut Node,
    (key, wanted): (&str, &str),
    rest: &[String],
    create: Option<&Node>,
    path: &Node,
    change: Change<'_>,
) -> Result<(), Fault> {
    let pattern =
        Regex::new(wanted).map_err(|_| refuse(&format!("`{wanted}` is no regular expression"), path))?;
    let Value::List(items) = &mut node.value else {
        return Err(refuse(&format!("there is no list for `[{key}={wanted}]`"), path));
    };
    let fits = |item: &Node| {
        let found = if key.is_empty() { Some(item) } else { item.get(key) };
        found.and_then(Node::scalar).is_some_and(|scalar| pattern.is_match(scalar.text.trim()))
    };
    if let (Some(value), false) = (create, items.iter().any(fits)) {
        let origin = &value.origin;
        let mut item = Node::text(wanted, origin.clone());
        if !key.is_empty() {
            item = tree::empty_map(origin);
            tree::set(&mut item, key, Node::text(wanted, origin.clone()));
        }
        items.push(item);
    }
    let parts = if key.is_empty() { &[] } else { rest };
    items.iter_mut().filter(|item| fits(item)).try_for_each(|item| visit(item, parts, create, path, change))
}
