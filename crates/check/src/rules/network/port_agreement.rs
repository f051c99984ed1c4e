//! Proves that a port that one object names is a port that the other one has.
//!
//! Broken: a Service whose port leads to a name that none of its pods' containers has; an Ingress or a route to a
//! port that its Service does not have; a policy that opens a port by a name which no pod that it means has.
//!
//! Unknown: a Service whose port leads to a number that its pods do not declare, though they declare others: a
//! declaration opens nothing, so the port may be there all the same.
//!
//! Source: Kubernetes API, `ServicePort`, `IngressServiceBackend`, `NetworkPolicyPort`.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::edge::Backend;
use sehat_platform::inventory::network::{Policy, PolicyPorts, Service, ServicePort};
use sehat_platform::inventory::workload::{PortRef, Workload};
use sehat_reach::cluster::{Way, target_port};
use sehat_verdict::{Finding, Severity};

use super::hosts::Hosts;
use crate::{Context, Outcome, Rule};

const NAME: &str = "port-agreement";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "A port that one object names is a port that the other one has.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes API: ServicePort, IngressServiceBackend, NetworkPolicyPort",
    file: include_str!("port_agreement.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let network = &context.inventory.network;
    let mut findings: Vec<Finding> =
        network.services.iter().flat_map(|service| of_service(context, service)).collect();
    findings.extend(of_routes(context));
    findings.extend(network.policies.iter().flat_map(|policy| of_policy(context, policy)));
    findings.into()
}

fn of_service(context: &Context<'_>, service: &Service) -> Vec<Finding> {
    let behind: Vec<&Workload> = context.index.behind(service).collect();
    let declares = behind.iter().any(|workload| workload.pod.ports().next().is_some());
    if behind.is_empty() || !declares {
        return Vec::new();
    }
    let led = service.ports.iter().filter(|port| !behind.iter().any(|workload| leads_to(port, workload)));
    led.map(|port| leads_nowhere(service, port, behind[0])).collect()
}

/// A pod that declares no ports may have any.
fn leads_to(port: &ServicePort, workload: &Workload) -> bool {
    let mut declared = workload.pod.ports().filter(|stated| stated.protocol == port.protocol).peekable();
    match &port.target {
        PortRef::Name(_) => target_port(port, &workload.pod).is_some(),
        PortRef::Number(number) => {
            declared.peek().is_none() || declared.any(|stated| stated.number == **number)
        }
    }
}

fn leads_nowhere(service: &Service, port: &ServicePort, workload: &Workload) -> Finding {
    let id = service.object.id.to_string();
    let declared: Vec<String> = workload
        .pod
        .ports()
        .map(|stated| match &stated.name {
            Some(name) => format!("{name} ({})", stated.number),
            None => stated.number.to_string(),
        })
        .collect();
    let finding = match &port.target {
        PortRef::Name(_) => {
            Finding::broken(NAME, Severity::High, id).witness("the Service has no endpoint on this port")
        }
        PortRef::Number(_) => Finding::unknown(NAME, Severity::Low, id)
            .witness("where the container does not listen there either, connections are refused"),
    };
    let place = workload.pod.ports().next().map(|stated| &stated.origin);
    finding
        .says(format!(
            "port {} of `{}` leads to {}, and `{}` declares {}",
            port.port,
            service.object.id,
            port.target,
            workload.object.id,
            declared.join(", ")
        ))
        .repair("let `targetPort` and the container's port agree")
        .at(port.target.origin(), "leads here")
        .at(place, "declared here")
}

fn of_routes(context: &Context<'_>) -> Vec<Finding> {
    let hosts = Hosts::new(context);
    let routes = context.inventory.edge.routes.iter().filter(|route| route.object.id.kind != "Route");
    let backends = routes.flat_map(|route| route.backends.iter().map(move |backend| (route, backend)));
    backends
        .filter_map(|(route, backend)| {
            let target = &backend.target.value;
            let service =
                hosts.exact(&target.namespace, &target.name).filter(|_| target.kind == "Service")?;
            let wanted = backend.port.as_ref()?;
            let has = service.ports.iter().any(|port| match wanted {
                PortRef::Number(number) => **number == port.port,
                PortRef::Name(name) => port.name.as_ref() == Some(&name.value),
            });
            (!has && !service.ports.is_empty())
                .then(|| no_such_port(&route.object.id.to_string(), backend, service, wanted.origin()))
        })
        .collect()
}

fn no_such_port(route: &str, backend: &Backend, service: &Service, origin: &Origin) -> Finding {
    let stated: Vec<String> = service.ports.iter().map(|port| port.port.to_string()).collect();
    let wanted = backend.port.as_ref().map(ToString::to_string).unwrap_or_default();
    Finding::broken(NAME, Severity::High, route)
        .says(format!(
            "`{route}` leads to port {wanted} of `{}`, which has {}",
            service.object.id,
            stated.join(", ")
        ))
        .witness("the controller has no endpoint for the path and answers 503")
        .repair("name a port that the Service has")
        .at(origin, "leads here")
        .at(service.ports.first().map(|port| &port.origin), "the Service's port")
}

/// Names that a policy opens, and no pod that it means has.
fn of_policy(context: &Context<'_>, policy: &Policy) -> Vec<Finding> {
    let governed = context.index.cluster().governed_by(policy);
    let declares = |at: &usize| context.inventory.workloads[*at].pod.ports().next().is_some();
    let mut findings = Vec::new();
    for (rule, peers) in
        context.index.cluster().peers_of(policy, Way::In).into_iter().map(|(rule, _)| (rule, &governed))
    {
        let servers: Vec<&usize> = peers.iter().filter(|at| declares(at)).collect();
        for port in rule.ports.iter().flatten() {
            let PolicyPorts::Named(_, name) = &port.ports else { continue };
            let has = |at: &usize| {
                context.inventory.workloads[*at].pod.ports().any(|stated| stated.name.as_ref() == Some(name))
            };
            if let [first, ..] = servers.as_slice()
                && !peers.iter().any(has)
            {
                let workload = &context.inventory.workloads[**first];
                findings.push(opens_nothing(policy, name, &port.origin, workload));
            }
        }
    }
    findings
}

fn opens_nothing(policy: &Policy, name: &str, origin: &Origin, workload: &Workload) -> Finding {
    let id = policy.object.id.to_string();
    Finding::broken(NAME, Severity::High, id.as_str())
        .says(format!("`{id}` opens port `{name}`, and no container that it governs has a port of this name"))
        .witness("the rule opens nothing, so its callers stay outside")
        .repair("write the container's port, by its number or its own name")
        .at(origin, "opened here")
        .at(workload.pod.ports().next().map(|stated| &stated.origin), "the container's port")
}
