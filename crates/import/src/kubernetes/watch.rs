//! Resources of the Prometheus operator.

use std::sync::Arc;

use sehat_diagnostic::Source;
use sehat_platform::inventory::watch::{Endpoint, MetricServer, Monitor, ServerKind};
use sehat_platform::inventory::{Inventory, Object};
use sehat_yaml::{Node, Options};

use super::Kind;
use super::get::{is_true, items, origin, selector, text, words};
use crate::{alertmanager, prometheus};

const GROUP: &str = "monitoring.coreos.com";

pub const KINDS: &[Kind] = &[
    Kind { group: GROUP, kind: "ServiceMonitor", read: |n, o, i| monitor(n, o, i, false) },
    Kind { group: GROUP, kind: "PodMonitor", read: |n, o, i| monitor(n, o, i, true) },
    Kind { group: GROUP, kind: "PrometheusRule", read: rules },
    Kind { group: GROUP, kind: "Prometheus", read: server },
    Kind { group: GROUP, kind: "Alertmanager", read: |_, _, _| {} },
    Kind { group: GROUP, kind: "AlertmanagerConfig", read: router },
];

fn monitor(node: &Node, object: Object, inventory: &mut Inventory, of_pods: bool) {
    let key = if of_pods { "podMetricsEndpoints" } else { "endpoints" };
    let endpoints = items(node, &["spec", key]).iter();
    inventory.watch.monitors.push(Monitor {
        of_pods,
        selector: selector(node, &["spec", "selector"]),
        namespaces: words(node, &["spec", "namespaceSelector", "matchNames"]),
        any_namespace: is_true(node, &["spec", "namespaceSelector", "any"]),
        endpoints: endpoints
            .map(|endpoint| Endpoint {
                origin: endpoint.origin.clone(),
                port: text(endpoint, &["port"]),
                relabel: prometheus::relabelings(items(endpoint, &["relabelings"])),
            })
            .collect(),
        object,
    });
}

fn rules(node: &Node, _: Object, inventory: &mut Inventory) {
    if let Some(spec) = node.at(&["spec"]) {
        inventory.watch.rules.extend(prometheus::rules(spec));
    }
}

fn server(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.at(&["spec"]) else { return };
    inventory.watch.servers.push(MetricServer {
        name: object.id.to_string(),
        namespace: Some(object.id.namespace.clone()),
        origin: object.origin.clone(),
        kind: ServerKind::Operator,
        alerting: origin(spec, &["alerting"]),
        monitor_selector: selector(spec, &["serviceMonitorSelector"]),
        ..MetricServer::default()
    });
}

fn router(node: &Node, object: Object, inventory: &mut Inventory) {
    if let Some(spec) = node.at(&["spec"]) {
        inventory.watch.routers.push(alertmanager::router(&object.id.to_string(), spec, None));
    }
}

/// The operator keeps the configuration of an Alertmanager in a Secret. Names of routes and receivers are read from
/// it, and nothing else.
pub fn secret(node: &Node, object: &Object, inventory: &mut Inventory) {
    let keys = ["alertmanager.yaml", "alertmanager.yml"];
    let Some(value) = keys.iter().find_map(|key| node.at(&["stringData", key])) else { return };
    let path: Arc<str> = value.origin.path.clone();
    let source = Source { path, text: value.as_text().unwrap_or_default().into() };
    let mut ignored = Vec::new();
    for inner in sehat_yaml::read(&source, Options::default(), &mut ignored) {
        if alertmanager::is_config(&inner) {
            let router = alertmanager::router(&object.id.to_string(), &inner, Some(&value.origin));
            inventory.watch.routers.push(router);
        }
    }
}
