//! Resources of a provider in several countries, and what carries answers around the world.

use std::collections::BTreeMap;

use sehat_catalog as catalog;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::cloud::{Cdn, Cloud, Resource};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let cloud = &context.inventory.cloud;
    let stores = stores(cloud);
    let mut countries: BTreeMap<&'static str, Vec<(&str, &Stated<String>)>> = BTreeMap::new();
    for (resource, region) in &stores {
        if let Some(row) = catalog::region(&region.value) {
            countries.entry(row.country).or_default().push((&resource.address, region));
        }
    }
    // Where the most of them lie is home.
    let Some((home, _)) = countries.iter().max_by_key(|(_, all)| all.len()) else { return Vec::new() };
    let abroad = countries.iter().filter(|(country, _)| *country != home);
    let mut findings: Vec<Finding> = abroad.map(|(country, all)| leaves(home, country, all)).collect();
    if !catalog::residency(home).is_empty() {
        findings.extend(cloud.cdns.iter().filter_map(|cdn| around_the_world(home, cdn)));
    }
    findings
}

/// Whatever holds data, with its region.
fn stores(cloud: &Cloud) -> Vec<(&Resource, &Stated<String>)> {
    let databases = cloud.databases.iter().map(|one| &one.resource);
    let caches = cloud.caches.iter().map(|one| &one.resource);
    let buckets = cloud.buckets.iter().map(|one| &one.resource);
    let shares = cloud.shares.iter().map(|one| &one.resource);
    let vaults = cloud.vaults.iter().map(|one| &one.resource);
    let queues = cloud.queues.iter().map(|one| &one.resource);
    let all = databases.chain(caches).chain(buckets).chain(shares).chain(vaults).chain(queues);
    all.filter_map(|resource| Some((resource, resource.region.as_ref()?))).collect()
}

fn leaves(home: &str, country: &str, all: &[(&str, &Stated<String>)]) -> Finding {
    let names = sehat_analysis::names(all.iter().map(|(address, _)| *address));
    let finding = Finding::unknown(NAME, Severity::Medium, all.first().map_or("", |(address, _)| *address))
        .says(format!(
            "{names} lies in {country}, the other stores in {home}, and nothing says that data may go there"
        ))
        .witness(format!(
            "whether patients' data may leave {home} is a question of law, and of what was promised"
        ))
        .repair(format!("keep it in {home}, or write down why it may lie in {country}"))
        .counts(all.len());
    all.iter()
        .take(3)
        .fold(finding, |finding, (_, region)| finding.at(&region.origin, format!("in {country}")))
}

/// A network that passes on what users send carries their data to every edge.
fn around_the_world(home: &str, cdn: &Cdn) -> Option<Finding> {
    let write =
        cdn.methods.iter().find(|method| matches!(method.value.as_str(), "POST" | "PUT" | "PATCH"))?;
    let subject = &cdn.resource.address;
    let bound = cdn.countries.iter().all(|country| country.value == home) && !cdn.countries.is_empty();
    (!bound).then(|| {
        Finding::unknown(NAME, Severity::Medium, subject)
            .says(format!(
                "{subject} carries what users send and get through edges in other countries than {home}"
            ))
            .witness("TLS ends at the edge that is nearest to the user, wherever that is")
            .repair("serve static assets by it only, and data of persons by a balancer in the region")
            .at(&write.origin, "passes on what users send")
    })
}
