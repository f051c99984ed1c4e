//! Proves that what should be scraped is scraped, where it answers.
//!
//! Relabelling is run on the pods of the files. A path or a port that an annotation states must arrive: an expression
//! that no path fits, or a job without a rule for the port, scrapes somewhere else. A ServiceMonitor must select a
//! Service by the Service's own labels, and name one of its ports. A Prometheus must select the monitors.
//!
//! Unknown: a monitor that selects nothing of these files, where nothing shows that something was meant. Monitors of
//! `kube-system` and `default` select what the cluster itself brings, so they are not judged.
//!
//! Source: Prometheus documentation, `relabel_config` and `kubernetes_sd_config`; Prometheus operator API, ServiceMonitor.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::network::Service;
use sehat_platform::inventory::watch::{MetricServer, Monitor, Relabel, ScrapeJob, ServerKind};
use sehat_platform::inventory::workload::Workload;
use sehat_platform::inventory::{Inventory, Selector};
use sehat_verdict::{Finding, Severity};

use crate::relabel::{Relabelled, expression, of_pod, relabel};
use crate::{Context, Index, Outcome, Rule};

const NAME: &str = "scrape-selects-targets";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Selectors and relabelling keep the intended targets, with the path and the port that they state.",
    severity: Severity::High,
    hygiene: false,
    source: "Prometheus documentation: relabel_config; Prometheus operator API: ServiceMonitor",
    file: include_str!("scrape_selects_targets.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let inventory = context.inventory;
    let mut findings = Vec::new();
    for server in &inventory.watch.servers {
        for job in server.jobs.iter().filter(|job| job.role.as_ref().is_some_and(|role| role.value == "pod"))
        {
            findings.extend(path_never_fits(server, job));
            findings.extend(port_ignored(inventory, server, job));
        }
        findings.extend(monitors_unselected(inventory, server));
    }
    findings.extend(monitors(context.index, inventory));
    findings.into()
}

/// Paths that pods state in practice.
const PATHS: [&str; 3] = ["/metrics", "/actuator/prometheus", "/q/metrics"];

fn path_never_fits(server: &MetricServer, job: &ScrapeJob) -> Option<Finding> {
    let step = job.relabel.iter().find(|step| {
        step.action == "replace"
            && step.target.as_deref() == Some("__metrics_path__")
            && step.sources.iter().any(|source| source.contains("annotation") && source.ends_with("path"))
    })?;
    let regex = expression(step)?;
    (!PATHS.iter().any(|path| regex.is_match(path))).then(|| {
        let text = step.regex.as_ref().map_or("", |regex| regex.value.as_str());
        Finding::broken(NAME, Severity::Medium, &server.name)
            .says(format!(
                "job `{}` of {} takes no path from an annotation: `{text}` fits none",
                job.name, server.name
            ))
            .witness(format!(
                "a pod with path `/actuator/prometheus` is still asked for `/metrics`: `{text}` is not a path"
            ))
            .repair("write `regex: (.+)`")
            .at(step.regex.as_ref().map_or(&step.origin, |regex| &regex.origin), "no path fits this")
    })
}

/// The pods choose themselves by an annotation, and nothing takes the port that they state.
fn port_ignored(inventory: &Inventory, server: &MetricServer, job: &ScrapeJob) -> Option<Finding> {
    let of_annotation = |step: &&Relabel, end: &str| {
        step.sources.iter().any(|source| source.contains("pod_annotation") && source.ends_with(end))
    };
    let keep = job.relabel.iter().find(|step| step.action == "keep" && of_annotation(step, "scrape"))?;
    let by_port = |step: &Relabel| {
        step.target.as_deref() == Some("__address__")
            || matches!(step.action.as_str(), "keep" | "drop" | "keepequal")
                && step
                    .sources
                    .iter()
                    .any(|source| source.contains("container_port") || source.contains("container_name"))
    };
    if job.relabel.iter().any(by_port) {
        return None;
    }
    let witness = inventory.workloads.iter().find_map(|workload| wrong_ports(workload, job));
    let finding = Finding::broken(NAME, Severity::Medium, &server.name)
        .says(format!(
            "job `{}` of {} scrapes every port of a pod, not the one that it states",
            job.name, server.name
        ))
        .repair(
            "add a step that puts `__meta_kubernetes_pod_annotation_prometheus_io_port` into `__address__`",
        )
        .at(&keep.origin, "pods choose themselves here, and no step takes their port");
    Some(match witness {
        Some((workload, ports, stated)) => finding
            .witness(format!("{} states port {stated}, and is scraped on {ports}", workload.object.id))
            .at(&workload.object.origin, "scraped on ports without metrics"),
        None => finding
            .witness("a pod with ports 8080 and 9090 gives two targets, one of which answers no metrics"),
    })
}

fn wrong_ports<'a>(workload: &'a Workload, job: &ScrapeJob) -> Option<(&'a Workload, String, String)> {
    let stated = workload.pod.annotations.get("prometheus.io/port")?;
    let kept =
        of_pod(workload, &job.name).into_iter().filter_map(|target| match relabel(target, &job.relabel) {
            Relabelled::Kept(target) => target.get("__address__").cloned(),
            _ => None,
        });
    let ports: Vec<String> =
        kept.filter_map(|address| Some(address.rsplit_once(':')?.1.to_owned())).collect();
    let others = ports.iter().any(|port| *port != stated.value);
    others.then(|| (workload, ports.join(" and "), stated.value.clone()))
}

/// The Prometheus takes monitors by labels that they do not have.
fn monitors_unselected(inventory: &Inventory, server: &MetricServer) -> Option<Finding> {
    let selector = server.monitor_selector.as_ref().filter(|selector| !selector.is_empty())?;
    let monitors = &inventory.watch.monitors;
    let missed: Vec<&Monitor> = monitors
        .iter()
        .filter(|monitor| !monitor.of_pods && !selector.selects(&monitor.object.labels))
        .collect();
    let shown = shown(selector);
    let finding = Finding::broken(NAME, Severity::High, &server.name)
        .repair("leave the selector empty (`{}`), or give the monitors these labels");
    if server.kind == ServerKind::Chart && !selector.selects(&server.common_labels) {
        return Some(
            finding
                .says(format!("{} selects monitors with {shown}, which those of its own chart do not have", server.name))
                .witness("the chart labels its monitors `release: NAME`: those of kubelet, kube-state-metrics and node-exporter are not taken")
                .at(&selector.origin, "the chart's own monitors are left out")
                .counts(missed.len().max(1)),
        );
    }
    let any = monitors.iter().any(|monitor| selector.selects(&monitor.object.labels));
    let first = missed.first().filter(|_| !any && server.kind == ServerKind::Operator)?;
    Some(
        finding
            .says(format!("{} selects monitors with {shown}, and no monitor has that", server.name))
            .witness(format!("{} is not taken", first.object.id))
            .at(&selector.origin, "selects none of them")
            .at(&first.object.origin, "not taken")
            .counts(missed.len()),
    )
}

fn shown(selector: &Selector) -> String {
    let labels: Vec<String> =
        selector.labels.iter().map(|(key, value)| format!("`{key}: {}`", value.value)).collect();
    if labels.is_empty() { "expressions".to_owned() } else { labels.join(", ") }
}

fn monitors(index: &Index<'_>, inventory: &Inventory) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut nothing: Vec<&Monitor> = Vec::new();
    for monitor in inventory.watch.monitors.iter().filter(|monitor| is_judged(monitor)) {
        let namespaces = namespaces(monitor);
        let Some(selector) = &monitor.selector else { continue };
        if monitor.of_pods {
            let mut pods = namespaces.iter().flat_map(|name| index.workloads_in(name));
            if !pods.any(|workload| selector.selects(&workload.pod.labels)) {
                nothing.push(monitor);
            }
            continue;
        }
        let services: Vec<&Service> =
            namespaces.iter().flat_map(|name| index.services_in(name)).copied().collect();
        let selected: Vec<&Service> =
            services.iter().copied().filter(|service| selector.selects(&service.object.labels)).collect();
        if selected.is_empty() {
            match meant(selector, monitor, &services) {
                Some(service) => findings.push(unlabelled(inventory, monitor, selector, service)),
                None => nothing.push(monitor),
            }
        } else {
            findings.extend(no_such_port(monitor, &selected));
        }
    }
    findings.extend(selects_nothing(&nothing));
    findings
}

/// The cluster brings some services itself, and those of all namespaces cannot be told from a few files.
fn is_judged(monitor: &Monitor) -> bool {
    let of_cluster =
        |name: &String| matches!(name.as_str(), "kube-system" | "default" | "openshift-monitoring");
    let own = matches!(monitor.object.id.namespace.as_str(), "kube-system");
    !monitor.any_namespace && !own && !monitor.namespaces.iter().any(of_cluster)
}

fn namespaces(monitor: &Monitor) -> Vec<String> {
    if monitor.namespaces.is_empty() {
        vec![monitor.object.id.namespace.clone()]
    } else {
        monitor.namespaces.clone()
    }
}

/// A service that selects its pods by what the monitor asks of the service itself, or that is called the same.
fn meant<'a>(selector: &Selector, monitor: &Monitor, services: &[&'a Service]) -> Option<&'a Service> {
    let by_pods = |service: &&&Service| {
        service
            .selector
            .as_ref()
            .is_some_and(|pods| !selector.labels.is_empty() && selector.selects(&pods.labels))
    };
    let by_name = |service: &&&Service| {
        service.object.id.name == monitor.object.id.name
            || selector.labels.values().any(|value| value.value == service.object.id.name)
    };
    services.iter().find(by_pods).or_else(|| services.iter().find(by_name)).copied()
}

fn unlabelled(inventory: &Inventory, monitor: &Monitor, selector: &Selector, service: &Service) -> Finding {
    let has = if service.object.labels.is_empty() { "has no labels" } else { "does not have it" };
    let plain = inventory.watch.servers.iter().find(|server| server.kind == ServerKind::File);
    let operator = inventory.watch.servers.iter().any(|server| server.kind != ServerKind::File);
    let finding = Finding::broken(NAME, Severity::High, monitor.object.id.to_string())
        .says(format!(
            "{} selects services with {}, and {} {has}",
            monitor.object.id,
            shown(selector),
            service.object.id
        ))
        .witness(format!(
            "a monitor reads the labels of the Service, not of its pods: {} selects nothing",
            monitor.object.id
        ))
        .repair(format!(
            "give {} these labels, and its port the name that the monitor states",
            service.object.id
        ))
        .at(&selector.origin, "no service has this")
        .at(&service.object.origin, "the service that is meant");
    match plain.filter(|_| !operator) {
        Some(server) => {
            finding.at(&server.origin, "this Prometheus is configured by a file, and reads no monitors")
        }
        None => finding,
    }
}

fn no_such_port(monitor: &Monitor, services: &[&Service]) -> Option<Finding> {
    monitor.endpoints.iter().find_map(|endpoint| {
        let port = endpoint.port.as_ref()?;
        let has = |service: &&&Service| {
            service.ports.iter().any(|known| known.name.as_deref() == Some(port.as_str()))
        };
        let lacking: Vec<&&Service> = services.iter().filter(|service| !has(service)).collect();
        let first = (lacking.len() == services.len()).then(|| lacking.first()).flatten()?;
        let names: Vec<&str> = first.ports.iter().filter_map(|port| port.name.as_deref()).collect();
        let names = if names.is_empty() {
            "none with a name".to_owned()
        } else {
            format!("`{}`", names.join("`, `"))
        };
        Some(
            Finding::broken(NAME, Severity::High, monitor.object.id.to_string())
                .says(format!(
                    "{} scrapes port `{}`, and {} has {names}",
                    monitor.object.id, port.value, first.object.id
                ))
                .witness("a port that the Service does not name gives no target")
                .repair("name the port of the Service so, or scrape one that it has")
                .at(&port.origin, "no such port")
                .at(&first.object.origin, "the service"),
        )
    })
}

fn selects_nothing(monitors: &[&Monitor]) -> Option<Finding> {
    let first = monitors.first()?;
    let origin = |monitor: &Monitor| -> Origin {
        monitor
            .selector
            .as_ref()
            .map_or_else(|| monitor.object.origin.clone(), |selector| selector.origin.clone())
    };
    let finding = Finding::unknown(NAME, Severity::Medium, first.object.id.to_string())
        .says(format!("{} selects nothing that these files declare", first.object.id))
        .witness("if nothing else brings it, nothing is scraped, and no series says so")
        .repair("add what it selects to the input, or mend its labels")
        .at(&origin(first), "selects nothing here")
        .counts(monitors.len());
    Some(
        monitors
            .iter()
            .skip(1)
            .take(4)
            .fold(finding, |finding, monitor| finding.at(&origin(monitor), "nor does this")),
    )
}
