//! What a plan asks a provider to run.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::cloud::{Cloud, Database};

use super::Used;

pub fn in_use(cloud: &Cloud) -> Vec<Used<'_>> {
    let mut all: Vec<Used<'_>> = Vec::new();
    for cluster in &cloud.clusters {
        all.extend(used(&cluster.resource.address, "eks", cluster.version.as_ref()));
    }
    for group in &cloud.node_groups {
        let image = group.image.as_ref().filter(|image| image.value.starts_with("AL2_"));
        all.extend(image.map(|image| of(&group.resource.address, "amazon-linux", "2", &image.origin)));
    }
    for database in cloud.databases.iter().filter(|database| database.cluster.is_empty()) {
        if let Some(product) = product(database) {
            all.extend(used(&database.resource.address, product, database.version.as_ref()));
        }
    }
    for cache in &cloud.caches {
        let product = match cache.engine.as_ref().map_or("redis", |engine| engine.value.as_str()) {
            "valkey" => "valkey",
            "memcached" => "memcached",
            _ => "redis",
        };
        // ElastiCache keeps open-source Redis from 5 to 6 under a schedule of its own, which the publisher's
        // does not tell; of the others the publisher's holds.
        all.extend(
            used(&cache.resource.address, product, cache.version.as_ref()).filter(|_| product == "valkey"),
        );
    }
    all
}

fn product(database: &Database) -> Option<&'static str> {
    match database.engine.as_ref()?.value.as_str() {
        "postgres" => Some("rds-postgresql"),
        "mysql" => Some("rds-mysql"),
        _ => None,
    }
}

fn used<'a>(by: &'a str, product: &'a str, version: Option<&'a Stated<String>>) -> Option<Used<'a>> {
    version.map(|version| of(by, product, &version.value, &version.origin))
}

fn of<'a>(by: &'a str, product: &'a str, version: &'a str, place: &'a Origin) -> Used<'a> {
    Used { by, product, version: Some(version), support: None, place }
}
