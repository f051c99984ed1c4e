//! Objects of Kubernetes and of the operators that extend it. Each family reads its kinds into its part of the inventory.

mod config;
mod edge;
pub(crate) mod get;
mod head;
mod identity;
mod limits;
mod mesh;
mod network;
#[expect(clippy::needless_pass_by_value, reason = "every reader of a kind has the same arguments")]
mod operated;
mod owners;
mod pod;
mod quantity;
mod schema;
mod storage;
#[expect(clippy::needless_pass_by_value, reason = "every reader of a kind has the same arguments")]
mod watch;
mod workload;

pub use limits::overlay;
pub use schema::settle;

use sehat_platform::inventory::{Inventory, Object};
use sehat_yaml::Node;

use crate::Context;

/// A kind and what reads it.
pub struct Kind {
    /// The API group without its version; empty for the core.
    pub group: &'static str,
    #[expect(clippy::struct_field_names, reason = "the field's own word")]
    pub kind: &'static str,
    pub read: fn(&Node, Object, &mut Inventory),
}

const FAMILIES: [&[Kind]; 9] = [
    watch::KINDS,
    workload::KINDS,
    network::KINDS,
    edge::KINDS,
    config::KINDS,
    storage::KINDS,
    limits::KINDS,
    identity::KINDS,
    mesh::KINDS,
];

/// Returns whether a document is an object of Kubernetes.
pub fn is_object(node: &Node) -> bool {
    let text = |key: &str| node.get(key).and_then(Node::as_text);
    text("apiVersion").is_some() && text("kind").is_some()
}

pub fn read_objects(nodes: &[Node], cx: &mut Context) {
    for node in nodes {
        read_object(node, cx);
    }
}

/// Reads one object; the items of a list one by one.
pub fn read_object(node: &Node, cx: &mut Context) {
    let kind = node.get("kind").and_then(Node::as_text).unwrap_or_default();
    if kind.ends_with("List")
        && let Some(items) = node.get("items")
    {
        return items.items().iter().filter(|item| is_object(item)).for_each(|item| read_object(item, cx));
    }
    let object = head::object(node);
    cx.inventory.objects.push(object.clone());
    schema::check(node, &object, cx);
    let reader = reader(object.group(), &object).or_else(|| reader(schema::group_meant(&object)?, &object));
    match reader {
        Some(known) => (known.read)(node, object, &mut cx.inventory),
        None => cx.inventory.skip(kind_name(&object), &object.origin),
    }
}

fn reader(group: &str, object: &Object) -> Option<&'static Kind> {
    let mut known = FAMILIES.iter().chain(&operated::FAMILIES).flat_map(|family| family.iter());
    known.find(|known| known.kind == object.id.kind && known.group == group)
}

fn kind_name(object: &Object) -> String {
    match object.group() {
        "" => object.id.kind.clone(),
        group => format!("{}.{group}", object.id.kind),
    }
}

/// Joins what several objects say together.
pub fn finish(inventory: &mut Inventory) {
    owners::fold(inventory);
    network::declare_namespaces(inventory);
    operated::from_ingresses(inventory);
}
