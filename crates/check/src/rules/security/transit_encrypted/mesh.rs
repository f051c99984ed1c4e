//! Within a mesh and at its gateways.

use std::collections::{BTreeMap, BTreeSet};

use sehat_diagnostic::Origin;
use sehat_platform::inventory::mesh::{
    ClientTls, DestinationRule, MeshGateway, MeshRoute, MeshServer, PeerAuthentication, service_of,
};
use sehat_platform::inventory::workload::Workload;
use sehat_platform::inventory::{Labels, Object};
use sehat_verdict::{Finding, Fix, Severity};
use serde_json::json;

use super::NAME;
use crate::Context;
use crate::mesh::MeshIndex;

/// Source: Istio, `MeshConfig.rootNamespace`: what stands here without a selector holds for the whole mesh.
const ROOT: &str = "istio-system";

/// What a user answers about a mesh whose policy lies elsewhere.
const ANSWER: (&str, &str) = ("mesh-mtls", "strict");

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let mesh = &context.inventory.mesh;
    let members = members(context);
    if mesh.is_empty() && members.is_empty() {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = mesh.peers.iter().filter_map(permissive).collect();
    findings.extend(nobody_says(context, &members));
    let index = MeshIndex::new(context);
    findings.extend(mesh.rules.iter().filter_map(|rule| client(context, &index, rule)));
    findings.extend(mesh.rules.iter().filter_map(unverified));
    findings.extend(
        mesh.gateways.iter().filter(|gateway| !only_proves_names(context, gateway)).flat_map(plain_servers),
    );
    findings
}

/// Namespaces of the mesh, each with the place that shows it.
fn members<'a>(context: &Context<'a>) -> BTreeMap<&'a str, &'a Origin> {
    let inventory = context.inventory;
    let mut members: BTreeMap<&str, &Origin> = BTreeMap::new();
    for (name, namespace) in &inventory.network.namespaces {
        if let Some(place) = injected(&namespace.object.labels) {
            members.insert(name, place);
        }
    }
    let routed = inventory.mesh.services.iter().map(|service| &service.object);
    let ruled =
        inventory.mesh.rules.iter().filter(|rule| is_internal(context, rule)).map(|rule| &rule.object);
    for object in routed.chain(ruled).filter(|object| object.id.namespace != ROOT) {
        members.entry(&object.id.namespace).or_insert(&object.origin);
    }
    members
}

fn injected(labels: &Labels) -> Option<&Origin> {
    let is_on = |key: &str, value: &str| labels.get(key).filter(|stated| stated.value == value);
    let revision = labels.get("istio.io/rev");
    let found = is_on("istio-injection", "enabled").or_else(|| is_on("istio.io/dataplane-mode", "ambient"));
    found.or(revision).map(|stated| &stated.origin)
}

fn is_internal(context: &Context<'_>, rule: &DestinationRule) -> bool {
    service_of(&rule.host.value, &rule.object.id.namespace)
        .is_some_and(|(namespace, _)| context.inventory.network.namespaces.contains_key(namespace))
}

fn permissive(peer: &PeerAuthentication) -> Option<Finding> {
    let mode = peer.mode.as_ref().filter(|mode| matches!(mode.value.as_str(), "PERMISSIVE" | "DISABLE"))?;
    let (whose, severity) = match (&peer.selector, peer.object.id.namespace.as_str()) {
        (Some(_), _) => ("some pods".to_owned(), Severity::Medium),
        (None, ROOT) => ("every pod of the mesh".to_owned(), Severity::High),
        (None, namespace) => (format!("every pod of `{namespace}`"), Severity::High),
    };
    Some(
        Finding::broken(NAME, severity, peer.object.id.to_string())
            .says(format!("{whose} accepts plaintext: `mode: {mode}`"))
            .witness(
                "whatever runs in the cluster without a sidecar may call it, unencrypted and under no name",
            )
            .repair("set `mode: STRICT`, once every caller has a sidecar")
            .at(&mode.origin, "plaintext is let in here")
            .fix(Fix::Merge {
                api_version: peer.object.api_version.value.clone(),
                kind: peer.object.id.kind.clone(),
                namespace: peer.object.namespace_stated.then(|| peer.object.id.namespace.clone()),
                name: peer.object.id.name.clone(),
                patch: json!({ "spec": { "mtls": { "mode": "STRICT" } } }),
            }),
    )
}

/// Namespaces for which some policy without a selector decides.
fn decided<'a>(context: &Context<'a>) -> BTreeSet<&'a str> {
    let peers = context.inventory.mesh.peers.iter();
    let decides = |peer: &&PeerAuthentication| {
        peer.selector.is_none() && peer.mode.as_ref().is_some_and(|mode| mode.value != "UNSET")
    };
    peers.filter(decides).map(|peer| peer.object.id.namespace.as_str()).collect()
}

fn nobody_says(context: &Context<'_>, members: &BTreeMap<&str, &Origin>) -> Option<Finding> {
    let decided = decided(context);
    let answered = context.inventory.answers.get(ANSWER.0).is_some_and(|answer| answer.value == ANSWER.1);
    if decided.contains(ROOT) || answered {
        return None;
    }
    let open: Vec<(&str, &Origin)> =
        members.iter().filter(|(name, _)| !decided.contains(**name)).map(|(name, at)| (*name, *at)).collect();
    let (first, _) = open.first()?;
    let whose = sehat_analysis::names(open.iter().map(|(name, _)| *name));
    let finding = if context.inventory.whole { Finding::broken } else { Finding::unknown };
    let finding = finding(NAME, Severity::High, format!("Namespace {first}"))
        .says(format!("nothing makes the mesh refuse plaintext in {whose}"))
        .witness("a mesh without a `PeerAuthentication` is permissive: it takes calls without a certificate")
        .repair("add a `PeerAuthentication` with `mode: STRICT` to `istio-system`, or to each namespace")
        .asks(format!("{}: {}", ANSWER.0, ANSWER.1))
        .counts(open.len());
    let finding = open.iter().take(5).fold(finding, |finding, (_, at)| finding.at(*at, "in the mesh"));
    Some(open.iter().fold(finding, |finding, (namespace, _)| finding.fix(Fix::Add(strict(namespace)))))
}

fn strict(namespace: &str) -> serde_json::Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": { "name": "default", "namespace": namespace },
        "spec": { "mtls": { "mode": "STRICT" } },
    })
}

/// Returns the mode that holds for a namespace, and where it is stated.
fn mode_of<'a>(context: &Context<'a>, namespace: &str) -> Option<(&'a str, &'a Origin)> {
    let of = |wanted: &str| {
        let peers = context.inventory.mesh.peers.iter();
        let whole = peers.filter(|peer| peer.selector.is_none() && peer.object.id.namespace == wanted);
        whole.filter_map(|peer| peer.mode.as_ref()).find(|mode| mode.value != "UNSET")
    };
    of(namespace).or_else(|| of(ROOT)).map(|mode| (mode.value.as_str(), &mode.origin))
}

/// What a destination rule makes callers speak, against what the pods accept.
fn client(context: &Context<'_>, index: &MeshIndex<'_>, rule: &DestinationRule) -> Option<Finding> {
    let (namespace, _) = service_of(&rule.host.value, &rule.object.id.namespace)?;
    let behind = index.workloads(&rule.host.value, &rule.object);
    if behind.is_empty() || behind.iter().all(|workload| has_no_sidecar(workload)) {
        return None;
    }
    let subsets = rule.subsets.iter().map(|subset| &subset.policy);
    let mut stated = subsets
        .chain([&rule.policy])
        .flat_map(|policy| policy.tls.iter().chain(policy.port_tls.iter().map(|(_, tls)| tls)));
    let wrong = stated.find(|tls| !matches!(tls.mode.value.as_str(), "ISTIO_MUTUAL" | ""))?;
    match mode_of(context, namespace) {
        Some(("STRICT", strict)) => Some(refused(rule, wrong, strict)),
        _ if wrong.mode.value == "DISABLE" => Some(turned_off(rule, wrong)),
        _ => None,
    }
}

fn has_no_sidecar(workload: &Workload) -> bool {
    let key = "sidecar.istio.io/inject";
    let stated = workload.pod.labels.get(key).or_else(|| workload.pod.annotations.get(key));
    stated.is_some_and(|stated| stated.value == "false")
}

fn refused(rule: &DestinationRule, tls: &ClientTls, strict: &Origin) -> Finding {
    Finding::broken(NAME, Severity::High, rule.object.id.to_string())
        .says(format!(
            "callers of `{}` use `{}`, and its pods accept the mesh's certificates only",
            rule.host, tls.mode
        ))
        .witness("each call is reset before it reaches the service")
        .repair("set `mode: ISTIO_MUTUAL`, or leave `tls` out")
        .at(&tls.mode.origin, "spoken here")
        .at(strict, "refused by this")
        .fix(Fix::Replace { origin: tls.mode.origin.clone(), with: "ISTIO_MUTUAL".to_owned() })
}

fn turned_off(rule: &DestinationRule, tls: &ClientTls) -> Finding {
    Finding::broken(NAME, Severity::Medium, rule.object.id.to_string())
        .says(format!("calls to `{}` are sent in plaintext", rule.host))
        .witness("who can listen on a node's network reads them")
        .repair("set `mode: ISTIO_MUTUAL`, or leave `tls` out")
        .at(&tls.mode.origin, "turned off here")
        .fix(Fix::Replace { origin: tls.mode.origin.clone(), with: "ISTIO_MUTUAL".to_owned() })
}

fn unverified(rule: &DestinationRule) -> Option<Finding> {
    let subsets = rule.subsets.iter().map(|subset| &subset.policy);
    let mut stated = subsets
        .chain([&rule.policy])
        .flat_map(|policy| policy.tls.iter().chain(policy.port_tls.iter().map(|(_, tls)| tls)));
    let skipped = stated.find_map(|tls| tls.unverified.as_ref().filter(|stated| stated.value))?;
    Some(
        Finding::broken(NAME, Severity::High, rule.object.id.to_string())
            .says(format!("the certificate of `{}` is not looked at", rule.host))
            .witness("whoever answers in its place is believed")
            .repair("leave `insecureSkipVerify` out and name the authority in `caCertificates`")
            .at(&skipped.origin, "not verified"),
    )
}

/// A gateway whose routes all answer an authority's challenge must speak plain HTTP: RFC 8555, 8.3.
fn only_proves_names(context: &Context<'_>, gateway: &MeshGateway) -> bool {
    let id = &gateway.object.id;
    let uses = |name: &str| name == id.name || name == format!("{}/{}", id.namespace, id.name);
    let services = context.inventory.mesh.services.iter();
    let mut routes = services
        .filter(|service| service.gateways.iter().any(|name| uses(&name.value)))
        .flat_map(|service| &service.routes)
        .peekable();
    let is_challenge =
        |route: &MeshRoute| route.matches.iter().any(|one| one.says.contains("/.well-known/acme-challenge"));
    routes.peek().is_some() && routes.all(is_challenge)
}

fn plain_servers(gateway: &MeshGateway) -> Vec<Finding> {
    // What leaves the mesh is encrypted behind this gateway, by a rule of its own.
    let leaves = gateway.selector.values().any(|label| label.value.contains("egress"));
    let plain = |server: &&MeshServer| {
        matches!(server.protocol.value.as_str(), "HTTP" | "HTTP2" | "GRPC")
            && !server.redirects
            && server.tls_mode.is_none()
    };
    let servers = gateway.servers.iter().filter(plain).filter(|_| !leaves);
    servers.map(|server| plain_server(&gateway.object, server)).collect()
}

fn plain_server(gateway: &Object, server: &MeshServer) -> Finding {
    let hosts = sehat_analysis::names(server.hosts.iter().map(|host| host.value.as_str()));
    Finding::broken(NAME, Severity::Medium, gateway.id.to_string())
        .says(format!("{hosts} can be used without encryption on port {}", server.port))
        .witness("passwords and records cross the way to the gateway in the open, unless something in front ends TLS")
        .repair("set `tls: { httpsRedirect: true }`, and serve HTTPS beside it")
        .at(&server.protocol.origin, "plain HTTP")
}
