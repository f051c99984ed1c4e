//! Values of resources.

use sehat_platform::Cidr;
use sehat_platform::inventory::{Labels, Stated};
use sehat_yaml::Node;

pub use crate::kubernetes::get::{flag, int, items, text, texts, word};

/// The first of a block: providers write single blocks as lists of one.
pub fn block<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    let found = node.at(path)?;
    if found.is_map() { Some(found) } else { found.items().first() }
}

/// A field of a block that is written as a list of one.
pub fn inner<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    let (last, way) = path.split_last()?;
    let inside = way.iter().try_fold(node, |node, key| block(node, &[key]))?;
    inside.at(&[last])
}

pub fn inner_text(node: &Node, path: &[&str]) -> Option<Stated<String>> {
    let found = inner(node, path)?;
    Some(Stated::new(found.as_text()?.to_owned(), found.origin.clone()))
}

/// Text that is not empty.
pub fn said(node: &Node, path: &[&str]) -> Option<Stated<String>> {
    text(node, path).filter(|stated| !stated.value.is_empty())
}

pub fn inner_int<T: TryFrom<i64>>(node: &Node, path: &[&str]) -> Option<Stated<T>> {
    let found = inner(node, path)?;
    Some(Stated::new(T::try_from(found.as_int()?).ok()?, found.origin.clone()))
}

pub fn cidr(node: &Node, path: &[&str]) -> Option<Stated<Cidr>> {
    let stated = said(node, path)?;
    Some(Stated::new(stated.value.parse().ok()?, stated.origin))
}

pub fn cidrs(node: &Node, path: &[&str]) -> Vec<Cidr> {
    texts(node, path).iter().filter_map(|stated| stated.value.parse().ok()).collect()
}

pub fn labels(node: &Node, path: &[&str]) -> Labels {
    crate::kubernetes::get::labels(node, path)
}

/// Blocks of a kind, however many.
pub fn blocks<'n>(node: &'n Node, key: &str) -> Vec<&'n Node> {
    match node.at(&[key]) {
        Some(found) if found.is_map() => vec![found],
        Some(found) => found.items().iter().filter(|item| item.is_map()).collect(),
        None => Vec::new(),
    }
}
