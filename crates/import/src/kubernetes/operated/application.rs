//! Argo CD's applications, and KEDA's bounds.
//!
//! Source: Argo CD v3.6, Declarative Setup; KEDA v2.21, `ScaledObject` specification.

use sehat_platform::inventory::operated::{Application, Scaler, Trigger};
use sehat_platform::inventory::{Inventory, Object};
use sehat_yaml::Node;

use crate::kubernetes::Kind;
use crate::kubernetes::get::{int, is_true, items, labels, text, texts};

pub const KINDS: &[Kind] = &[
    Kind { group: "argoproj.io", kind: "Application", read: application },
    Kind { group: "argoproj.io", kind: "AppProject", read: |_, _, _| {} },
    Kind { group: "keda.sh", kind: "ScaledObject", read: scaler },
];

fn application(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    let source =
        spec.at(&["source"]).or_else(|| spec.at(&["sources"]).and_then(|sources| sources.items().first()));
    let of_source = |key: &str| source.and_then(|source| text(source, &[key]));
    let automated = spec.at(&["syncPolicy", "automated"]);
    inventory.operated.applications.push(Application {
        project: text(spec, &["project"]),
        repository: of_source("repoURL"),
        path: of_source("path"),
        revision: of_source("targetRevision"),
        server: text(spec, &["destination", "server"]).or_else(|| text(spec, &["destination", "name"])),
        namespace: text(spec, &["destination", "namespace"]),
        is_automated: spec.get("syncPolicy").is_some_and(|policy| policy.get("automated").is_some()),
        prunes: automated.is_some_and(|automated| is_true(automated, &["prune"])),
        heals: automated.is_some_and(|automated| is_true(automated, &["selfHeal"])),
        options: texts(spec, &["syncPolicy", "syncOptions"]),
        object,
    });
}

fn scaler(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    let triggers = items(spec, &["triggers"]).iter().map(|trigger| Trigger {
        origin: trigger.origin.clone(),
        kind: text(trigger, &["type"]),
        metadata: labels(trigger, &["metadata"]),
    });
    inventory.operated.scalers.push(Scaler {
        target: text(spec, &["scaleTargetRef", "name"]),
        target_kind: text(spec, &["scaleTargetRef", "kind"]),
        min: int(spec, &["minReplicaCount"]),
        max: int(spec, &["maxReplicaCount"]),
        triggers: triggers.collect(),
        object,
    });
}
