//! Autoscalers, disruption budgets, quotas, limit ranges, priorities.

use sehat_platform::inventory::limits::{
    Autoscaler, DisruptionBudget, LimitRange, LimitRangeItem, NodeCapacity, Quota, ReplicaOverlay,
    ScaleMetric,
};
use sehat_platform::inventory::{Inventory, Object, ObjectId, Stated};
use sehat_yaml::Node;

use super::Kind;
use super::get::{int, items, labels, selector, text, texts, word};
use super::quantity::{bytes, cpu};

pub const KINDS: &[Kind] = &[
    Kind { group: "autoscaling", kind: "HorizontalPodAutoscaler", read: autoscaler },
    Kind { group: "keda.sh", kind: "ScaledObject", read: scaled_object },
    Kind { group: "", kind: "Node", read: node_capacity },
    Kind { group: "policy", kind: "PodDisruptionBudget", read: budget },
    Kind { group: "", kind: "ResourceQuota", read: quota },
    Kind { group: "", kind: "LimitRange", read: limit_range },
    Kind {
        group: "scheduling.k8s.io",
        kind: "PriorityClass",
        read: |_, object, inventory| inventory.limits.priorities.push(object),
    },
];

fn autoscaler(node: &Node, object: Object, inventory: &mut Inventory) {
    let spec = node.get("spec").unwrap_or(node);
    let target = spec.at(&["scaleTargetRef"]);
    let id = target
        .map(|target| ObjectId::new(word(target, &["kind"]), &object.id.namespace, word(target, &["name"])));
    let origin = target.map_or_else(|| object.origin.clone(), |target| target.origin.clone());
    let mut metrics: Vec<ScaleMetric> = items(spec, &["metrics"]).iter().map(metric).collect();
    metrics.extend(int(spec, &["targetCPUUtilizationPercentage"]).map(|target: Stated<u32>| ScaleMetric {
        origin: target.origin.clone(),
        kind: "Resource".to_owned(),
        name: "cpu".to_owned(),
        utilization: Some(target),
        value: None,
    }));
    inventory.limits.autoscalers.push(Autoscaler {
        target: Stated::new(id.unwrap_or_default(), origin),
        min: int(spec, &["minReplicas"]),
        max: int(spec, &["maxReplicas"]),
        metrics,
        object,
    });
}

/// Reads the forms of `autoscaling/v2` and of its betas.
fn metric(node: &Node) -> ScaleMetric {
    let kind = word(node, &["type"]);
    let mut chars = kind.chars();
    let key: String =
        chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default();
    let body = node.get(&key).unwrap_or(node);
    let name = text(body, &["name"]).or_else(|| text(body, &["metric", "name"]));
    let value = ["averageValue", "value"].iter().find_map(|field| text(body, &["target", field]));
    ScaleMetric {
        origin: body.origin.clone(),
        name: name.map(|name| name.value).unwrap_or_default(),
        utilization: int(body, &["target", "averageUtilization"])
            .or_else(|| int(body, &["targetAverageUtilization"])),
        value: value.or_else(|| text(body, &["targetAverageValue"])),
        kind,
    }
}

fn budget(node: &Node, object: Object, inventory: &mut Inventory) {
    inventory.limits.budgets.push(DisruptionBudget {
        selector: selector(node, &["spec", "selector"]),
        min_available: text(node, &["spec", "minAvailable"]),
        max_unavailable: text(node, &["spec", "maxUnavailable"]),
        object,
    });
}

fn quota(node: &Node, object: Object, inventory: &mut Inventory) {
    let (hard, scopes) = (labels(node, &["spec", "hard"]), texts(node, &["spec", "scopes"]));
    inventory.limits.quotas.push(Quota { hard, scopes, object });
}

fn limit_range(node: &Node, object: Object, inventory: &mut Inventory) {
    let items = items(node, &["spec", "limits"]).iter().map(|item| LimitRangeItem {
        origin: item.origin.clone(),
        kind: word(item, &["type"]),
        default: labels(item, &["default"]),
        default_request: labels(item, &["defaultRequest"]),
        max: labels(item, &["max"]),
        min: labels(item, &["min"]),
    });
    inventory.limits.ranges.push(LimitRange { items: items.collect(), object });
}

/// KEDA makes an autoscaler from it; its metrics come through KEDA itself.
///
/// Source: KEDA, *Scaling Deployments, StatefulSets & Custom Resources*: `kind` is Deployment where nothing is stated.
fn scaled_object(node: &Node, object: Object, inventory: &mut Inventory) {
    let spec = node.get("spec").unwrap_or(node);
    let stated = word(spec, &["scaleTargetRef", "kind"]);
    let kind = if stated.is_empty() { "Deployment" } else { &stated };
    let name = text(spec, &["scaleTargetRef", "name"]).unwrap_or_default();
    let target = name.map(|name| ObjectId::new(kind, &object.id.namespace, name));
    let triggers = items(spec, &["triggers"]).iter().map(|trigger| ScaleMetric {
        origin: trigger.origin.clone(),
        kind: "Keda".to_owned(),
        name: word(trigger, &["type"]),
        ..ScaleMetric::default()
    });
    inventory.limits.autoscalers.push(Autoscaler {
        target,
        min: int(spec, &["minReplicaCount"]).or_else(|| Some(Stated::new(0, object.origin.clone()))),
        max: int(spec, &["maxReplicaCount"]).or_else(|| Some(Stated::new(100, object.origin.clone()))),
        metrics: triggers.collect(),
        object,
    });
}

/// Reads the counts that a kustomization lays over its base.
pub fn overlay(node: &Node, inventory: &mut Inventory) {
    let counts = items(node, &["replicas"]).iter().filter_map(|item| {
        Some(ReplicaOverlay { name: text(item, &["name"])?, count: int(item, &["count"])? })
    });
    inventory.limits.overlays.extend(counts);
}

fn node_capacity(node: &Node, object: Object, inventory: &mut Inventory) {
    inventory.limits.nodes.push(NodeCapacity {
        cpu: cpu(node, &["status", "allocatable", "cpu"]),
        memory: bytes(node, &["status", "allocatable", "memory"]),
        pods: int(node, &["status", "allocatable", "pods"]),
        object,
    });
}
