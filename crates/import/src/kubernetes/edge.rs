//! Ingress and the routes of the Gateway API.

use sehat_platform::inventory::edge::{Backend, Gateway, GatewayListener, Route, RouteTls};
use sehat_platform::inventory::{Inventory, Object, ObjectId, Stated};
use sehat_yaml::Node;

use super::Kind;
use super::get::{int, items, text, texts, word};
use super::pod::port_ref;

pub const KINDS: &[Kind] = &[
    Kind { group: "networking.k8s.io", kind: "Ingress", read: ingress },
    Kind { group: "extensions", kind: "Ingress", read: ingress },
    Kind { group: "gateway.networking.k8s.io", kind: "Gateway", read: gateway },
    Kind { group: "gateway.networking.k8s.io", kind: "HTTPRoute", read: route },
    Kind { group: "gateway.networking.k8s.io", kind: "GRPCRoute", read: route },
    Kind { group: "gateway.networking.k8s.io", kind: "TCPRoute", read: route },
    Kind { group: "gateway.networking.k8s.io", kind: "TLSRoute", read: route },
    Kind { group: "gateway.networking.k8s.io", kind: "UDPRoute", read: route },
];

fn ingress(node: &Node, object: Object, inventory: &mut Inventory) {
    let spec = node.get("spec").unwrap_or(node);
    let class = text(spec, &["ingressClassName"])
        .or_else(|| object.annotations.get("kubernetes.io/ingress.class").cloned());
    let namespace = object.id.namespace.clone();
    let mut backends: Vec<Backend> =
        items(spec, &["rules"]).iter().flat_map(|rule| of_rule(rule, &namespace)).collect();
    let default = spec.at(&["defaultBackend"]).or_else(|| spec.at(&["backend"]));
    backends.extend(default.and_then(|node| backend(node, None, None, &namespace)));
    let tls = items(spec, &["tls"]).iter().map(|tls| RouteTls {
        origin: tls.origin.clone(),
        hosts: texts(tls, &["hosts"]),
        secret: text(tls, &["secretName"]),
    });
    inventory.edge.routes.push(Route { class, parents: Vec::new(), tls: tls.collect(), backends, object });
}

fn of_rule<'n>(rule: &'n Node, namespace: &'n str) -> impl Iterator<Item = Backend> + 'n {
    let host = text(rule, &["host"]);
    items(rule, &["http", "paths"])
        .iter()
        .filter_map(move |path| backend(path.get("backend")?, host.clone(), text(path, &["path"]), namespace))
}

/// Reads both the form of `networking.k8s.io/v1` and the one before it.
fn backend(
    node: &Node,
    host: Option<Stated<String>>,
    path: Option<Stated<String>>,
    namespace: &str,
) -> Option<Backend> {
    let service = text(node, &["service", "name"]).or_else(|| text(node, &["serviceName"]));
    let port = node
        .at(&["service", "port", "number"])
        .or_else(|| node.at(&["service", "port", "name"]))
        .or_else(|| node.at(&["servicePort"]));
    let target = match service {
        Some(name) => name.map(|name| ObjectId::new("Service", namespace, name)),
        None => text(node, &["resource", "name"])?
            .map(|name| ObjectId::new(word(node, &["resource", "kind"]), namespace, name)),
    };
    Some(Backend {
        origin: node.origin.clone(),
        host,
        path,
        target,
        port: port.and_then(port_ref),
        weight: None,
    })
}

fn gateway(node: &Node, object: Object, inventory: &mut Inventory) {
    let spec = node.get("spec").unwrap_or(node);
    let listeners = items(spec, &["listeners"]).iter().map(|listener| GatewayListener {
        origin: listener.origin.clone(),
        name: word(listener, &["name"]),
        port: int(listener, &["port"]).map_or(0, |port| port.value),
        protocol: word(listener, &["protocol"]),
        host: text(listener, &["hostname"]),
        tls_secrets: items(listener, &["tls", "certificateRefs"])
            .iter()
            .filter_map(|reference| text(reference, &["name"]))
            .collect(),
    });
    let class = text(spec, &["gatewayClassName"]);
    inventory.edge.gateways.push(Gateway { class, listeners: listeners.collect(), object });
}

fn route(node: &Node, object: Object, inventory: &mut Inventory) {
    let spec = node.get("spec").unwrap_or(node);
    let namespace = object.id.namespace.clone();
    let named = |reference: &Node, kind: &str| {
        let name = text(reference, &["name"])?;
        let stated = word(reference, &["kind"]);
        let kind = if stated.is_empty() { kind.to_owned() } else { stated };
        let other = word(reference, &["namespace"]);
        let namespace = if other.is_empty() { namespace.clone() } else { other };
        Some(name.map(|name| ObjectId::new(kind, namespace, name)))
    };
    let host = texts(spec, &["hostnames"]).into_iter().next();
    let references = items(spec, &["rules"]).iter().flat_map(|rule| {
        let path = items(rule, &["matches"]).iter().find_map(|one| text(one, &["path", "value"]));
        items(rule, &["backendRefs"]).iter().map(move |reference| (reference, path.clone()))
    });
    let backends = references.filter_map(|(reference, path)| {
        Some(Backend {
            origin: reference.origin.clone(),
            host: host.clone(),
            path,
            target: named(reference, "Service")?,
            port: reference.at(&["port"]).and_then(port_ref),
            weight: int(reference, &["weight"]),
        })
    });
    let backends = backends.collect();
    let parents = items(spec, &["parentRefs"]).iter().filter_map(|one| named(one, "Gateway")).collect();
    inventory.edge.routes.push(Route { class: None, parents, tls: Vec::new(), backends, object });
}
