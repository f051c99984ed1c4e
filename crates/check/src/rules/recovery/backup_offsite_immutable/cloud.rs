//! Vaults of AWS Backup and buckets that hold copies: write-once, and elsewhere.

use sehat_platform::inventory::cloud::{Bucket, Vault};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::cloud::is_trial;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let cloud = &context.inventory.cloud;
    let mut findings: Vec<Finding> = cloud.vaults.iter().filter_map(open_vault).collect();
    findings.extend(stays_here(context));
    findings.extend(cloud.buckets.iter().filter_map(open_bucket));
    findings
}

fn open_vault(vault: &Vault) -> Option<Finding> {
    let subject = &vault.resource.address;
    (vault.lock_days.is_none() && !is_trial(&vault.resource)).then(|| {
        Finding::broken(NAME, Severity::High, subject)
            .says(format!("copies in {subject} can be deleted: nothing locks the vault"))
            .witness("who holds the account's credentials deletes the data and its copies together")
            .repair("add an `aws_backup_vault_lock_configuration` with `min_retention_days` and `changeable_for_days`")
            .at(&vault.resource.origin, "not locked")
    })
}

/// Every rule keeps its copies in the region where they are made.
fn stays_here(context: &Context<'_>) -> Option<Finding> {
    let cloud = &context.inventory.cloud;
    let rules: Vec<_> = cloud.backup_plans.iter().flat_map(|plan| &plan.rules).collect();
    let replicated = cloud.buckets.iter().any(|bucket| !bucket.replicates_to.is_empty());
    if rules.is_empty() || replicated || rules.iter().any(|rule| !rule.copies.is_empty()) {
        return None;
    }
    let plan = cloud.backup_plans.iter().find(|plan| !is_trial(&plan.resource))?;
    let finding = Finding::broken(NAME, Severity::Medium, &plan.resource.address)
        .says(format!(
            "every copy of {} stays in the region and the account where it is made",
            plan.resource.address
        ))
        .witness("the loss of the account, or of the region, takes the copies along")
        .repair("add a `copy_action` to a vault in another account, in a country where the data may lie");
    Some(rules.iter().take(3).fold(finding, |finding, rule| finding.at(&rule.origin, "no copy elsewhere")))
}

/// A bucket that is called after copies.
fn open_bucket(bucket: &Bucket) -> Option<Finding> {
    let name = bucket.name.as_ref().map_or(bucket.resource.address.as_str(), |name| name.value.as_str());
    let is_for_copies = name.contains("backup") || bucket.resource.address.contains("backup");
    if !is_for_copies || bucket.lock.is_some() || is_trial(&bucket.resource) {
        return None;
    }
    let subject = &bucket.resource.address;
    Some(
        Finding::broken(NAME, Severity::High, subject)
            .says(format!("copies in {subject} can be deleted: it has no object lock"))
            .witness("who holds the credentials that write the copies deletes them")
            .repair("add an `aws_s3_bucket_object_lock_configuration` with a default retention in `COMPLIANCE` mode")
            .at(bucket.name.as_ref().map_or(&bucket.resource.origin, |name| &name.origin), "not write-once"),
    )
}
