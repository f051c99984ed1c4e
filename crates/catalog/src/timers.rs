//! Default timers and counters that decide how fast a product sees and handles a failure.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::products;
use crate::table::parse;

/// A setting that a failover bound depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Timer {
    pub product: &'static str,
    /// Its name in the catalog, as in `evs-suspect`.
    pub key: &'static str,
    /// Its name in the product's own configuration; none where it is fixed in the program.
    pub setting: Option<&'static str>,
    pub unit: Unit,
    /// The product's own default, in `unit`.
    pub default: u64,
    pub min: Option<u64>,
    pub max: Option<u64>,
    pub meaning: &'static str,
    pub source: &'static str,
    pub date: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    #[default]
    Ms,
    Count,
}

impl Timer {
    /// Returns whether the product accepts `value`, as far as its limits are known.
    pub fn admits(&self, value: u64) -> bool {
        self.min.is_none_or(|min| min <= value) && self.max.is_none_or(|max| value <= max)
    }

    fn in_words(&self) -> String {
        match self.unit {
            Unit::Ms => format!("{} ms", self.default),
            Unit::Count => self.default.to_string(),
        }
    }
}

cited!(Timer, |row| format!("timer/{}/{}", row.product, row.key), row.in_words());

/// Returns the timer `key` of `product`, or of the product that it is built on.
pub fn timer(product: &str, key: &str) -> Option<&'static Timer> {
    products::find(product, |name| timers_named(name).iter().find(|row| row.key == key))
}

/// Returns every timer of `product`.
pub fn timers(product: &str) -> &'static [Timer] {
    products::find(product, |name| Some(timers_named(name)).filter(|rows| !rows.is_empty()))
        .unwrap_or_default()
}

fn timers_named(product: &str) -> &'static [Timer] {
    let start = TABLE.partition_point(|row| row.product < product);
    let end = TABLE.partition_point(|row| row.product <= product);
    &TABLE[start..end]
}

pub(crate) fn all_timers() -> &'static [Timer] {
    &TABLE
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    product: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: &'static str,
    source: &'static str,
    date: Date,
    timers: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    key: &'static str,
    setting: Option<&'static str>,
    #[serde(default)]
    unit: Unit,
    default: u64,
    min: Option<u64>,
    max: Option<u64>,
    meaning: &'static str,
    source: Option<&'static str>,
}

static TABLE: LazyLock<Vec<Timer>> = LazyLock::new(|| {
    let file: File = parse!("timers");
    let mut rows: Vec<Timer> = file.product.into_iter().flat_map(Group::into_rows).collect();
    rows.sort_by_key(|row| (row.product, row.key));
    rows
});

impl Group {
    fn into_rows(self) -> impl Iterator<Item = Timer> {
        self.timers.into_iter().map(move |row| Timer {
            product: self.name,
            key: row.key,
            setting: row.setting,
            unit: row.unit,
            default: row.default,
            min: row.min,
            max: row.max,
            meaning: row.meaning,
            source: row.source.unwrap_or(self.source),
            date: self.date,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn galera_suspects_after_five_seconds() {
        let suspect = timer("galera", "evs-suspect").unwrap();
        assert_eq!((suspect.default, suspect.unit), (5000, Unit::Ms));
        assert_eq!(suspect.setting, Some("evs.suspect_timeout"));
    }

    #[test]
    fn defaults_are_admitted() {
        for row in all_timers() {
            assert!(row.admits(row.default), "{} {}", row.product, row.key);
        }
    }

    #[test]
    fn timers_of_one_product() {
        assert!(timers("haproxy").iter().any(|row| row.key == "fall" && row.unit == Unit::Count));
        assert!(timers("no-such-product").is_empty());
    }
}
