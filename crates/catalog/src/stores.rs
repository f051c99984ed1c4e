//! What a product needs so that its data can be brought back to a point in time.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::products;
use crate::table::parse;

/// How a product that holds data is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Store {
    pub product: &'static str,
    /// The log that brings a full backup forward; none where point-in-time recovery is impossible.
    pub log: Option<ArchiveLog>,
    /// Tools that make a full backup of it.
    #[serde(default)]
    pub tools: Vec<&'static str>,
    /// The provider's longest retention of its own backups, in days.
    pub backup_days_max: Option<u32>,
    pub source: &'static str,
    pub date: Date,
}

/// A log of changes that can be archived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ArchiveLog {
    pub name: &'static str,
    /// The setting that turns it on or archives it.
    pub setting: Option<&'static str>,
    /// Whether it is written without any setting.
    pub on_by_default: bool,
    /// The provider archives it by itself, this often, in milliseconds.
    pub managed_every_ms: Option<u64>,
    /// How exactly a point in time can be named, in milliseconds.
    pub granularity_ms: u64,
}

impl Store {
    /// Returns whether the product can be restored to a point in time, given its log.
    pub fn can_pitr(&self) -> bool {
        self.log.is_some()
    }
}

cited!(
    Store,
    |row| format!("store/{}", row.product),
    row.log.as_ref().map_or_else(|| "no log to archive".to_owned(), |log| format!("log: {}", log.name))
);

/// Returns how `product` is saved; none where it is not known to hold data.
pub fn store(product: &str) -> Option<&'static Store> {
    products::find(product, |name| stores().iter().find(|row| row.product == name))
}

/// Returns every store.
pub fn stores() -> &'static [Store] {
    &TABLE.store
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    store: Vec<Store>,
}

static TABLE: LazyLock<File> = LazyLock::new(|| parse!("stores"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mariadb_has_a_binlog_that_is_off_by_default() {
        let log = store("mariadb").unwrap().log.as_ref().unwrap();
        assert_eq!((log.name, log.on_by_default), ("binlog", false));
    }

    #[test]
    fn redis_cannot_go_back_to_a_point_in_time() {
        assert!(!store("redis").unwrap().can_pitr());
    }
}
