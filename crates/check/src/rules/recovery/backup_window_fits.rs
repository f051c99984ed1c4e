//! Proves that copies and maintenance fall into quiet hours, and not into each other.
//!
//! A provider's windows are in UTC. In the country of its region they may be the busiest hours of a clinic: 07:00 to
//! 18:00 on a working day. RDS refuses a backup window that overlaps the maintenance window.
//!
//! Silent: windows without a region of which the country is known, and countries with several time zones.
//!
//! Source: Amazon RDS User Guide, backup window.

mod prose;
mod window;

use sehat_catalog as catalog;
use sehat_diagnostic::Origin;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::cloud::{Cloud, Resource};
use sehat_verdict::{Finding, Severity};

use crate::cloud::is_trial;
use crate::{Context, Outcome, Rule};
use window::{Window, busy_share, hours_from_utc};

const NAME: &str = "backup-window-fits";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Copies and maintenance fall into quiet hours of the users, and do not meet.",
    severity: Severity::Medium,
    hygiene: false,
    source: "Amazon RDS User Guide, backup window",
    file: include_str!("backup_window_fits.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

/// Of a window's minutes, so many may lie in working hours without being spoken of.
const BUSY_PERCENT_MAX: u32 = 50;

fn judge(context: &Context<'_>) -> Outcome {
    let cloud = &context.inventory.cloud;
    let mut findings: Vec<Finding> = Vec::new();
    for database in cloud.databases.iter().filter(|database| database.cluster.is_empty()) {
        let backup = database.backup_window.as_ref();
        let maintenance = database.maintenance_window.as_ref();
        findings.extend(meet(&database.resource, backup, maintenance));
        let windows = [("copies", backup), ("maintenance", maintenance)];
        findings.extend(busy(cloud, &database.resource, &windows));
    }
    for cache in &cloud.caches {
        findings.extend(busy(cloud, &cache.resource, &[("copies", cache.snapshot_window.as_ref())]));
    }
    findings.into()
}

fn meet(
    resource: &Resource,
    backup: Option<&Stated<String>>,
    maintenance: Option<&Stated<String>>,
) -> Option<Finding> {
    let (backup, maintenance) = (backup?, maintenance?);
    let (one, other) = (Window::read(&backup.value)?, Window::read(&maintenance.value)?);
    one.meets(&other).then(|| {
        Finding::broken(NAME, Severity::Medium, &resource.address)
            .says(format!(
                "the backup window {backup} of {} meets its maintenance window {maintenance}",
                resource.address
            ))
            .witness("the provider refuses windows that overlap")
            .repair("move one of them")
            .at(&backup.origin, "copies here")
            .at(&maintenance.origin, "maintenance here")
    })
}

fn busy(cloud: &Cloud, resource: &Resource, windows: &[(&str, Option<&Stated<String>>)]) -> Option<Finding> {
    if is_trial(resource) {
        return None;
    }
    let (region, place) = region_of(cloud, resource)?;
    let hours = hours_from_utc(region.country)?;
    let busy: Vec<(&str, &Stated<String>, Window)> = windows
        .iter()
        .filter_map(|(what, stated)| Some((*what, (*stated)?, Window::read(&(*stated)?.value)?)))
        .filter(|(_, _, window)| busy_share(window, hours) > BUSY_PERCENT_MAX)
        .collect();
    let (what, stated, window) = busy.first()?;
    let finding = Finding::broken(NAME, Severity::Medium, &resource.address)
        .says(format!(
            "{what} of {} run at {stated} UTC, which is {} in {}",
            resource.address,
            window.local(hours),
            region.place
        ))
        .witness("that is when the wards, the pharmacy and the counters work")
        .repair("take hours of the local night: 17:00-20:00 UTC is past midnight in Jakarta");
    let finding = busy.iter().fold(finding, |finding, (what, stated, _)| {
        finding.at(&stated.origin, format!("{what} here, in UTC"))
    });
    Some(finding.at(place, "the region"))
}

/// The region of the resource, or the only one that is named.
fn region_of<'a>(cloud: &'a Cloud, resource: &'a Resource) -> Option<(&'static catalog::Region, &'a Origin)> {
    let only = match cloud.regions.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    let stated = resource.region.as_ref().or(only)?;
    Some((catalog::region(&stated.value)?, &stated.origin))
}
