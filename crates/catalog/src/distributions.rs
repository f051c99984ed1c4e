//! Which release of a product a distribution ships, and so supports for as long as itself.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::products;
use crate::table::{is_of_release, parse};
use crate::{Lifetime, lifetime};

/// A product as a distribution ships it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Package {
    /// The distribution and its release, as in `debian-12`.
    pub distribution: &'static str,
    pub product: &'static str,
    /// The upstream release that it keeps fixing.
    pub release: &'static str,
    pub source: &'static str,
    pub date: Date,
}

cited!(Package, |row| format!("package/{}/{}", row.distribution, row.product), row.release.to_owned());

/// Returns the lifetime of a distribution named like `debian-12` or `ubuntu-20.04`.
pub fn distribution_lifetime(distribution: &str) -> Option<&'static Lifetime> {
    let (product, release) = distribution.rsplit_once('-')?;
    lifetime(product, release)
}

/// Returns the package by which `distribution` supports `version` of `product`; none where it
/// ships another release, or where that is not known.
pub fn distribution_package(distribution: &str, product: &str, version: &str) -> Option<&'static Package> {
    products::find_version(product, |name| {
        packages().iter().find(|row| {
            row.distribution == distribution && row.product == name && is_of_release(version, row.release)
        })
    })
}

/// Returns every package.
pub fn packages() -> &'static [Package] {
    &TABLE
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    distribution: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: &'static str,
    source: &'static str,
    date: Date,
    packages: Vec<(&'static str, &'static str)>,
}

static TABLE: LazyLock<Vec<Package>> = LazyLock::new(|| {
    let file: File = parse!("distributions");
    file.distribution.into_iter().flat_map(Group::into_rows).collect()
});

impl Group {
    fn into_rows(self) -> impl Iterator<Item = Package> {
        self.packages.into_iter().map(move |(product, release)| Package {
            distribution: self.name,
            product,
            release,
            source: self.source,
            date: self.date,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_12_supports_the_release_that_it_ships() {
        assert!(distribution_package("debian-12", "nginx", "1.22.1").is_some());
        assert!(distribution_package("debian-12", "nginx", "1.28").is_none());
    }

    #[test]
    fn every_distribution_has_a_lifetime() {
        for row in packages() {
            assert!(distribution_lifetime(row.distribution).is_some(), "{}", row.distribution);
        }
    }
}
