//! `Route` of `OpenShift`.

use sehat_platform::inventory::edge::{Backend, Route, RouteTls};
use sehat_platform::inventory::{Inventory, Object, ObjectId};
use sehat_yaml::Node;

use crate::kubernetes::get::{int, items, text, word};
use crate::kubernetes::pod::port_ref;

pub fn route(node: &Node, object: Object, inventory: &mut Inventory) {
    let spec = node.get("spec").unwrap_or(node);
    let targets = spec.at(&["to"]).into_iter().chain(items(spec, &["alternateBackends"]));
    let backends = targets.filter_map(|target| backend(target, spec, &object.id.namespace)).collect();
    let tls = spec.at(&["tls"]).map(|tls| RouteTls {
        origin: tls.origin.clone(),
        hosts: text(spec, &["host"]).into_iter().collect(),
        secret: None,
    });
    let tls = tls.into_iter().collect();
    inventory.edge.routes.push(Route { class: None, parents: Vec::new(), tls, backends, object });
}

fn backend(node: &Node, spec: &Node, namespace: &str) -> Option<Backend> {
    let kind = word(node, &["kind"]);
    let kind = if kind.is_empty() { "Service".to_owned() } else { kind };
    Some(Backend {
        origin: node.origin.clone(),
        host: text(spec, &["host"]),
        path: text(spec, &["path"]),
        target: text(node, &["name"])?.map(|name| ObjectId::new(kind, namespace, name)),
        port: spec.at(&["port", "targetPort"]).and_then(port_ref),
        weight: int(node, &["weight"]),
    })
}
