//! The name of an object, and annotations that only their controller knows.

use std::collections::BTreeSet;

use sehat_catalog as catalog;
use sehat_diagnostic::{Origin, nearest};
use sehat_platform::inventory::Object;
use sehat_platform::inventory::format::{Fault, FaultKind};
use sehat_yaml::Node;

pub fn check(node: &Node, object: &Object, found: &mut Vec<Fault>) {
    let Some(metadata) = node.get("metadata") else { return };
    found.extend(name(metadata, object));
    for (key, _) in metadata.get("annotations").map_or(&[][..], Node::entries) {
        if let Some((prefix, name)) = key.text.split_once('/') {
            found.extend(annotation(prefix, name, &key.origin, object));
        }
    }
}

/// Source: Kubernetes, Object Names and IDs. Names of roles are freer.
fn name(metadata: &Node, object: &Object) -> Option<Fault> {
    let stated = metadata.at(&["name"])?;
    let text = stated.as_text()?;
    let is_inner =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let is_outer =
        |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let good = text.len() <= 253
        && text.bytes().all(is_inner)
        && is_outer(text.bytes().next())
        && is_outer(text.bytes().last());
    if good || is_free(object) || super::scalar::is_placeholder(text) {
        return None;
    }
    let mended: String =
        text.chars().map(|c| if c == '_' || c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect();
    Some(
        Fault::new(FaultKind::Schema, super::subject(object), &stated.origin)
            .says(format!("`{text}` is no name of a {}", object.id.kind))
            .witness("a name has lower-case letters, digits, `-` and `.`, and begins and ends with a letter or digit: the API server refuses it")
            .repair(format!("call it `{mended}`, here and wherever it is named"))
            .grave(),
    )
}

fn is_free(object: &Object) -> bool {
    matches!(object.group(), "rbac.authorization.k8s.io" | "kustomize.config.k8s.io")
        || !catalog_knows(object)
}

fn catalog_knows(object: &Object) -> bool {
    !matches!(catalog::kind_status(&object.api_version, &object.id.kind), catalog::KindStatus::Foreign)
}

fn annotation(prefix: &str, name: &str, origin: &Origin, object: &Object) -> Option<Fault> {
    if prefix != "nginx.ingress.kubernetes.io" {
        return None;
    }
    let known = catalog::annotations("nginx.ingress.kubernetes.io/")?;
    if known.contains(name) || super::scalar::is_placeholder(name) {
        return None;
    }
    let near = meant(name, known);
    let fault =
        Fault::new(FaultKind::Schema, super::subject(object), origin)
            .says(format!("ingress-nginx has no annotation `{prefix}/{name}`"))
            .witness("the controller reads the annotations that its documentation lists and ignores this one: what it asks for does not happen")
            .repair(near.map_or_else(|| "remove it, or write the one that is meant".to_owned(), |near| format!("write `{prefix}/{near}`")))
            .instead(near.map(|near| format!("{prefix}/{near}")));
    Some(if PROTECTS.iter().any(|word| name.contains(word)) { fault.grave() } else { fault })
}

/// What protects, and does not when it is ignored.
const PROTECTS: [&str; 9] =
    ["limit", "auth", "allow", "deny", "whitelist", "ssl", "tls", "modsecurity", "cors"];

/// Names that people write for what another does.
const MEANT: [(&str, &str); 5] = [
    ("rate-limit", "limit-rps"),
    ("rate-limit-rps", "limit-rps"),
    ("rate-limit-rpm", "limit-rpm"),
    ("rate-limit-connections", "limit-connections"),
    ("max-body-size", "proxy-body-size"),
];

fn meant(name: &str, known: &BTreeSet<&'static str>) -> Option<&'static str> {
    let written = MEANT.iter().find(|(wrong, _)| *wrong == name).map(|(_, right)| *right);
    written
        .or_else(|| nearest(name, known.iter().copied()).filter(|near| near.len().abs_diff(name.len()) <= 3))
}
