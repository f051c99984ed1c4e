//! Images of workloads and builds.

use jiff::civil::Date;
use sehat_catalog::{self as catalog, Lifetime};
use sehat_diagnostic::Origin;
use sehat_platform::inventory::{Inventory, Stated};

use super::Used;

/// Returns who uses what, each as the files name it.
pub fn names(inventory: &Inventory) -> Vec<String> {
    inventory.workloads.iter().map(|workload| workload.object.id.to_string()).collect()
}

/// Returns what runs in versions of which the catalog knows the lifetime. `names` are those of the workloads.
pub fn in_use<'a>(inventory: &'a Inventory, names: &'a [String], as_of: Date) -> Vec<Used<'a>> {
    let mut all = Vec::new();
    for (workload, name) in inventory.workloads.iter().zip(names) {
        let images = workload.pod.all_containers().filter_map(|container| container.image.as_ref());
        all.extend(images.filter_map(|image| of_image(name, image, as_of)));
    }
    for build in &inventory.delivery.builds {
        all.extend(build.stages.iter().filter_map(|stage| of_image(&build.name, &stage.base, as_of)));
    }
    // What an operator makes twice from one image stands in one place.
    all.dedup_by(|one, other| one.place == other.place);
    all
}

fn of_image<'a>(by: &'a str, image: &'a Stated<String>, as_of: Date) -> Option<Used<'a>> {
    let (product, version) = catalog::image_product(&image.value)?;
    let lifetime = catalog::lifetime(product, version).or_else(|| newest_of(product, version, as_of))?;
    Some(used(by, product, lifetime.release, &image.origin))
}

/// `redis:6` is the newest of 6: over when all of them are.
fn newest_of(product: &str, version: &str, as_of: Date) -> Option<&'static Lifetime> {
    if version.is_empty() {
        return None;
    }
    let releases = catalog::lifetimes().iter().filter(|row| {
        row.product == product && row.release.strip_prefix(version).is_some_and(|rest| rest.starts_with('.'))
    });
    releases.max_by_key(|row| (row.phase(as_of) == catalog::Phase::Standard, row.until, number(row.release)))
}

fn number(release: &str) -> Vec<u32> {
    release.split('.').filter_map(|part| part.parse().ok()).collect()
}

fn used<'a>(by: &'a str, product: &'a str, version: &'a str, place: &'a Origin) -> Used<'a> {
    Used { by, product, version: Some(version), support: None, place }
}
