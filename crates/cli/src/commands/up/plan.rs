//! What `up` would do, told before it does it.

use std::fmt::Write;

use sehat_platform::Platform;

use crate::compose::{Composed, Role};
use crate::style::{bold, dim};

/// Returns what runs, what stands in, and what does not run and why.
pub fn text(platform: &Platform, composed: &Composed) -> String {
    let mut text = format!("{} {}\n", bold(&platform.name), composed.blueprint.environment);
    let machines = &composed.blueprint.machines;
    let _ = writeln!(
        text,
        "{} machines and a router in {} segments, at most {} MiB of memory\n",
        machines.len(),
        composed.blueprint.segments.len(),
        composed.blueprint.memory_bytes_max() >> 20
    );
    let _ = writeln!(text, "{}\n", dim(COSTS));
    section(&mut text, "runs", platform, composed, |role| matches!(role, Role::Server(_)));
    section(&mut text, "stand-ins", platform, composed, |role| *role == Role::StandIn);
    let _ = writeln!(text, "{}", bold("not run in the lab"));
    for line in not_run(composed) {
        let _ = writeln!(text, "  {line}");
    }
    judged(&mut text, platform);
    let packages: Vec<String> = composed.blueprint.packages().into_iter().collect();
    let _ = writeln!(text, "\n{}\n  {}", bold("packages of the root"), packages.join(" "));
    text
}

/// Measured on two cores with Health-InfraOps.
const COSTS: &str = "prepared once: about 130 MB to download, 1 GB of disk, two minutes; then about ten seconds from up to ready";

/// Which drill can judge which promise.
fn judged(text: &mut String, platform: &Platform) {
    let stated = &platform.objectives;
    let promises = [
        ("availability", stated.availability.is_some(), "every drill that strikes"),
        ("failover", stated.failover.is_some(), "kill-instance, kill-node, kill-leader"),
        ("error-rate", stated.error_rate.is_some(), "no-fault"),
        ("rpo", stated.rpo.is_some(), "kill-node, kill-leader, drop-table"),
        ("rto", stated.rto.is_some(), "every drill that strikes"),
        ("response-time", stated.response_time.is_some(), NO_DRILL),
        ("throughput", stated.throughput.is_some(), NO_DRILL),
    ];
    let _ = writeln!(text, "\n{}", bold("promises that drills judge"));
    for (promise, _, drills) in promises.iter().filter(|(_, stated, _)| *stated) {
        let _ = writeln!(text, "  {promise}: {drills}");
    }
}

const NO_DRILL: &str = "none, because a copy on one machine says nothing of it";

fn section(
    text: &mut String,
    title: &str,
    platform: &Platform,
    composed: &Composed,
    wanted: fn(&Role) -> bool,
) {
    let _ = writeln!(text, "{}", bold(title));
    for (name, _) in composed.roles.iter().filter(|(_, role)| wanted(role)) {
        let component = &platform.components[name];
        let product = component.product.get().map_or("", String::as_str);
        let version = component.version.get().map_or("", String::as_str);
        let count = platform.instances_of(name).count();
        let _ = writeln!(
            text,
            "  {count} x {name}  {}",
            dim(&sehat_diagnostic::redact(&format!("{product} {version}")))
        );
    }
    text.push('\n');
}

/// Returns one line for each component that does not run.
pub fn not_run(composed: &Composed) -> Vec<String> {
    let lines = composed.roles.iter().filter_map(|(name, role)| match role {
        Role::NotRun { reason } => Some(format!("{name}: not run in the lab: {reason}")),
        _ => None,
    });
    lines.collect()
}
