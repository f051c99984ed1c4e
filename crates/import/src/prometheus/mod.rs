//! Configuration and rules of Prometheus, and values of its chart.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::watch::{AlertRule, MetricServer, Relabel, ScrapeJob, ServerKind};
use sehat_platform::inventory::{Labels, Stated};
use sehat_yaml::{Node, Value};

use crate::Context;
use crate::kubernetes::get::{items, labels, origin, selector, text, texts, word, words};

pub fn is_config(node: &Node) -> bool {
    node.get("scrape_configs").is_some_and(|jobs| matches!(jobs.value, Value::List(_)))
}

pub fn is_rules(node: &Node) -> bool {
    items(node, &["groups"]).iter().any(|group| group.get("rules").is_some() && group.get("name").is_some())
}

/// Values of kube-prometheus-stack, under its own name or alone.
pub fn is_values(node: &Node) -> bool {
    node.at(&["prometheus", "prometheusSpec"]).is_some()
        || node.at(&["kube-prometheus-stack", "prometheus", "prometheusSpec"]).is_some()
}

pub fn read_config(name: &str, namespace: Option<String>, node: &Node, cx: &mut Context) {
    let jobs = items(node, &["scrape_configs"]).iter().map(job).collect();
    let targets = node.at(&["alerting", "alertmanagers"]).filter(|found| !found.items().is_empty());
    cx.inventory.watch.servers.push(MetricServer {
        name: name.to_owned(),
        namespace,
        origin: origin(node, &["scrape_configs"]).unwrap_or_else(|| node.origin.clone()),
        kind: ServerKind::File,
        jobs,
        alerting: targets.map(|found| found.origin.clone()),
        rule_files: texts(node, &["rule_files"]),
        monitor_selector: None,
        common_labels: Labels::default(),
    });
}

pub fn read_values(name: &str, node: &Node, cx: &mut Context) {
    let top = node.at(&["kube-prometheus-stack"]).unwrap_or(node);
    let Some(spec) = top.at(&["prometheus", "prometheusSpec"]) else { return };
    cx.inventory.watch.servers.push(MetricServer {
        name: name.to_owned(),
        origin: spec.origin.clone(),
        kind: ServerKind::Chart,
        jobs: items(spec, &["additionalScrapeConfigs"]).iter().map(job).collect(),
        alerting: Some(spec.origin.clone()),
        monitor_selector: selector(spec, &["serviceMonitorSelector"]),
        common_labels: labels(top, &["commonLabels"]),
        ..MetricServer::default()
    });
}

pub fn read_rules(node: &Node, cx: &mut Context) {
    cx.inventory.watch.rules.extend(rules(node));
}

/// Alerts of all groups; recording rules are none.
pub fn rules(node: &Node) -> Vec<AlertRule> {
    let groups = items(node, &["groups"]).iter();
    groups
        .flat_map(|group| items(group, &["rules"]))
        .filter_map(|rule| {
            Some(AlertRule {
                name: text(rule, &["alert"])?,
                expr: text(rule, &["expr"])?,
                severity: text(rule, &["labels", "severity"]).map(|found| found.value),
            })
        })
        .collect()
}

fn job(node: &Node) -> ScrapeJob {
    ScrapeJob {
        name: text(node, &["job_name"]).unwrap_or_else(|| Stated::new(String::new(), node.origin.clone())),
        role: items(node, &["kubernetes_sd_configs"]).iter().find_map(|found| text(found, &["role"])),
        relabel: items(node, &["relabel_configs"]).iter().map(relabel).collect(),
    }
}

fn relabel(node: &Node) -> Relabel {
    let action = word(node, &["action"]);
    let optional = |key: &str| text(node, &[key]).map(|found| found.value);
    Relabel {
        origin: place(node),
        sources: words(node, &["source_labels"]),
        separator: optional("separator"),
        regex: text(node, &["regex"]),
        action: if action.is_empty() { "replace".to_owned() } else { action },
        target: optional("target_label"),
        replacement: node.get("replacement").and_then(Node::scalar).map(|scalar| scalar.text.clone()),
    }
}

/// The first entry of a step, as a list's item begins before it.
fn place(node: &Node) -> Origin {
    node.entries().first().map_or_else(|| node.origin.clone(), |(key, _)| key.origin.clone())
}

/// Steps as the operator writes them.
pub fn relabelings(nodes: &[Node]) -> Vec<Relabel> {
    let of = |node: &Node| {
        let action = word(node, &["action"]).to_lowercase();
        let optional = |key: &str| text(node, &[key]).map(|found| found.value);
        Relabel {
            origin: place(node),
            sources: words(node, &["sourceLabels"]),
            separator: optional("separator"),
            regex: text(node, &["regex"]),
            action: if action.is_empty() { "replace".to_owned() } else { action },
            target: optional("targetLabel"),
            replacement: node.get("replacement").and_then(Node::scalar).map(|scalar| scalar.text.clone()),
        }
    };
    nodes.iter().map(of).collect()
}
