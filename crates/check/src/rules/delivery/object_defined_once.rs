//! Proves that no object is defined twice: of two definitions with one name the one applied last wins, and
//! nobody sees the other.
//!
//! Broken: two documents with the same kind, namespace and name in one file, or in two; where both state how far
//! something scales, the finding says which numbers differ. Namespaces are left alone: each file may declare
//! the one it needs.
//!
//! Unknown: three and more files with the same objects. They look like alternatives, and nothing says which of
//! them is applied.
//!
//! Source: Kubernetes, *Object Names and IDs*: one object per kind, namespace and name.

use std::collections::{BTreeSet, HashMap};

use sehat_diagnostic::Origin;
use sehat_platform::inventory::{Inventory, Object, ObjectId};
use sehat_verdict::{Finding, Severity};

use crate::load::{first_and_more, quoted, verb, with_places};
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
    let mut known: HashMap<(&str, &ObjectId), Vec<&Object>> =
        HashMap::with_capacity(context.inventory.objects.len());
    let mut several: Vec<(&str, &ObjectId)> = Vec::new();
    for object in context.inventory.objects.iter().filter(|object| counts(object)) {
        let found = known.entry((object.group(), &object.id)).or_default();
        found.push(object);
        if found.len() == 2 {
            several.push((object.group(), &object.id));
        }
    }
    let mut findings = Vec::new();
    let mut alike: Vec<&[&Object]> = Vec::new();
    for found in several.iter().map(|key| known[key].as_slice()) {
        match difference(context.inventory, found[0], found[1]) {
            Some(difference) => findings.push(differing(found, &difference)),
            None => alike.push(found),
        }
    }
    findings.extend(repeated(&alike));
    findings.into()
}

fn counts(object: &Object) -> bool {
    !object.id.name.is_empty()
        && !matches!(object.id.kind.as_str(), "Namespace" | "Kustomization" | "Pod" | "Event")
}

fn differing(found: &[&Object], difference: &str) -> Finding {
    Finding::broken(NAME, Severity::High, found[0].id.to_string())
        .says(format!("`{}` is defined twice: {difference}", found[0].id))
        .witness("the definition that is applied last wins, and the other is lost without a word")
        .repair("keep one of them")
        .at(&found[1].origin, "defined again")
        .at(&found[0].origin, "defined first")
}

/// Files that repeat each other are one cause.
fn repeated(alike: &[&[&Object]]) -> Option<Finding> {
    let first = alike.first()?;
    let alternatives = alike.iter().any(|found| {
        let paths: BTreeSet<&str> = found.iter().map(|object| &*object.origin.path).collect();
        paths.len() > 2
    });
    let subject = first_and_more(&first[0].id, alike.len());
    let who = format!("{} {} defined", quoted(&first[0].id, alike.len()), verb(alike.len(), "is", "are"));
    let finding = if alternatives {
        Finding::unknown(NAME, Severity::Low, subject)
            .says(format!("{who} in several files, and nothing says which of them are applied"))
            .witness("applied together, the last definition wins")
            .repair("name the files that belong together in a kustomization, or check them one by one")
    } else {
        Finding::broken(NAME, Severity::Medium, subject)
            .says(format!("{who} twice"))
            .witness("the definition that is applied last wins, and the other is lost without a word")
            .repair("keep one of them")
    };
    let places: Vec<(&Origin, &str)> =
        alike.iter().map(|found| (&found[1].origin, "defined again")).collect();
    Some(with_places(finding, &places).at(&first[0].origin, "defined first"))
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
