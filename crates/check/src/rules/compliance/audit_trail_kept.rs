//! Proves that access is written down, that nobody can change what is written, and that it is kept.
//!
//! A trail whose files are not validated can be changed unseen. A cluster that does not write its `audit` log keeps no
//! record of who read which secret. A log group of such records that forgets them within three months cannot answer
//! an inquiry, which is usually begun later.
//!
//! Source: 45 CFR 164.312(b) and 164.316(b)(2); ISO/IEC 27002:2022, 8.15.

mod prose;

use sehat_platform::inventory::cloud::{Cluster, LogGroup, Trail};
use sehat_verdict::{Finding, Severity};

use crate::cloud::is_trial;
use crate::{Context, Outcome, Rule};

const NAME: &str = "audit-trail-kept";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Access is logged, unchangeably, and kept as long as it may be asked for.",
    severity: Severity::High,
    hygiene: false,
    source: "45 CFR 164.312(b); ISO/IEC 27002:2022, 8.15",
    file: include_str!("audit_trail_kept.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

/// An inquiry begins later than this.
const DAYS_MIN: u32 = 90;

/// Names of log groups that hold records of access.
const OF_ACCESS: [&str; 4] = ["audit", "cloudtrail", "/aws/eks/", "access"];

fn judge(context: &Context<'_>) -> Outcome {
    let cloud = &context.inventory.cloud;
    let mut findings: Vec<Finding> = cloud.trails.iter().filter_map(changeable).collect();
    findings.extend(cloud.clusters.iter().filter_map(unwritten));
    findings.extend(cloud.log_groups.iter().filter_map(forgotten));
    findings.into()
}

fn changeable(trail: &Trail) -> Option<Finding> {
    let subject = &trail.resource.address;
    let validates = trail.validates.as_ref();
    (!validates.is_some_and(|stated| stated.value)).then(|| {
        Finding::broken(NAME, Severity::Medium, subject)
            .says(format!("the files of {subject} can be changed unseen"))
            .witness("without validation nobody can tell a record that was taken out")
            .repair("set `enable_log_file_validation = true`")
            .at(validates.map_or(&trail.resource.origin, |stated| &stated.origin), "not validated")
    })
}

fn unwritten(cluster: &Cluster) -> Option<Finding> {
    let subject = &cluster.resource.address;
    let writes = cluster.log_types.iter().any(|kind| kind.value == "audit");
    (!writes && !is_trial(&cluster.resource)).then(|| {
        Finding::broken(NAME, Severity::Medium, subject)
            .says(format!("{subject} does not write its audit log"))
            .witness("who read a secret, or entered a pod, is written down nowhere")
            .repair("add `audit` and `authenticator` to `enabled_cluster_log_types`")
            .at(
                cluster.log_types.first().map_or(&cluster.resource.origin, |kind| &kind.origin),
                "without `audit`",
            )
    })
}

fn forgotten(group: &LogGroup) -> Option<Finding> {
    let name = group.name.as_ref()?;
    let days = group.keep_days.as_ref().filter(|days| (1..DAYS_MIN).contains(&days.value))?;
    let is_of_access = OF_ACCESS.iter().any(|word| name.value.contains(word));
    (is_of_access && !is_trial(&group.resource)).then(|| {
        Finding::broken(NAME, Severity::Medium, &group.resource.address)
            .says(format!("records of access in `{name}` are kept for {days} days"))
            .witness(format!("an inquiry after {} days finds nothing", days.value + 1))
            .repair("keep them for the years that the law and the contract ask, in an archive if need be")
            .at(&days.origin, "kept so long")
    })
}
