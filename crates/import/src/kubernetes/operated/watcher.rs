//! Prometheus and Alertmanager as the Prometheus operator runs them.
//!
//! Source: Prometheus operator v0.94, API reference and Architecture.

use sehat_platform::inventory::{Inventory, Object};
use sehat_yaml::Node;

use super::made::Maker;
use crate::kubernetes::Kind;
use crate::kubernetes::get::{int, text};

const GROUP: &str = "monitoring.coreos.com";

pub const KINDS: &[Kind] = &[
    Kind { group: GROUP, kind: "Prometheus", read: |n, o, i| watcher(n, &o, "prometheus", ("web", 9090), i) },
    Kind {
        group: GROUP,
        kind: "Alertmanager",
        read: |n, o, i| watcher(n, &o, "alertmanager", ("web", 9093), i),
    },
];

fn watcher(
    node: &Node,
    object: &Object,
    name: &'static str,
    port: (&'static str, u16),
    inventory: &mut Inventory,
) {
    let Some(spec) = node.get("spec") else { return };
    let mut maker = Maker {
        object,
        inventory,
        labels: vec![
            ("app.kubernetes.io/name", name.to_owned()),
            ("app.kubernetes.io/managed-by", "prometheus-operator".to_owned()),
            (name, object.id.name.clone()),
        ],
        ports: vec![port],
    };
    maker.pods(name, text(spec, &["image"]), int(spec, &["replicas"]));
    maker.service(format!("{name}-operated"), true);
    let own = crate::kubernetes::get::labels(spec, &["podMetadata", "labels"]);
    if let Some(workload) = maker.inventory.workloads.last_mut() {
        workload.pod.labels.extend(own);
    }
}
