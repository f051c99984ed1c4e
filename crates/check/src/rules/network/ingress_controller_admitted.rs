//! Proves that what serves an Ingress or a route may reach the pods behind it.
//!
//! Requests from outside come to the pods from the pods of a controller, which lie in a namespace of their
//! own. Where policies govern the way into the pods behind a backend, one of them must admit the controller
//! on the port of the pods. The controller's namespace is known by the class of an Ingress; else it is any
//! other one.
//!
//! Broken: no rule can mean the controller. A rule that asks for labels which the controller's namespace may
//! have is not held against the files, unless a namespace of the files has just these labels: then the rule
//! means that one.
//!
//! Load balancers that reach pods by their addresses (AWS, Google, Azure) are not pods and are left out.
//!
//! Source: Kubernetes, *Network Policies*; the installation manifests of the controllers.

use std::collections::{BTreeMap, BTreeSet};

use sehat_diagnostic::Origin;
use sehat_platform::inventory::edge::Route;
use sehat_reach::cluster::{End, Guest, Reason, Routed, State};
use sehat_verdict::{Finding, Fix, Severity};
use serde_json::json;

use super::subjects::{is_on_host, of_namespace};
use crate::{Context, Outcome, Rule};

const NAME: &str = "ingress-controller-admitted";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "What serves an Ingress or a route may reach the pods behind it.",
    severity: Severity::Critical,
    hygiene: false,
    source: "Kubernetes: Network Policies, Ingress; installation manifests of the controllers",
    file: include_str!("ingress_controller_admitted.rs"),
    judge,
};

/// Backends that one policy shuts off.
#[derive(Default)]
struct Shut<'a> {
    origin: Option<&'a Origin>,
    backends: BTreeSet<(String, u16)>,
    routes: Vec<&'a Origin>,
    controller: Option<&'static str>,
    selector: Option<serde_json::Value>,
}

fn judge(context: &Context<'_>) -> Outcome {
    if context.inventory.network.policies.is_empty() {
        return Outcome::default();
    }
    let cluster = context.index.cluster();
    let mut shut: BTreeMap<String, Shut<'_>> = BTreeMap::new();
    for routed in cluster.routed() {
        let workload = &context.inventory.workloads[routed.workload];
        let Some(controller) = controller(context, routed.route).filter(|_| !is_on_host(&workload.pod))
        else {
            continue;
        };
        for port in &routed.ports {
            let passage = cluster.at_port(
                End::Guest(&controller.1),
                End::Workload(routed.workload),
                routed.protocol,
                *port,
            );
            let Some(passage) = passage.filter(|passage| passage.state == State::Denied) else { continue };
            let (Reason::NoRule(policy) | Reason::Rule { policy, .. }) = passage.into else { continue };
            let entry = shut.entry(policy.id.to_string()).or_default();
            entry.origin = Some(&policy.origin);
            entry.backends.insert((workload.object.id.to_string(), *port));
            entry.routes.push(&routed.backend.origin);
            entry.controller = controller.0;
            entry.selector = entry.selector.take().or_else(|| selector(&routed));
        }
    }
    shut.iter().map(|(policy, shut)| finding(policy, shut)).collect::<Vec<_>>().into()
}

/// Classes and the namespaces that their installation makes.
const CONTROLLERS: [(&str, &str); 6] = [
    ("nginx", "ingress-nginx"),
    ("traefik", "traefik"),
    ("haproxy", "haproxy-controller"),
    ("kong", "kong"),
    ("contour", "projectcontour"),
    ("cilium", "kube-system"),
];

/// Classes whose load balancers are no pods.
const OUTSIDE: [&str; 7] =
    ["alb", "gce", "gce-internal", "azure", "application-gateway", "openshift", "webapprouting"];

/// Returns the controller's pod, and its namespace where that is known.
fn controller(context: &Context<'_>, route: &Route) -> Option<(Option<&'static str>, Guest)> {
    let class = route.class.as_ref().map_or("", |class| class.value.as_str());
    if OUTSIDE.iter().any(|outside| class.contains(outside)) || route.object.id.kind == "Route" {
        return None;
    }
    let known =
        CONTROLLERS.iter().find(|(known, _)| class == *known || class.starts_with(&format!("{known}-")));
    let guest = match known {
        Some((_, namespace)) => of_namespace(context, namespace),
        None => Guest { has_more_namespace: true, ..Guest::default() },
    };
    Some((known.map(|(_, namespace)| *namespace), Guest { has_more_labels: true, ..guest }))
}

fn selector(routed: &Routed<'_>) -> Option<serde_json::Value> {
    let labels = &routed.service.selector.as_ref()?.labels;
    let pairs: serde_json::Map<_, _> =
        labels.iter().map(|(key, value)| (key.clone(), json!(value.value))).collect();
    Some(json!({ "namespace": routed.service.object.id.namespace, "matchLabels": pairs }))
}

fn finding(policy: &str, shut: &Shut<'_>) -> Finding {
    let mut names = shut.backends.iter().take(NAMED_MAX).map(|(name, port)| format!("`{name}` on {port}"));
    let listed = names.by_ref().collect::<Vec<_>>().join(", ");
    let more = match shut.backends.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let from = shut
        .controller
        .map_or("a namespace of its own".to_owned(), |namespace| format!("namespace `{namespace}`"));
    let mut finding = Finding::broken(NAME, Severity::Critical, policy)
        .says(format!("requests are routed to {listed}{more}, and no policy admits the controller that brings them"))
        .witness(format!("the controller's pods call from {from}; `{policy}` governs the pods and has no rule that means them"))
        .repair(format!("admit the controller's namespace on {}", ports(shut)))
        .at(shut.origin, "governs the way in")
        .counts(shut.backends.len());
    for origin in shut.routes.iter().take(PLACES_MAX) {
        finding = finding.at(*origin, "routed here");
    }
    match fix(shut) {
        Some(fix) => finding.fix(fix),
        None => finding,
    }
}

const NAMED_MAX: usize = 3;
const PLACES_MAX: usize = 4;

fn ports(shut: &Shut<'_>) -> String {
    let ports: BTreeSet<u16> = shut.backends.iter().map(|(_, port)| *port).collect();
    ports.iter().map(|port| format!("{port}/TCP")).collect::<Vec<_>>().join(", ")
}

/// One backend behind a known controller is mended by one policy.
fn fix(shut: &Shut<'_>) -> Option<Fix> {
    let controller = shut.controller?;
    let selector = shut.selector.as_ref().filter(|_| shut.backends.len() == 1)?;
    let port = shut.backends.iter().next()?.1;
    Some(Fix::Add(json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": { "name": "allow-ingress-controller", "namespace": selector["namespace"] },
        "spec": {
            "podSelector": { "matchLabels": selector["matchLabels"] },
            "policyTypes": ["Ingress"],
            "ingress": [{
                "from": [{ "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": controller } } }],
                "ports": [{ "protocol": "TCP", "port": port }],
            }],
        },
    })))
}
