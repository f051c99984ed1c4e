//! Values of fields with their places.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::{Expression, Labels, Operator, Selector, Stated};
use sehat_yaml::Node;

pub fn text(node: &Node, path: &[&str]) -> Option<Stated<String>> {
    let found = node.at(path)?;
    Some(Stated::new(found.as_text()?.to_owned(), found.origin.clone()))
}

/// Returns the text, or nothing where the field is not there.
pub fn word(node: &Node, path: &[&str]) -> String {
    node.at(path).and_then(Node::as_text).unwrap_or_default().to_owned()
}

pub fn flag(node: &Node, path: &[&str]) -> Option<Stated<bool>> {
    let found = node.at(path)?;
    Some(Stated::new(found.as_bool()?, found.origin.clone()))
}

pub fn is_true(node: &Node, path: &[&str]) -> bool {
    node.at(path).and_then(Node::as_bool).unwrap_or(false)
}

/// Returns a whole number in the range of its type.
pub fn int<T: TryFrom<i64>>(node: &Node, path: &[&str]) -> Option<Stated<T>> {
    let found = node.at(path)?;
    Some(Stated::new(T::try_from(found.as_int()?).ok()?, found.origin.clone()))
}

pub fn items<'n>(node: &'n Node, path: &[&str]) -> &'n [Node] {
    node.at(path).map_or(&[], Node::items)
}

pub fn texts(node: &Node, path: &[&str]) -> Vec<Stated<String>> {
    items(node, path)
        .iter()
        .filter_map(|item| Some(Stated::new(item.as_text()?.to_owned(), item.origin.clone())))
        .collect()
}

pub fn words(node: &Node, path: &[&str]) -> Vec<String> {
    items(node, path).iter().filter_map(|item| Some(item.as_text()?.to_owned())).collect()
}

pub fn origin(node: &Node, path: &[&str]) -> Option<Origin> {
    node.at(path).map(|found| found.origin.clone())
}

/// Labels, annotations, parameters: a map of text to text.
pub fn labels(node: &Node, path: &[&str]) -> Labels {
    let entries = node.at(path).map_or(&[][..], Node::entries);
    entries
        .iter()
        .map(|(key, value)| {
            let text = value.as_text().unwrap_or_default().to_owned();
            (key.text.clone(), Stated::new(text, value.origin.clone()))
        })
        .collect()
}

/// Returns a selector of labels and expressions, or nothing where the field is not there. An empty one is a selector.
pub fn selector(node: &Node, path: &[&str]) -> Option<Selector> {
    let found = path.iter().try_fold(node, |node, key| node.get(key))?;
    if found.is_null() {
        return None;
    }
    Some(selector_of(found))
}

pub fn selector_of(node: &Node) -> Selector {
    Selector {
        origin: node.origin.clone(),
        labels: labels(node, &["matchLabels"]),
        expressions: items(node, &["matchExpressions"]).iter().filter_map(expression).collect(),
    }
}

/// A Service or a ReplicationController selects by labels alone.
pub fn plain_selector(node: &Node, path: &[&str]) -> Option<Selector> {
    let found = node.at(path).filter(|found| !found.entries().is_empty())?;
    Some(Selector { origin: found.origin.clone(), labels: labels(found, &[]), expressions: Vec::new() })
}

pub fn expression(node: &Node) -> Option<Expression> {
    let operator = match node.get("operator")?.as_text()? {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        _ => return None,
    };
    Some(Expression { key: text(node, &["key"])?, operator, values: words(node, &["values"]) })
}
