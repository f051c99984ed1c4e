//! Istio: routes, destination rules, gateways, and the policies of identity and encryption.

use sehat_platform::inventory::format::{Fault, FaultKind};
use sehat_platform::inventory::mesh::{
    Authorization, AuthorizationAction, AuthorizationCondition, AuthorizationOperation, AuthorizationRule,
    AuthorizationSource, ClientTls, Destination, DestinationRule, InjectedFault, Matches, MeshGateway,
    MeshRoute, MeshServer, OutlierDetection, PeerAuthentication, Pool, Retries, RouteMatch, RouteProtocol,
    ServiceEntry, Sidecar, Subset, TrafficPolicy, VirtualService,
};
use sehat_platform::inventory::{Inventory, Object, ObjectId, Stated};
use sehat_yaml::Node;

use super::Kind;
use super::get::{flag, int, is_true, items, labels, plain_selector, selector, text, texts, word};

const NETWORK: &str = "networking.istio.io";
const SECURITY: &str = "security.istio.io";

pub const KINDS: &[Kind] = &[
    Kind { group: NETWORK, kind: "VirtualService", read: virtual_service },
    Kind { group: NETWORK, kind: "DestinationRule", read: destination_rule },
    Kind { group: NETWORK, kind: "Gateway", read: gateway },
    Kind { group: NETWORK, kind: "Sidecar", read: sidecar },
    Kind { group: NETWORK, kind: "ServiceEntry", read: service_entry },
    Kind { group: SECURITY, kind: "PeerAuthentication", read: peer_authentication },
    Kind { group: SECURITY, kind: "AuthorizationPolicy", read: authorization },
];

fn spec(node: &Node) -> &Node {
    node.get("spec").unwrap_or(node)
}

fn virtual_service(node: &Node, object: Object, inventory: &mut Inventory) {
    let spec = spec(node);
    let of = |key: &str, protocol: RouteProtocol| -> Vec<MeshRoute> {
        items(spec, &[key]).iter().map(|node| route(node, protocol)).collect()
    };
    let mut routes = of("http", RouteProtocol::Http);
    routes.extend(of("tls", RouteProtocol::Tls));
    routes.extend(of("tcp", RouteProtocol::Tcp));
    inventory.mesh.services.push(VirtualService {
        hosts: texts(spec, &["hosts"]),
        gateways: texts(spec, &["gateways"]),
        routes,
        object,
    });
}

fn route(node: &Node, protocol: RouteProtocol) -> MeshRoute {
    let mirrors = items(node, &["mirrors"]).iter().filter_map(|mirror| mirror.at(&["destination"]));
    MeshRoute {
        origin: node.origin.clone(),
        protocol,
        name: text(node, &["name"]).map(|name| name.value),
        matches: items(node, &["match"]).iter().map(route_match).collect(),
        destinations: items(node, &["route"]).iter().filter_map(weighted).collect(),
        mirrors: node.at(&["mirror"]).into_iter().chain(mirrors).filter_map(destination).collect(),
        timeout_ms: duration_ms(node, &["timeout"]),
        retries: node.at(&["retries"]).map(retries),
        fault: node.at(&["fault"]).map(injected),
        answers: node.get("redirect").is_some() || node.get("directResponse").is_some(),
        first_field: first_field(node),
    }
}

/// A map written in lines begins where its first key does; one in braces does not.
fn first_field(node: &Node) -> Option<sehat_diagnostic::Origin> {
    let (key, _) = node.entries().first()?;
    (key.origin.start == node.origin.start).then(|| key.origin.clone())
}

fn weighted(node: &Node) -> Option<Destination> {
    let weight = int(node, &["weight"]);
    Some(Destination { origin: node.origin.clone(), weight, ..destination(node.at(&["destination"])?)? })
}

fn destination(node: &Node) -> Option<Destination> {
    Some(Destination {
        origin: node.origin.clone(),
        host: text(node, &["host"])?,
        subset: text(node, &["subset"]),
        port: int(node, &["port", "number"]),
        weight: None,
    })
}

fn route_match(node: &Node) -> RouteMatch {
    let says: Vec<String> = node.entries().iter().map(|(key, value)| condition(&key.text, value)).collect();
    RouteMatch {
        origin: node.origin.clone(),
        says: says.join(", "),
        methods: text(node, &["method", "exact"]).map(|method| method.value).into_iter().collect(),
        port: int(node, &["port"]).map(|port| port.value),
    }
}

fn condition(key: &str, value: &Node) -> String {
    match key {
        "headers" | "queryParams" | "withoutHeaders" => {
            let names: Vec<&str> = value.entries().iter().map(|(name, _)| name.text.as_str()).collect();
            format!("{key} {}", names.join(" "))
        }
        _ => {
            let text = value.as_text().or_else(|| value.entries().first()?.1.as_text());
            format!("{key} {}", text.unwrap_or_default())
        }
    }
}

fn retries(node: &Node) -> Retries {
    Retries {
        origin: node.origin.clone(),
        attempts: int(node, &["attempts"]),
        per_try_ms: duration_ms(node, &["perTryTimeout"]),
        on: text(node, &["retryOn"]),
    }
}

fn injected(node: &Node) -> InjectedFault {
    let percent = |path: &[&str]| {
        let stated = node.at(path)?;
        // Without a percentage every request is hit.
        let value = stated.at(&["percentage", "value"]).or_else(|| stated.at(&["percent"]));
        Some(value.and_then(Node::as_int).map_or(100, |value| u32::try_from(value).unwrap_or(0)))
    };
    InjectedFault {
        origin: node.origin.clone(),
        abort_percent: percent(&["abort"]),
        delay_percent: percent(&["delay"]),
        delay_ms: duration_ms(node, &["delay", "fixedDelay"]),
    }
}

fn destination_rule(node: &Node, object: Object, inventory: &mut Inventory) {
    let spec = spec(node);
    let Some(host) = text(spec, &["host"]) else {
        return inventory.skip("DestinationRule without host", &object.origin);
    };
    let subsets = items(spec, &["subsets"]);
    let policies = subsets.iter().chain([spec]).filter_map(|node| node.at(&["trafficPolicy"]));
    let old: Vec<Fault> = policies.filter_map(|policy| old_field(policy, &object)).collect();
    inventory.format.extend(old);
    inventory.mesh.rules.push(DestinationRule {
        host,
        policy: spec.at(&["trafficPolicy"]).map(policy).unwrap_or_default(),
        subsets: subsets.iter().filter_map(subset).collect(),
        selector: selector(spec, &["workloadSelector"]),
        object,
    });
}

fn subset(node: &Node) -> Option<Subset> {
    Some(Subset {
        name: text(node, &["name"])?,
        labels: labels(node, &["labels"]),
        policy: node.at(&["trafficPolicy"]).map(policy).unwrap_or_default(),
    })
}

fn policy(node: &Node) -> TrafficPolicy {
    let ports = items(node, &["portLevelSettings"]);
    let port_tls = |setting: &Node| {
        Some((int::<u16>(setting, &["port", "number"])?.value, client_tls(setting.at(&["tls"])?)?))
    };
    TrafficPolicy {
        tls: node.at(&["tls"]).and_then(client_tls),
        port_tls: ports.iter().filter_map(port_tls).collect(),
        pool: Pool {
            connections_max: int(node, &["connectionPool", "tcp", "maxConnections"]),
            pending_max: int(node, &["connectionPool", "http", "http1MaxPendingRequests"]),
            requests_max: int(node, &["connectionPool", "http", "http2MaxRequests"]),
            requests_per_connection_max: int(node, &["connectionPool", "http", "maxRequestsPerConnection"]),
        },
        outliers: node.at(&["outlierDetection"]).map(outliers),
    }
}

fn client_tls(node: &Node) -> Option<ClientTls> {
    Some(ClientTls { mode: text(node, &["mode"])?, unverified: flag(node, &["insecureSkipVerify"]) })
}

fn outliers(node: &Node) -> OutlierDetection {
    OutlierDetection {
        origin: node.origin.clone(),
        ejected_percent_max: int(node, &["maxEjectionPercent"]),
        healthy_percent_min: int(node, &["minHealthPercent"]),
    }
}

/// Source: Istio, reference of `OutlierDetection`: `consecutiveErrors` was replaced in 1.6, and istiod no longer reads it.
fn old_field(policy: &Node, object: &Object) -> Option<Fault> {
    let outliers = policy.at(&["outlierDetection"])?;
    let (key, value) = outliers.entries().iter().find(|(key, _)| key.text == "consecutiveErrors")?;
    let count = value.as_text().unwrap_or_default();
    Some(Fault {
        kind: FaultKind::Schema,
        subject: object.id.to_string(),
        message: format!(
            "`consecutiveErrors: {count}` is not read any more, so pods are put aside by other rules"
        ),
        witness: "istiod reads `consecutive5xxErrors` and `consecutiveGatewayErrors` only".to_owned(),
        repair: format!("write `consecutive5xxErrors: {count}`"),
        origin: key.origin.clone(),
        grave: false,
        ..Fault::default()
    })
}

fn gateway(node: &Node, object: Object, inventory: &mut Inventory) {
    let spec = spec(node);
    let servers = items(spec, &["servers"]).iter().map(|server| MeshServer {
        origin: server.origin.clone(),
        port: int(server, &["port", "number"]).map_or(0, |port| port.value),
        protocol: text(server, &["port", "protocol"]).unwrap_or_default(),
        hosts: texts(server, &["hosts"]),
        tls_mode: text(server, &["tls", "mode"]),
        tls_secret: text(server, &["tls", "credentialName"]),
        redirects: is_true(server, &["tls", "httpsRedirect"]),
    });
    let servers = servers.collect();
    inventory.mesh.gateways.push(MeshGateway { selector: labels(spec, &["selector"]), servers, object });
}

fn sidecar(node: &Node, object: Object, inventory: &mut Inventory) {
    let spec = spec(node);
    let hosts = items(spec, &["egress"]).iter().flat_map(|egress| texts(egress, &["hosts"]));
    inventory.mesh.sidecars.push(Sidecar {
        selector: plain_selector(spec, &["workloadSelector", "labels"]),
        egress_hosts: hosts.collect(),
        outbound: text(spec, &["outboundTrafficPolicy", "mode"]),
        object,
    });
}

fn service_entry(node: &Node, object: Object, inventory: &mut Inventory) {
    let spec = spec(node);
    let ports = items(spec, &["ports"])
        .iter()
        .filter_map(|port| Some((int::<u16>(port, &["number"])?.value, word(port, &["protocol"]))));
    inventory.mesh.entries.push(ServiceEntry {
        hosts: texts(spec, &["hosts"]),
        addresses: texts(spec, &["addresses"]),
        ports: ports.collect(),
        location: text(spec, &["location"]),
        selector: plain_selector(spec, &["workloadSelector", "labels"]),
        has_endpoints: !items(spec, &["endpoints"]).is_empty()
            || word(spec, &["resolution"]).starts_with("DNS"),
        object,
    });
}

fn peer_authentication(node: &Node, object: Object, inventory: &mut Inventory) {
    let spec = spec(node);
    let ports = spec.at(&["portLevelMtls"]).map_or(&[][..], Node::entries);
    let port =
        |(key, value): &(sehat_yaml::Key, Node)| Some((key.text.parse().ok()?, text(value, &["mode"])?));
    inventory.mesh.peers.push(PeerAuthentication {
        selector: selector(spec, &["selector"]),
        mode: text(spec, &["mtls", "mode"]),
        ports: ports.iter().filter_map(port).collect(),
        object,
    });
}

fn authorization(node: &Node, object: Object, inventory: &mut Inventory) {
    let spec = spec(node);
    let one = spec.at(&["targetRef"]);
    let targets = one.into_iter().chain(items(spec, &["targetRefs"])).filter_map(|target| {
        let name = text(target, &["name"])?;
        Some(name.map(|name| ObjectId::new(word(target, &["kind"]), &object.id.namespace, name)))
    });
    inventory.mesh.authorizations.push(Authorization {
        selector: selector(spec, &["selector"]),
        targets: targets.collect(),
        action: match word(spec, &["action"]).as_str() {
            "DENY" => AuthorizationAction::Deny,
            "AUDIT" => AuthorizationAction::Audit,
            "CUSTOM" => AuthorizationAction::Custom,
            _ => AuthorizationAction::Allow,
        },
        rules: items(spec, &["rules"]).iter().map(authorization_rule).collect(),
        object,
    });
}

fn authorization_rule(node: &Node) -> AuthorizationRule {
    let sources = items(node, &["from"]).iter().filter_map(|item| item.at(&["source"]));
    let operations = items(node, &["to"]).iter().filter_map(|item| item.at(&["operation"]));
    AuthorizationRule {
        origin: node.origin.clone(),
        from: sources.map(authorization_source).collect(),
        to: operations.map(authorization_operation).collect(),
        when: items(node, &["when"]).iter().filter_map(authorization_condition).collect(),
    }
}

fn authorization_source(node: &Node) -> AuthorizationSource {
    AuthorizationSource {
        origin: node.origin.clone(),
        principals: matches(node, "principals", "notPrincipals"),
        namespaces: matches(node, "namespaces", "notNamespaces"),
        service_accounts: matches(node, "serviceAccounts", "notServiceAccounts"),
        blocks: matches(node, "ipBlocks", "notIpBlocks"),
        remote_blocks: matches(node, "remoteIpBlocks", "notRemoteIpBlocks"),
        request_principals: matches(node, "requestPrincipals", "notRequestPrincipals"),
    }
}

fn authorization_operation(node: &Node) -> AuthorizationOperation {
    AuthorizationOperation {
        origin: node.origin.clone(),
        hosts: matches(node, "hosts", "notHosts"),
        ports: matches(node, "ports", "notPorts"),
        methods: matches(node, "methods", "notMethods"),
        paths: matches(node, "paths", "notPaths"),
    }
}

fn authorization_condition(node: &Node) -> Option<AuthorizationCondition> {
    Some(AuthorizationCondition { key: text(node, &["key"])?, values: matches(node, "values", "notValues") })
}

fn matches(node: &Node, wanted: &str, refused: &str) -> Matches {
    Matches { any: texts(node, &[wanted]), none: texts(node, &[refused]) }
}

/// Durations as Go writes them: `30s`, `1.5s`, `250ms`, `1h30m`.
fn duration_ms(node: &Node, path: &[&str]) -> Option<Stated<u64>> {
    let stated = text(node, path)?;
    Some(Stated::new(read_duration(&stated.value)?, stated.origin))
}

const UNITS: [(&str, f64); 6] =
    [("ns", 1e-6), ("us", 1e-3), ("ms", 1.0), ("s", 1e3), ("m", 60e3), ("h", 3600e3)];

/// No stated wait is longer than a year; beyond it a number is a slip of the pen.
const DURATION_MS_MAX: f64 = 365.0 * 24.0 * 3600e3;

fn read_duration(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let (_, factor) = UNITS.iter().find(|(known, _)| *known == unit)?;
        total += number.parse::<f64>().ok()? * factor;
        rest = tail;
    }
    (!text.trim().is_empty() && (0.0..=DURATION_MS_MAX).contains(&total)).then(|| whole(total))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the caller has bounded it")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::read_duration;

    #[test]
    fn reads_durations() {
        let all = ["30s", "1.5s", "250ms", "1h30m", "5", "s", "", "-1s", "99999999h"];
        let read: Vec<_> = all.iter().map(|text| format!("{text} {:?}", read_duration(text))).collect();
        insta::assert_snapshot!(read.join("\n"), @"
        30s Some(30000)
        1.5s Some(1500)
        250ms Some(250)
        1h30m Some(5400000)
        5 None
        s None
         None
        -1s None
        99999999h None
        ");
    }
}
