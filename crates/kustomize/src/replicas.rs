//! Numbers of replicas by name.

use sehat_yaml::Node;

use crate::accumulate::Accumulator;
use crate::fault::{Fault, fault};
use crate::fields::{Create, Field};
use crate::kustomization::Kustomization;

pub(crate) fn run(kustomization: &Kustomization, gathered: &mut Accumulator) -> Result<(), Fault> {
    let config = gathered.config.clone();
    kustomization.items("replicas").iter().try_for_each(|entry| apply(gathered, &config.replicas, entry))
}

pub(crate) fn apply(gathered: &mut Accumulator, fields: &[Field], entry: &Node) -> Result<(), Fault> {
    let name = entry.get("name").and_then(Node::as_text).unwrap_or_default();
    let origin = entry.get("count").map_or(&entry.origin, |count| &count.origin);
    let count = entry.get("count").and_then(Node::as_int).unwrap_or(0);
    let mut found = false;
    for at in gathered.named(name) {
        let object = &mut gathered.objects[at];
        for field in fields {
            let fits = object.ids().any(|id| id.name == name && id.gvk.is_selected_by(&field.gvk));
            if fits {
                found = true;
                field.visit(&mut object.node, Create::Text, origin, &mut |node| {
                    *node = Node::text(count.to_string(), origin.clone());
                    Ok(())
                })?;
            }
        }
    }
    if found {
        return Ok(());
    }
    let message = format!("no object with the name `{name}` has replicas");
    Err(fault("kustomize-replicas", message, &entry.origin, "compare it with the names of the resources"))
}
