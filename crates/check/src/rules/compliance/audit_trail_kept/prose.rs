//! The part over documents in words, and over the log levels that a configuration gives.

use sehat_platform::inventory::Stated;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{names_any, promise};

const TRAILS: [&str; 3] = ["cloudtrail", "auditd", "pgaudit"];

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let is_kept = prose.says(&["audit-log", "audit"]) || names_any(context, &TRAILS);
    if is_kept || !is_about_patients(context) {
        return Vec::new();
    }
    [levels(context), unnamed(context)].into_iter().flatten().take(1).collect()
}

fn is_about_patients(context: &Context<'_>) -> bool {
    let inventory = context.inventory;
    let names = inventory.workloads.iter().map(|workload| workload.object.id.name.as_str());
    let maps = inventory.config.maps.iter().flat_map(|map| map.data.keys()).map(String::as_str);
    let patient = |name: &str| {
        ["patient", "doctor", "medical", "clinic"].iter().any(|word| name.to_lowercase().contains(word))
    };
    inventory.prose.says(&["health"]) || names.chain(maps).any(patient)
}

/// Services that log errors only leave no trace of who read what.
fn levels(context: &Context<'_>) -> Option<Finding> {
    let all = context.inventory.config.maps.iter().flat_map(|map| &map.data);
    let quiet: Vec<(&String, &Stated<String>)> = all
        .filter(|(key, level)| {
            key.to_lowercase().ends_with("log_level")
                && matches!(level.value.to_lowercase().as_str(), "error" | "warn" | "warning" | "fatal")
        })
        .collect();
    let (_, first) = quiet
        .iter()
        .find(|(_, level)| level.value.eq_ignore_ascii_case("error"))
        .or_else(|| quiet.first())?;
    let mut finding = promise(context, NAME, Severity::Medium, "access to records")
        .says("some services log warnings or errors only, and no audit trail says who read which record")
        .witness("reading a record is no error, so nothing is written")
        .repair("write accesses to a stream of their own, whatever the log level")
        .counts(quiet.len())
        .at(&first.origin, "no accesses at this level");
    for (_, level) in quiet.iter().filter(|(_, level)| level.origin != first.origin).take(4) {
        finding = finding.at(&level.origin, "no accesses at this level");
    }
    Some(finding)
}

fn unnamed(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let logs = prose.components.iter().find(|component| component.kind == "logs")?;
    Some(
        promise(context, NAME, Severity::Medium, "access to records")
            .says("logs are collected, and nothing says that accesses to patient records are among them, or how long they are kept")
            .witness("no audit log and no retention of logs is named")
            .repair("log each access to a record, protect it against change, and state how long it is kept")
            .at(&logs.origin, "logs here"),
    )
}
