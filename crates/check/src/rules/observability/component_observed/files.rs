//! Monitors and scrape jobs held against the workloads, and the alert that always fires.

use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::watch::ServerKind;
use sehat_platform::inventory::workload::{Workload, WorkloadKind};
use sehat_verdict::{Finding, Severity, State};

use super::NAME;
use crate::relabel::{Relabelled, of_pod, relabel};
use crate::{Context, Index};

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let inventory = context.inventory;
    let state = if inventory.whole { State::Broken } else { State::Unknown };
    let findings = nobody_watches(inventory).into_iter().chain(unmeasured(context.index, inventory));
    findings.map(|finding| Finding { state, ..finding }).collect()
}

/// Something outside would have to notice that the monitoring is gone.
fn nobody_watches(inventory: &Inventory) -> Option<Finding> {
    let always = |expr: &str| expr.replace(' ', "").starts_with("vector(1)");
    let has_watchdog = inventory
        .watch
        .rules
        .iter()
        .any(|rule| always(&rule.expr) || rule.name.to_lowercase().contains("deadman"));
    // The chart of kube-prometheus brings one.
    let is_chart = inventory.watch.servers.iter().any(|server| server.kind == ServerKind::Chart);
    if has_watchdog || is_chart {
        return None;
    }
    let server = inventory.watch.servers.first()?;
    let (name, origin) = (server.name.clone(), &server.origin);
    Some(
        Finding::unknown(NAME, Severity::Medium, name.clone())
            .says(format!("nothing shows that somebody notices when {name} itself is gone"))
            .witness("it stops, no alert comes, and the night looks quiet")
            .repair("add a rule that always fires (`vector(1)`), and something outside that misses it")
            .at(origin, "nobody watches this"),
    )
}

/// Long-running workloads behind services, of which no monitor and no job takes any pod.
fn unmeasured(index: &Index<'_>, inventory: &Inventory) -> Option<Finding> {
    let watch = &inventory.watch;
    let of_jobs = || watch.servers.iter().flat_map(|server| &server.jobs);
    // A job that is not understood may take anything.
    let all_pods = of_jobs().all(|job| job.role.as_ref().is_some_and(|role| role.value == "pod"));
    let observed = |workload: &Workload| {
        let by_monitor = watch.monitors.iter().any(|monitor| {
            let id = &workload.object.id;
            let here = monitor.any_namespace
                || monitor.namespaces.contains(&id.namespace)
                || monitor.namespaces.is_empty() && monitor.object.id.namespace == id.namespace;
            let selects = |labels| monitor.selector.as_ref().is_some_and(|selector| selector.selects(labels));
            here && if monitor.of_pods {
                selects(&workload.pod.labels)
            } else {
                index.in_front_of(workload).any(|service| selects(&service.object.labels))
            }
        });
        by_monitor
            || of_jobs().any(|job| {
                of_pod(workload, &job.name)
                    .into_iter()
                    .any(|target| relabel(target, &job.relabel) != Relabelled::Dropped)
            })
    };
    let long =
        |workload: &&Workload| matches!(workload.kind, WorkloadKind::Deployment | WorkloadKind::StatefulSet);
    let (seen, unseen): (Vec<&Workload>, Vec<&Workload>) = inventory
        .workloads
        .iter()
        .filter(long)
        .filter(|workload| index.in_front_of(workload).next().is_some())
        .partition(|workload| observed(workload));
    let first = unseen.first().filter(|_| !seen.is_empty() && all_pods)?;
    let finding = Finding::unknown(NAME, Severity::Low, first.object.id.to_string())
        .says(format!("no monitor takes {}, as others are taken", first.object.id))
        .witness("it can fall silent or slow down, and no series shows it")
        .repair("add a ServiceMonitor for it, or the annotations that the scrape job asks for")
        .at(&first.object.origin, "not measured")
        .counts(unseen.len());
    Some(
        unseen
            .iter()
            .skip(1)
            .take(4)
            .fold(finding, |finding, other| finding.at(&other.object.origin, "nor this")),
    )
}
