//! Proves that probes ask the container for something it has, and do not kill it while it still starts.
//!
//! Broken: a probe of a port by a name that no container of the pod has; a liveness probe without a
//! startup probe that gives up before the readiness probe so much as begins; pods behind a Service
//! without a readiness probe, which get requests before they can answer them.
//!
//! Unknown: a probe of a port by a number that the container does not declare, though it declares others:
//! a declaration opens nothing, so the port may be there all the same.
//!
//! Source: Kubernetes, *Configure Liveness, Readiness and Startup Probes*: a failed start is judged after
//! `initialDelaySeconds + failureThreshold * periodSeconds`, by default 0, 3 and 10.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::workload::{Container, PortRef, Probe, ProbeAction, Workload};
use sehat_verdict::{Finding, Fix, Severity};
use serde_json::json;

use crate::load::{first_and_more, is_near, merge_container, quoted, serves, verb, with_places};
use crate::{Context, Outcome, Rule};

const NAME: &str = "probe-fits-container";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Probes ask for ports that exist, and a starting container is not killed.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes: Configure Liveness, Readiness and Startup Probes",
    file: include_str!("probe_fits_container.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let mut findings: Vec<Finding> = context.inventory.workloads.iter().flat_map(of_workload).collect();
    findings.extend(without_readiness(context));
    findings.into()
}

fn of_workload(workload: &Workload) -> Vec<Finding> {
    let mut findings = Vec::new();
    for container in workload.pod.running() {
        for (kind, probe) in probes(container) {
            findings.extend(port_missing(workload, container, kind, probe));
        }
        findings.extend(killed_at_start(workload, container));
    }
    findings
}

fn probes(container: &Container) -> impl Iterator<Item = (&'static str, &Probe)> {
    let named = [
        ("readiness", &container.readiness),
        ("liveness", &container.liveness),
        ("startup", &container.startup),
    ];
    named.into_iter().filter_map(|(kind, probe)| Some((kind, probe.as_ref()?)))
}

/// Source: kubelet, `resolveContainerPort`: a name is looked up among the ports of the same container.
fn port_missing(workload: &Workload, container: &Container, kind: &str, probe: &Probe) -> Option<Finding> {
    let (ProbeAction::Http { port, .. } | ProbeAction::Tcp(port) | ProbeAction::Grpc(port)) = &probe.action
    else {
        return None;
    };
    match port {
        PortRef::Name(name) => {
            let known = container.ports.iter().any(|known| known.name.as_ref() == Some(&name.value));
            (!known).then(|| name_missing(workload, container, kind, &name.value, &name.origin))
        }
        PortRef::Number(number) => {
            let elsewhere = workload.pod.ports().any(|known| known.number == number.value);
            let declares = !container.ports.is_empty() && !elsewhere;
            declares.then(|| number_undeclared(workload, container, kind, number.value, &number.origin))
        }
    }
}

fn name_missing(workload: &Workload, container: &Container, kind: &str, name: &str, at: &Origin) -> Finding {
    let names: Vec<&str> = container.ports.iter().filter_map(|port| port.name.as_deref()).collect();
    let near = names.iter().find(|known| is_near(known, name)).or(names.first().filter(|_| names.len() == 1));
    let repair = near.map_or_else(
        || format!("name a port of the container `{name}`, or probe it by its number"),
        |near| format!("did you mean `{near}`?"),
    );
    let finding = Finding::broken(NAME, Severity::High, workload.object.id.to_string())
        .says(format!(
            "the {kind} probe of `{}` asks port `{name}`, and container `{}` has no port of that name",
            workload.object.id, container.name
        ))
        .witness("the kubelet cannot resolve the name, so the probe fails each time")
        .repair(repair)
        .at(at, "no such port")
        .at(&container.origin, "the container");
    match near {
        Some(near) => finding.fix(Fix::Replace { origin: at.clone(), with: (*near).to_owned() }),
        None => finding,
    }
}

fn number_undeclared(
    workload: &Workload,
    container: &Container,
    kind: &str,
    number: u16,
    at: &Origin,
) -> Finding {
    let declared: Vec<String> = container.ports.iter().map(|port| port.number.to_string()).collect();
    Finding::unknown(NAME, Severity::Low, workload.object.id.to_string())
        .says(format!(
            "the {kind} probe of `{}` asks port {number}, and container `{}` declares {}",
            workload.object.id,
            container.name,
            declared.join(", ")
        ))
        .witness("nothing in the files says that it listens there")
        .repair(format!("declare {number}, or probe a declared port"))
        .at(at, "asked here")
        .at(container.ports.first().map(|port| &port.origin), "declared here")
}

/// When the kubelet gives up, in seconds after the start.
fn gives_up_s(probe: &Probe) -> u64 {
    let or = |stated: &Option<sehat_platform::inventory::Stated<u64>>, default| {
        stated.as_ref().map_or(default, |stated| stated.value)
    };
    or(&probe.delay_s, 0).saturating_add(or(&probe.failures, 3).saturating_mul(or(&probe.period_s, 10)))
}

/// The readiness probe says how long the start takes; the liveness probe kills before.
fn killed_at_start(workload: &Workload, container: &Container) -> Option<Finding> {
    let (liveness, readiness) = (container.liveness.as_ref()?, container.readiness.as_ref()?);
    let ready_s = readiness.delay_s.as_ref()?;
    let killed_s = gives_up_s(liveness);
    if container.startup.is_some() || killed_s >= ready_s.value {
        return None;
    }
    Some(
        Finding::broken(NAME, Severity::Medium, workload.object.id.to_string())
            .says(format!(
                "the liveness probe of `{}` gives up after {killed_s} s, and container `{}` is asked whether it is ready after {} s",
                workload.object.id, container.name, ready_s.value
            ))
            .witness(format!("a start that takes {} s is killed at {killed_s} s, again and again", ready_s.value))
            .repair("add a startup probe that lasts as long as the start may take")
            .at(&liveness.origin, "gives up earlier")
            .at(&ready_s.origin, "ready from here on"),
    )
}

/// Pods behind a Service that nothing asks whether they are ready.
fn without_readiness(context: &Context<'_>) -> Option<Finding> {
    let mut bare: Vec<(&Workload, &Container, Option<Fix>)> = Vec::new();
    for workload in context.inventory.workloads.iter().filter(|workload| serves(workload)) {
        if workload.pod.running().any(|container| container.readiness.is_some()) {
            continue;
        }
        let port = served_port(context, workload);
        let Some(first) = workload.pod.containers.first().filter(|_| port.is_some()) else { continue };
        let container = workload
            .pod
            .containers
            .iter()
            .find(|container| container.ports.iter().any(|known| Some(known.number) == port))
            .unwrap_or(first);
        let fields = json!({ "readinessProbe": { "tcpSocket": { "port": port } } });
        bare.push((workload, container, Some(merge_container(workload, &container.name, &fields))));
    }
    let (first, ..) = bare.first()?;
    let subject = first_and_more(&first.object.id, bare.len());
    let places: Vec<(&Origin, &str)> =
        bare.iter().map(|(_, container, _)| (&container.origin, "no readiness probe")).collect();
    let finding = Finding::broken(NAME, Severity::Low, subject)
        .says(format!(
            "{} {} behind a Service without a readiness probe",
            quoted(&first.object.id, bare.len()),
            verb(bare.len(), "stands", "stand")
        ))
        .witness("a pod gets requests as soon as its process runs, at every start and every rollout")
        .repair("add a readiness probe");
    Some(bare.into_iter().filter_map(|(.., fix)| fix).fold(with_places(finding, &places), Finding::fix))
}

fn served_port<'a>(context: &Context<'a>, workload: &'a Workload) -> Option<u16> {
    let services = context.index.in_front_of(workload);
    services
        .filter(|service| !service.headless)
        .flat_map(|service| &service.ports)
        .find_map(|port| port.target.resolve(&workload.pod))
}
