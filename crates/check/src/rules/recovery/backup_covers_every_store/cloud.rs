//! Stores that a provider runs, against the copies that are made of them.

use std::collections::BTreeSet;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::cloud::{Bucket, Cache, Cloud, Database, Resource, Share};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::cloud::is_trial;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let cloud = &context.inventory.cloud;
    let selected = Selected::of(cloud);
    let mut findings: Vec<Finding> =
        cloud.databases.iter().filter_map(|database| judge_database(&selected, database)).collect();
    findings.extend(cloud.caches.iter().filter_map(judge_cache));
    findings.extend(cloud.shares.iter().filter_map(|share| judge_share(&selected, share)));
    findings.extend(buckets(&selected, &cloud.buckets));
    findings
}

/// What AWS Backup copies.
struct Selected<'a> {
    addresses: BTreeSet<&'a str>,
    tags: Vec<&'a (String, String)>,
    /// Some selection takes more than the plan says.
    is_open_ended: bool,
}

impl<'a> Selected<'a> {
    fn of(cloud: &'a Cloud) -> Self {
        let selections = &cloud.backup_selections;
        Self {
            addresses: selections
                .iter()
                .flat_map(|one| &one.resources)
                .filter_map(|link| link.here())
                .collect(),
            tags: selections.iter().flat_map(|one| &one.tags).collect(),
            is_open_ended: selections.iter().any(|one| one.is_open_ended),
        }
    }

    fn holds(&self, resource: &Resource) -> bool {
        self.addresses.contains(resource.address.as_str())
            || self.is_open_ended
            || self.tags.iter().any(|(key, value)| resource.tags.get(key) == Some(value))
    }
}

fn judge_database(selected: &Selected<'_>, database: &Database) -> Option<Finding> {
    if !database.cluster.is_empty() || database.is_replica || selected.holds(&database.resource) {
        return None;
    }
    let days = database.backup_days.as_ref();
    let subject = &database.resource.address;
    // Without a word an instance keeps none, and a cluster one day. Source: AWS provider, `backup_retention_period`.
    let kept = days.map_or(u32::from(database.is_cluster), |days| days.value);
    if kept > 0 {
        return None;
    }
    let severity = if is_trial(&database.resource) { Severity::Medium } else { Severity::Critical };
    let place = days.map_or(&database.resource.origin, |days| &days.origin);
    Some(report(
        subject,
        severity,
        place,
        "set `backup_retention_period` to 7 or more, or add it to a backup plan",
    ))
}

fn report(subject: &str, severity: Severity, place: &Origin, repair: &str) -> Finding {
    Finding::broken(NAME, severity, subject)
        .says(format!("no copy is made of {subject}"))
        .witness("a dropped table, or a deleted instance, does not come back")
        .repair(repair)
        .at(place, "no backups")
}

/// A cache may be rebuilt, so what its loss means is the owner's to say.
fn judge_cache(cache: &Cache) -> Option<Finding> {
    let days = cache.snapshot_days.as_ref().map_or(0, |days| days.value);
    let is_redis = cache.engine.as_ref().is_none_or(|engine| engine.value != "memcached");
    (days == 0 && is_redis && !is_trial(&cache.resource)).then(|| {
        let subject = &cache.resource.address;
        Finding::unknown(NAME, Severity::Low, subject)
            .says(format!("no copy is made of {subject}, and nothing says that it can be rebuilt"))
            .witness("sessions and queued work in it are lost with it")
            .repair("set `snapshot_retention_limit`, or say that it only caches")
            .at(
                cache.snapshot_days.as_ref().map_or(&cache.resource.origin, |days| &days.origin),
                "no snapshots",
            )
    })
}

fn judge_share(selected: &Selected<'_>, share: &Share) -> Option<Finding> {
    let is_on = share.backed_up.as_ref().is_some_and(|stated| stated.value);
    if is_on || selected.holds(&share.resource) {
        return None;
    }
    let place = share.backed_up.as_ref().map_or(&share.resource.origin, |stated| &stated.origin);
    let severity = if is_trial(&share.resource) { Severity::Medium } else { Severity::High };
    Some(report(
        &share.resource.address,
        severity,
        place,
        "add an `aws_efs_backup_policy` that is `ENABLED`, or add it to a backup plan",
    ))
}

/// Buckets without earlier versions: one finding for all of them. Logs and assets can be borne.
fn buckets(selected: &Selected<'_>, all: &[Bucket]) -> Option<Finding> {
    let bare = |bucket: &&Bucket| {
        let versioned = bucket.is_versioned.as_ref().is_some_and(|stated| stated.value);
        !versioned
            && bucket.replicates_to.is_empty()
            && !selected.holds(&bucket.resource)
            && !is_trial(&bucket.resource)
    };
    let bare: Vec<&Bucket> = all.iter().filter(bare).collect();
    let first = bare.first()?;
    let names = sehat_analysis::names(bare.iter().map(|bucket| bucket.resource.address.as_str()));
    let finding = Finding::broken(NAME, Severity::Medium, &first.resource.address)
        .says(format!("no earlier version and no copy is kept of what lies in {names}"))
        .witness("an object that is overwritten or deleted is gone")
        .repair("add an `aws_s3_bucket_versioning` that is `Enabled`")
        .counts(bare.len());
    Some(bare.iter().take(5).fold(finding, |finding, bucket| {
        let place = bucket.is_versioned.as_ref().map_or(&bucket.resource.origin, |stated| &stated.origin);
        finding.at(place, "not versioned")
    }))
}
