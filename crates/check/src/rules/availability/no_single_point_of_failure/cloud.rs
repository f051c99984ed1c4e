//! Databases and caches of a provider that stand once.

use sehat_platform::inventory::cloud::{Cache, Database};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::cloud::is_trial;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let cloud = &context.inventory.cloud;
    let databases = &cloud.databases;
    let mut findings: Vec<Finding> =
        databases.iter().filter_map(|database| judge_database(databases, database)).collect();
    findings.extend(cloud.caches.iter().filter_map(judge_cache));
    findings
}

fn judge_database(all: &[Database], database: &Database) -> Option<Finding> {
    let subject = &database.resource.address;
    if is_trial(&database.resource) || database.is_replica || !database.cluster.is_empty() {
        return None;
    }
    let members = |address: &str| {
        all.iter().filter(|one| one.cluster.iter().any(|link| link.here() == Some(address))).count()
    };
    let (alone, place) = if database.is_cluster {
        (members(subject) == 1, &database.resource.origin)
    } else {
        let stated = database.several_zones.as_ref();
        (
            !stated.is_some_and(|stated| stated.value),
            stated.map_or(&database.resource.origin, |stated| &stated.origin),
        )
    };
    alone.then(|| {
        Finding::broken(NAME, Severity::High, subject)
            .says(format!("{subject} stands in one zone, without a standby"))
            .witness("the loss of its zone, or of its host, stops it until it is restored by hand")
            .repair(if database.is_cluster {
                "add a second instance in another zone"
            } else {
                "set `multi_az = true`"
            })
            .at(place, "one zone")
    })
}

fn judge_cache(cache: &Cache) -> Option<Finding> {
    let subject = &cache.resource.address;
    let is_redis = cache.engine.as_ref().is_none_or(|engine| engine.value != "memcached");
    let fails_over = cache.fails_over.as_ref().is_some_and(|stated| stated.value);
    let alone = cache.members.as_ref().is_some_and(|members| members.value <= 1);
    if is_trial(&cache.resource) || !is_redis || (fails_over && !alone) {
        return None;
    }
    let place = if alone { cache.members.as_ref().map(|members| &members.origin) } else { None };
    let place = place.or_else(|| cache.fails_over.as_ref().map(|stated| &stated.origin));
    let says = if alone { "has one node" } else { "has replicas, and none of them takes over by itself" };
    Some(
        Finding::broken(NAME, Severity::Medium, subject)
            .says(format!("{subject} {says}"))
            .witness("with its primary it is away until somebody acts, and sessions with it")
            .repair("set `automatic_failover_enabled` and `multi_az_enabled`, with two nodes or more")
            .at(place.unwrap_or(&cache.resource.origin), "stands alone"),
    )
}
