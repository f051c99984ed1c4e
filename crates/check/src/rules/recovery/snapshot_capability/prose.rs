//! The part over documents in words.

use sehat_platform::inventory::prose::CopyKind;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{names_any, seconds};

/// Automated backups of RDS and Aurora are kept at most so long (Amazon RDS User Guide: backup retention period).
const MANAGED_KEEP_S_MAX: f64 = 35.0 * 86_400.0;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let too_long =
        |about: &[&str]| about.iter().any(|name| name.starts_with("rds") || name.starts_with("aurora"));
    let copies = prose.schedules.iter().filter(|copy| {
        matches!(copy.kind, CopyKind::Snapshot | CopyKind::Backup)
            && too_long(&copy.about)
            && copy.keep_s.as_ref().is_some_and(|keep| keep.value > MANAGED_KEEP_S_MAX)
    });
    if names_any(context, &["aws-backup"]) || prose.says(&["archive-mechanism"]) {
        return Vec::new();
    }
    copies
        .filter_map(|copy| {
            let keep = copy.keep_s.as_ref()?;
            let finding =
                Finding::broken(NAME, Severity::High, copy.about.first().copied().unwrap_or("database"))
                    .says(format!(
                        "automated backups of RDS end after 35 days, and {} are stated",
                        seconds(keep.value)
                    ))
                    .witness("Amazon RDS User Guide: the backup retention period is 0 to 35 days")
                    .repair("copy snapshots with AWS Backup, or export them to an object store with a lock")
                    .at(&keep.origin, "kept so long");
            Some(finding)
        })
        .collect()
}
