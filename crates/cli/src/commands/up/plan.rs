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
    section(&mut text, "runs", platform, composed, |role| matches!(role, Role::Server(_)));
    section(&mut text, "stand-ins", platform, composed, |role| *role == Role::StandIn);
    let _ = writeln!(text, "{}", bold("not run in the lab"));
    for line in not_run(composed) {
        let _ = writeln!(text, "  {line}");
    }
    let packages: Vec<String> = composed.blueprint.packages().into_iter().collect();
    let _ = writeln!(text, "\n{}\n  {}", bold("packages of the root"), packages.join(" "));
    text
}

fn section(text: &mut String, title: &str, platform: &Platform, composed: &Composed, wanted: fn(&Role) -> bool) {
    let _ = writeln!(text, "{}", bold(title));
    for (name, _) in composed.roles.iter().filter(|(_, role)| wanted(role)) {
        let component = &platform.components[name];
        let product = component.product.get().map_or("", String::as_str);
        let version = component.version.get().map_or("", String::as_str);
        let count = platform.instances_of(name).count();
        let _ = writeln!(text, "  {count} x {name}  {}", dim(&sehat_diagnostic::redact(&format!("{product} {version}"))));
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
