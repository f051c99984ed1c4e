//! Proves that a product can make the copies that are asked of it, and keep them as long.
//!
//! Automated backups of RDS and snapshots of ElastiCache end after 35 days; whoever needs years needs AWS Backup, an
//! export or an archive. Automated backups of databases are made once a day.
//!
//! Source: the catalog's `store/` entries; Amazon RDS User Guide, backup retention period.

mod prose;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::cloud::Resource;
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "snapshot-capability";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "The product can take the declared copies and keep them as long as declared.",
    severity: Severity::High,
    hygiene: false,
    source: "Amazon RDS User Guide, backup retention period; Amazon ElastiCache User Guide, snapshots",
    file: include_str!("snapshot_capability.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

/// Source: Amazon RDS User Guide; Amazon ElastiCache User Guide.
const DAYS_MAX: u32 = 35;

fn judge(context: &Context<'_>) -> Outcome {
    let cloud = &context.inventory.cloud;
    let databases = cloud.databases.iter().filter_map(|one| Some((&one.resource, one.backup_days.as_ref()?)));
    let caches = cloud.caches.iter().filter_map(|one| Some((&one.resource, one.snapshot_days.as_ref()?)));
    let all = databases.chain(caches).filter(|(_, days)| days.value > DAYS_MAX);
    all.map(|(resource, days)| too_long(resource, days.value, &days.origin)).collect::<Vec<_>>().into()
}

fn too_long(resource: &Resource, days: u32, place: &Origin) -> Finding {
    let subject = &resource.address;
    Finding::broken(NAME, Severity::High, subject)
        .says(format!(
            "the copies of {subject} are to be kept for {days} days, and its product keeps {DAYS_MAX} at most"
        ))
        .witness("the provider refuses the value, and the promise behind it has no mechanism")
        .repair(format!("keep {DAYS_MAX} days here, and longer copies by AWS Backup or an export"))
        .at(place, "longer than it can")
}
