//! In which country a cloud's region lies.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::table::parse;

/// A place where a provider offers its services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Region {
    pub provider: &'static str,
    pub name: &'static str,
    /// ISO 3166 alpha-2.
    pub country: &'static str,
    pub place: &'static str,
    pub source: &'static str,
    pub date: Date,
}

cited!(Region, |row| format!("region/{}/{}", row.provider, row.name), row.country.to_owned());

/// Returns the region named `name`.
pub fn region(name: &str) -> Option<&'static Region> {
    regions().iter().find(|row| row.name == name)
}

/// Returns every region.
pub fn regions() -> &'static [Region] {
    &TABLE
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    provider: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: &'static str,
    source: &'static str,
    date: Date,
    regions: Vec<(&'static str, &'static str, &'static str)>,
}

static TABLE: LazyLock<Vec<Region>> = LazyLock::new(|| {
    let file: File = parse!("regions");
    file.provider.into_iter().flat_map(Group::into_rows).collect()
});

impl Group {
    fn into_rows(self) -> impl Iterator<Item = Region> {
        self.regions.into_iter().map(move |(name, country, place)| Region {
            provider: self.name,
            name,
            country,
            place,
            source: self.source,
            date: self.date,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jakarta_lies_in_indonesia() {
        assert_eq!(region("ap-southeast-3").unwrap().country, "ID");
        assert_eq!(region("us-west-2").unwrap().country, "US");
    }
}
