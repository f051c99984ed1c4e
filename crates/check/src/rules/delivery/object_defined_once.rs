//! Proves that no object is defined twice: of two definitions with one name the one applied last wins, and
//! nobody sees the other.
//!
//! Broken: two documents with the same kind, namespace and name. Where both state how far something
//! scales, the finding says which numbers differ. Namespaces are left alone: each file may declare the one it
//! needs.
//!
//! Source: Kubernetes, *Object Names and IDs*: one object per kind, namespace and name.

use std::collections::{BTreeMap, HashMap};

use sehat_platform::inventory::{Inventory, Object, ObjectId};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "object-defined-once";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "No two definitions have the same kind, namespace and name.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes: Object Names and IDs",
    file: include_str!("object_defined_once.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let mut known: HashMap<(&str, &ObjectId), &Object> =
        HashMap::with_capacity(context.inventory.objects.len());
    // Two files that repeat each other are one cause.
    let mut pairs: BTreeMap<(&str, &str, bool), Vec<(&Object, &Object)>> = BTreeMap::new();
    for object in context.inventory.objects.iter().filter(|object| counts(object)) {
        let key = (object.group(), &object.id);
        if let Some(first) = known.get(&key) {
            let differs = difference(context.inventory, first, object).is_some();
            let files = (&*first.origin.path, &*object.origin.path, differs);
            pairs.entry(files).or_default().push((first, object));
        } else {
            known.insert(key, object);
        }
    }
    let found = pairs.values().flat_map(|pair| of_pair(context.inventory, pair));
    found.collect::<Vec<_>>().into()
}

fn counts(object: &Object) -> bool {
    !object.id.name.is_empty()
        && !matches!(object.id.kind.as_str(), "Namespace" | "Kustomization" | "Pod" | "Event")
}

fn of_pair(inventory: &Inventory, pair: &[(&Object, &Object)]) -> Option<Finding> {
    let (first, second) = pair.first()?;
    let difference = difference(inventory, first, second);
    let severity = if difference.is_some() { Severity::High } else { Severity::Medium };
    let more = if pair.len() > 1 { format!(", and so are {} more", pair.len() - 1) } else { String::new() };
    let differ = difference.map_or_else(String::new, |difference| format!(": {difference}"));
    Some(
        Finding::broken(NAME, severity, first.id.to_string())
            .says(format!("`{}` is defined twice{more}{differ}", first.id))
            .witness("the definition that is applied last wins, and the other is lost without a word")
            .repair("keep one of them")
            .at(&second.origin, "defined again")
            .at(&first.origin, "defined first")
            .counts(pair.len()),
    )
}

/// What two definitions say differently, where both state it.
fn difference(inventory: &Inventory, first: &Object, second: &Object) -> Option<String> {
    let number = |object: &Object| {
        let autoscaler =
            inventory.limits.autoscalers.iter().find(|known| known.object.origin == object.origin);
        let max = autoscaler.and_then(|autoscaler| autoscaler.max.as_ref()).map(|max| max.value);
        let workload = || inventory.workloads.iter().find(|known| known.object.origin == object.origin);
        max.or_else(|| workload()?.replicas.as_ref().map(|replicas| replicas.value))
    };
    if !matches!(first.id.kind.as_str(), "HorizontalPodAutoscaler" | "Deployment" | "StatefulSet") {
        return None;
    }
    let (one, other) = (number(first)?, number(second)?);
    let what = if first.id.kind.starts_with("Horizontal") { "maxReplicas" } else { "replicas" };
    (one != other).then(|| format!("`{what}` is {one} in one and {other} in the other"))
}
