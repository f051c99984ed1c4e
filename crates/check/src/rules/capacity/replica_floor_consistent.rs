//! Proves that everything that says how many pods there are says the same.
//!
//! Broken: an autoscaler's target that states `replicas` too, so that each apply takes the autoscaler's
//! decision back; a stated count outside the autoscaler's bounds; a floor above the ceiling; two autoscalers
//! on one target; an overlay whose count the autoscaler's floor undercuts.
//!
//! A count under an autoscaler with the same name in an overlay is held against every autoscaler of that
//! target, since the overlay is laid over the base in which it stands.
//!
//! Source: Kubernetes, *Horizontal Pod Autoscaling*, "Migrating Deployments and StatefulSets to horizontal
//! autoscaling": remove `spec.replicas` from the manifest.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::limits::{Autoscaler, ReplicaOverlay};
use sehat_platform::inventory::workload::Workload;
use sehat_verdict::{Finding, Severity};
use serde_json::json;

use crate::load::{first_and_more, merge, quoted, verb, with_places};
use crate::{Context, Outcome, Rule};

const NAME: &str = "replica-floor-consistent";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Replica counts in manifests, overlays and autoscalers agree.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes: Horizontal Pod Autoscaling",
    file: include_str!("replica_floor_consistent.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let autoscalers = &context.inventory.limits.autoscalers;
    let mut findings: Vec<Finding> = autoscalers.iter().filter_map(floor_above_ceiling).collect();
    findings.extend(two_on_one(context));
    let scaled = context.inventory.workloads.iter().filter_map(|workload| {
        let autoscaler = context.index.autoscalers.get(&workload.object.id)?.first()?;
        Some((workload, *autoscaler))
    });
    let mut declared = Vec::new();
    for (workload, autoscaler) in scaled {
        match outside(workload, autoscaler) {
            Some(finding) => findings.push(finding),
            None if workload.replicas.is_some() => declared.push((workload, autoscaler)),
            None => {}
        }
    }
    findings.extend(also_declared(&declared));
    findings.extend(undercut(context));
    findings.into()
}

fn floor_above_ceiling(autoscaler: &Autoscaler) -> Option<Finding> {
    let (min, max) = (autoscaler.min.as_ref()?, autoscaler.max.as_ref()?);
    (min.value > max.value).then(|| {
        Finding::broken(NAME, Severity::High, autoscaler.object.id.to_string())
            .says(format!("the floor {min} of `{}` lies above its ceiling {max}", autoscaler.object.id))
            .witness("the API refuses an autoscaler whose `maxReplicas` is less than its `minReplicas`")
            .repair("raise the ceiling or lower the floor")
            .at(&max.origin, "ceiling")
            .at(&min.origin, "floor")
    })
}

fn two_on_one(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for autoscaler in &context.inventory.limits.autoscalers {
        let all = &context.index.autoscalers[&autoscaler.target.value];
        let first = all[0];
        let other = all.iter().find(|other| other.object.id != first.object.id);
        // Told once, where the first of them stands.
        if let Some(other) = other.filter(|_| std::ptr::eq(first, autoscaler)) {
            findings.push(
                Finding::broken(NAME, Severity::High, autoscaler.target.value.to_string())
                    .says(format!("`{}` and `{}` both scale `{}`", first.object.id, other.object.id, autoscaler.target.value))
                    .witness("each takes back what the other decided; the controller reports AmbiguousSelector and stops both")
                    .repair("keep one, with the metrics of both")
                    .at(&other.target.origin, "scaled here")
                    .at(&first.target.origin, "and here"),
            );
        }
    }
    findings
}

fn outside(workload: &Workload, autoscaler: &Autoscaler) -> Option<Finding> {
    let stated = workload.replicas.as_ref()?;
    let min = autoscaler.min.as_ref().map_or(1, |min| min.value);
    let max = autoscaler.max.as_ref()?;
    // A workload that is scaled to nothing is left alone by its autoscaler.
    if (min..=max.value).contains(&stated.value) || stated.value == 0 || min > max.value {
        return None;
    }
    let bound = if stated.value < min { autoscaler.min.as_ref().unwrap_or(max) } else { max };
    Some(
        Finding::broken(NAME, Severity::Medium, workload.object.id.to_string())
            .says(format!(
                "`{}` states {stated} replicas, and `{}` keeps it between {min} and {max}",
                workload.object.id, autoscaler.object.id
            ))
            .witness(format!("each apply sets {stated}, and the autoscaler then moves it to {bound}"))
            .repair("take `replicas` out of the manifest, or change the bounds")
            .at(&stated.origin, "outside the bounds")
            .at(&bound.origin, "the bound")
            .fix(merge(&workload.object, json!({ "spec": { "replicas": null } }))),
    )
}

/// The count in the manifest comes back with every apply.
fn also_declared(declared: &[(&Workload, &Autoscaler)]) -> Option<Finding> {
    let (workload, autoscaler) = declared.first()?;
    let stated = workload.replicas.as_ref()?;
    let subject = first_and_more(&workload.object.id, declared.len());
    let places: Vec<(&Origin, &str)> = declared
        .iter()
        .filter_map(|(workload, _)| {
            Some((&workload.replicas.as_ref()?.origin, "stated beside an autoscaler"))
        })
        .collect();
    let finding = Finding::broken(NAME, Severity::Medium, subject)
        .says(format!(
            "{} {} `replicas`, and an autoscaler decides the number too",
            quoted(&workload.object.id, declared.len()),
            verb(declared.len(), "states", "state")
        ))
        .witness(format!(
            "each apply sets `{}` back to {stated}, in the middle of the load that `{}` scaled it for",
            workload.object.id, autoscaler.object.id
        ))
        .repair("take `replicas` out of the manifest");
    let finding = with_places(finding, &places);
    let finding = finding.at(&autoscaler.target.origin, "scaled here");
    let removed =
        declared.iter().map(|(workload, _)| merge(&workload.object, json!({ "spec": { "replicas": null } })));
    Some(removed.fold(finding, Finding::fix))
}

/// What an overlay promises, and the autoscaler of the base takes back.
fn undercut(context: &Context<'_>) -> Vec<Finding> {
    let limits = &context.inventory.limits;
    let pairs = limits.overlays.iter().filter_map(|overlay| {
        let autoscaler = limits.autoscalers.iter().find(|known| known.target.name == overlay.name.value)?;
        Some((overlay, autoscaler))
    });
    pairs.map(|(overlay, autoscaler)| of_overlay(overlay, autoscaler)).collect()
}

fn of_overlay(overlay: &ReplicaOverlay, autoscaler: &Autoscaler) -> Finding {
    let min = autoscaler.min.as_ref().map_or(1, |min| min.value);
    let count = overlay.count.value;
    let (severity, moves) = match count.cmp(&min) {
        std::cmp::Ordering::Less => (Severity::Medium, format!("raises it to {min}")),
        std::cmp::Ordering::Equal => (Severity::Medium, "decides the number too".to_owned()),
        std::cmp::Ordering::Greater => (Severity::High, format!("lets it fall from {count} to {min}")),
    };
    Finding::broken(NAME, severity, autoscaler.target.value.to_string())
        .says(format!(
            "the overlay counts {} of `{}`, and `{}` {moves}",
            overlay.count, overlay.name, autoscaler.object.id
        ))
        .witness(format!("the autoscaler keeps {min} at the least; each apply sets {count} again"))
        .repair(format!(
            "patch the autoscaler in the overlay to `minReplicas: {count}`, and leave `replicas` out"
        ))
        .at(&overlay.count.origin, "counted here")
        .at(autoscaler.min.as_ref().map_or(&autoscaler.object.origin, |min| &min.origin), "the floor")
}
