//! Relabelling of scrape targets, as Prometheus does it, on targets that the workloads of the files give.

use std::collections::BTreeMap;

use regex_lite::Regex;
use sehat_platform::inventory::Labels;
use sehat_platform::inventory::watch::Relabel;
use sehat_platform::inventory::workload::{ContainerPort, Workload};

/// Labels of a target; one that starts with `__` is dropped in the end.
pub type Target = BTreeMap<String, String>;

/// Longer expressions are not run.
const REGEX_MAX: usize = 2_000;

/// Returns the targets that service discovery with `role: pod` gives for a workload: one per port, of its first pod.
pub fn of_pod(workload: &Workload, job: &str) -> Vec<Target> {
    let ports: Vec<(&str, Option<&ContainerPort>)> = workload
        .pod
        .running()
        .flat_map(|container| {
            let own = container.ports.iter().map(|port| (container.name.as_str(), Some(port)));
            let none = container.ports.is_empty().then_some((container.name.as_str(), None));
            own.chain(none).collect::<Vec<_>>()
        })
        .collect();
    ports.into_iter().map(|(container, port)| target(workload, job, container, port)).collect()
}

fn target(workload: &Workload, job: &str, container: &str, port: Option<&ContainerPort>) -> Target {
    let id = &workload.object.id;
    let mut target = Target::new();
    let mut set = |name: &str, value: &str| target.insert(name.to_owned(), value.to_owned());
    set("job", job);
    set("__scheme__", "http");
    set("__metrics_path__", "/metrics");
    set("__meta_kubernetes_namespace", &id.namespace);
    set("__meta_kubernetes_pod_name", &format!("{}-0", id.name));
    set("__meta_kubernetes_pod_ip", "192.0.2.1");
    set("__meta_kubernetes_pod_ready", "true");
    set("__meta_kubernetes_pod_phase", "Running");
    set("__meta_kubernetes_pod_container_name", container);
    match port {
        Some(port) => {
            set("__address__", &format!("192.0.2.1:{}", port.number));
            set("__meta_kubernetes_pod_container_port_number", &port.number.to_string());
            set("__meta_kubernetes_pod_container_port_name", port.name.as_deref().unwrap_or_default());
        }
        None => {
            set("__address__", "192.0.2.1");
        }
    }
    add(&mut target, "__meta_kubernetes_pod_label", &workload.pod.labels);
    add(&mut target, "__meta_kubernetes_pod_annotation", &workload.pod.annotations);
    target
}

fn add(target: &mut Target, prefix: &str, labels: &Labels) {
    for (name, value) in labels {
        let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        target.insert(format!("{prefix}_{name}"), value.value.clone());
        target.insert(format!("{prefix}present_{name}"), "true".to_owned());
    }
}

/// What becomes of a target.
#[derive(Clone, Debug, PartialEq)]
pub enum Relabelled {
    Kept(Target),
    Dropped,
    /// A step that is not understood decides.
    Unknown,
}

/// Source: Prometheus documentation, `relabel_config`.
pub fn relabel(target: Target, steps: &[Relabel]) -> Relabelled {
    let mut target = target;
    for step in steps {
        match one(&mut target, step) {
            Some(true) => {}
            Some(false) => return Relabelled::Dropped,
            None => return Relabelled::Unknown,
        }
    }
    Relabelled::Kept(target)
}

/// Returns the anchored expression of a step; `(.*)` where none is stated.
pub fn expression(step: &Relabel) -> Option<Regex> {
    let text = step.regex.as_ref().map_or("(.*)", |regex| regex.value.as_str());
    (text.len() <= REGEX_MAX).then(|| Regex::new(&format!("^(?s:{text})$")).ok()).flatten()
}

fn one(target: &mut Target, step: &Relabel) -> Option<bool> {
    let regex = expression(step)?;
    let separator = step.separator.as_deref().unwrap_or(";");
    let values: Vec<&str> =
        step.sources.iter().map(|name| target.get(name).map_or("", String::as_str)).collect();
    let source = values.join(separator);
    match step.action.as_str() {
        "keep" => Some(regex.is_match(&source)),
        "drop" => Some(!regex.is_match(&source)),
        "replace" => {
            if let Some(found) = regex.captures(&source) {
                let mut value = String::new();
                found.expand(&braced(step.replacement.as_deref().unwrap_or("$1")), &mut value);
                let name = step.target.clone()?;
                if value.is_empty() {
                    target.remove(&name)
                } else {
                    target.insert(name, value)
                };
            }
            Some(true)
        }
        "labelmap" => {
            let replacement = braced(step.replacement.as_deref().unwrap_or("$1"));
            let mapped: Vec<(String, String)> = target
                .iter()
                .filter_map(|(name, value)| {
                    let mut mapped = String::new();
                    regex.captures(name)?.expand(&replacement, &mut mapped);
                    Some((mapped, value.clone()))
                })
                .collect();
            target.extend(mapped);
            Some(true)
        }
        "labeldrop" => {
            target.retain(|name, _| !regex.is_match(name));
            Some(true)
        }
        "labelkeep" => {
            target.retain(|name, _| regex.is_match(name));
            Some(true)
        }
        "lowercase" | "uppercase" => {
            let value =
                if step.action == "lowercase" { source.to_lowercase() } else { source.to_uppercase() };
            target.insert(step.target.clone()?, value);
            Some(true)
        }
        "keepequal" => Some(target.get(step.target.as_ref()?) == Some(&source)),
        "dropequal" => Some(target.get(step.target.as_ref()?) != Some(&source)),
        _ => None,
    }
}

/// `$1` means the same in both languages only where no letter follows.
fn braced(replacement: &str) -> String {
    let mut out = String::new();
    let mut letters = replacement.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '$' || !letters.peek().is_some_and(char::is_ascii_digit) {
            out.push(letter);
            continue;
        }
        out.push_str("${");
        while let Some(digit) = letters.next_if(char::is_ascii_digit) {
            out.push(digit);
        }
        out.push('}');
    }
    out
}
