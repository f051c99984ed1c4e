//! Images whose tag names a second product and not its version: `v1-debian-elasticsearch`.

use std::collections::BTreeMap;

use sehat_catalog as catalog;
use sehat_platform::inventory::Stated;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

/// One finding per image.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let mut by_image: BTreeMap<&str, Vec<&Stated<String>>> = BTreeMap::new();
    for container in context.inventory.workloads.iter().flat_map(|workload| workload.pod.all_containers()) {
        if let Some(image) = &container.image {
            by_image.entry(&image.value).or_default().push(image);
        }
    }
    by_image.into_iter().filter_map(|(image, stated)| Some(report(image, inside(image)?, &stated))).collect()
}

/// The product that the tag names behind a release of its own with one number.
fn inside(image: &str) -> Option<&'static str> {
    let (_, tag) = image.split('@').next()?.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))?;
    let mut parts = tag.split('-');
    let own = parts.next()?.trim_start_matches('v');
    if own.is_empty() || !own.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let known = parts.filter_map(catalog::product);
    known
        .filter(|product| matches!(product.kind, "search" | "queue" | "database" | "cache"))
        .map(|product| product.name)
        .next()
}

fn report(image: &str, product: &str, stated: &[&Stated<String>]) -> Finding {
    let finding = Finding::broken(NAME, Severity::Medium, image)
        .says(format!("`{image}` holds a client of {product}, and its tag says of neither which release it is"))
        .witness(format!("the tag moves with every build, and a client of another major release of {product} is refused by its server"))
        .repair(format!("use the tag that names both releases, or the digest, of the image made for your {product}"))
        .counts(stated.len());
    stated
        .iter()
        .take(4)
        .fold(finding, |finding, image| finding.at(&image.origin, "neither release is stated"))
}
