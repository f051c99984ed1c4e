//! Proves that stores of data, and the copies of them, are encrypted where they lie.
//!
//! Databases, caches and file shares of a provider are plain unless they say otherwise, and most cannot be encrypted
//! later without being made anew. Buckets are encrypted by the provider since 2023, with its own key. Disks of nodes
//! hold what the pods write. Stores without a word about it share one finding.
//!
//! Source: 45 CFR 164.312(a)(2)(iv); Amazon RDS, ElastiCache and EFS user guides.

mod prose;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::cloud::{Database, Resource};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "rest-encrypted";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Each store of sensitive data, and each copy of it, is encrypted where it lies.",
    severity: Severity::High,
    hygiene: false,
    source: "45 CFR 164.312(a)(2)(iv)",
    file: include_str!("rest_encrypted.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

/// A store that is plain: which, where, and what kind.
struct Plain<'a> {
    resource: &'a Resource,
    place: &'a Origin,
    what: &'static str,
    argument: &'static str,
}

fn judge(context: &Context<'_>) -> Outcome {
    let cloud = &context.inventory.cloud;
    let databases = cloud.databases.iter().filter(|database| is_own(database));
    let databases = databases.map(|one| (&one.resource, &one.encrypted, "database", "storage_encrypted"));
    let caches = cloud
        .caches
        .iter()
        .filter(|cache| cache.engine.as_ref().is_none_or(|engine| engine.value != "memcached"));
    let caches = caches.map(|one| (&one.resource, &one.encrypted, "cache", "at_rest_encryption_enabled"));
    let shares = cloud.shares.iter().map(|one| (&one.resource, &one.encrypted, "file share", "encrypted"));
    let all = databases.chain(caches).chain(shares);
    let plain: Vec<Plain<'_>> = all
        .filter_map(|(resource, stated, what, argument)| plain(resource, stated.as_ref(), what, argument))
        .collect();
    let mut findings: Vec<Finding> = report(&plain).into_iter().collect();
    findings.extend(cloud.templates.iter().filter_map(|template| {
        let stated = template.disks_encrypted.as_ref().filter(|stated| !stated.value)?;
        Some(disk(&template.resource, stated))
    }));
    findings.into()
}

/// A member has its cluster's encryption.
fn is_own(database: &Database) -> bool {
    database.cluster.is_empty() && !database.is_replica
}

fn plain<'a>(
    resource: &'a Resource,
    stated: Option<&'a Stated<bool>>,
    what: &'static str,
    argument: &'static str,
) -> Option<Plain<'a>> {
    let place = match stated {
        Some(stated) if stated.value => return None,
        Some(stated) => &stated.origin,
        None => &resource.origin,
    };
    Some(Plain { resource, place, what, argument })
}

fn report(plain: &[Plain<'_>]) -> Option<Finding> {
    let first = plain.first()?;
    let message = match plain {
        [only] => format!("the {} {} is not encrypted where it lies", only.what, only.resource.address),
        many => {
            let names = many.iter().map(|one| one.resource.address.as_str());
            format!(
                "{} stores are not encrypted where they lie: {}",
                many.len(),
                sehat_analysis::names(names)
            )
        }
    };
    let finding = Finding::broken(NAME, Severity::High, &first.resource.address)
        .says(message)
        .witness("their snapshots are plain too, and whoever gets one reads it")
        .repair(format!("set `{}: true` and name a key, which makes the store anew", first.argument))
        .counts(plain.len());
    Some(plain.iter().take(5).fold(finding, |finding, one| finding.at(one.place, "plain")))
}

fn disk(resource: &Resource, stated: &Stated<bool>) -> Finding {
    Finding::broken(NAME, Severity::Medium, &resource.address)
        .says(format!("the disks that {} makes are not encrypted", resource.address))
        .witness("a snapshot of the disk shows what ran there")
        .repair("set `encrypted = true`")
        .at(&stated.origin, "plain")
}
