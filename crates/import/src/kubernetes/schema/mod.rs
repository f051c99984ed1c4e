//! What the API server would refuse or drop: kinds, versions, fields and values that no schema has.

mod field;
mod head;
mod hint;
mod scalar;
mod settle;
mod version;
mod walk;

pub use settle::settle;

use sehat_catalog::{KindStatus, ServedKind, kind_status};
use sehat_platform::inventory::Object;
use sehat_platform::inventory::format::Fault;
use sehat_yaml::Node;

use crate::Context;

/// Holds one object against the schema of its kind.
pub fn check(node: &Node, object: &Object, cx: &mut Context) {
    let found = &mut cx.inventory.format;
    let status = kind_status(&object.api_version, &object.id.kind);
    let schema = match status {
        KindStatus::Served(served) => Some(served),
        KindStatus::Elsewhere(now) | KindStatus::Misspelt { now, .. } => Some(now),
        // Another version may have had other fields.
        KindStatus::Gone { .. } | KindStatus::Foreign => None,
    };
    if !matches!(status, KindStatus::Served(_)) {
        found.extend(version::fault(node, object, status));
    }
    head::check(node, object, found);
    if let Some(schema) = schema {
        let mut missing = fields(node, object, schema, found);
        if is_document(object) && schema.source().starts_with("Kubernetes ") {
            missing.clear();
        }
        cx.missing.extend(missing.into_iter().map(|fault| (object.id.clone(), fault)));
    }
}

/// A document shows parts of well-known objects.
fn is_document(object: &Object) -> bool {
    let path = &object.origin.path;
    [".md", ".markdown", ".txt"].iter().any(|end| path.ends_with(end))
}

/// Returns the group that has the kind, where the one that is written has not.
pub fn group_meant(object: &Object) -> Option<&'static str> {
    let KindStatus::Elsewhere(now) = kind_status(&object.api_version, &object.id.kind) else { return None };
    Some(now.api_version.split_once('/').map_or("", |(group, _)| group))
}

/// `Deployment clinic/patients`; a file for what has no name.
fn subject(object: &Object) -> String {
    if object.id.name.is_empty() {
        return format!("{} in {}", object.id.kind, object.origin.path);
    }
    object.id.to_string()
}

/// Returns what is missing apart: a patch may leave out what its base has.
fn fields(node: &Node, object: &Object, schema: ServedKind, found: &mut Vec<Fault>) -> Vec<Fault> {
    let Some(shape) = schema.fields() else { return Vec::new() };
    let mut walk = walk::Walk::new(object, schema, found);
    walk.object(node, shape);
    walk.missing
}
