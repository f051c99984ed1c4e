//! The name under which a fact is cited, with its value, source and date.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    availability, balancers, distributions, instance_types, laws, lifetimes, ports, products, recovery,
    regimes, regions, stores, timers, topologies,
};

/// A fact of the catalog as findings and reports cite it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CatalogEntry {
    /// Table and key, as in `lifetime/mariadb/10.11`.
    pub id: String,
    /// The value in words.
    pub value: String,
    /// The public document that states it.
    pub source: String,
    /// The day on which the source was read.
    pub date: Date,
}

/// A row of a table that can be cited.
pub trait Cited {
    /// Returns table and key of the row.
    fn id(&self) -> String;

    /// Returns the value in words.
    fn value(&self) -> String;

    /// Returns the public document that states the value.
    fn source(&self) -> &'static str;

    /// Returns the day on which the source was read.
    fn date(&self) -> Date;

    /// Returns the row as it is cited.
    fn entry(&self) -> CatalogEntry {
        CatalogEntry {
            id: self.id(),
            value: self.value(),
            source: self.source().to_owned(),
            date: self.date(),
        }
    }
}

/// Returns every fact, ordered by id. This parses every table.
pub fn entries() -> Vec<CatalogEntry> {
    let mut all = Vec::new();
    for table in TABLES {
        all.extend(table());
    }
    all.sort();
    all
}

/// Returns the fact named `id`. This parses every table of that name.
pub fn entry(id: &str) -> Option<CatalogEntry> {
    entries().into_iter().find(|entry| entry.id == id)
}

pub(crate) fn cite<T: Cited>(rows: &[T]) -> Vec<CatalogEntry> {
    rows.iter().map(Cited::entry).collect()
}

const TABLES: [fn() -> Vec<CatalogEntry>; 16] = [
    || cite(availability::availabilities()),
    || cite(balancers::balancers()),
    || cite(distributions::packages()),
    || cite(instance_types::instance_types()),
    || cite(laws::all_residency()),
    || cite(laws::retentions()),
    || cite(lifetimes::lifetimes()),
    || cite(ports::all_ports()),
    || cite(products::products()),
    || cite(recovery::durations()),
    || cite(recovery::rates()),
    || cite(regimes::regimes()),
    || cite(regions::regions()),
    || cite(stores::stores()),
    || cite(timers::all_timers()),
    || cite(topologies::all_topologies()),
];

/// Implements [`Cited`] for a row with the fields `source` and `date`.
macro_rules! cited {
    ($row:ty, |$this:ident| $id:expr, $value:expr) => {
        impl $crate::Cited for $row {
            fn id(&self) -> String {
                let $this = self;
                $id
            }

            fn value(&self) -> String {
                let $this = self;
                $value
            }

            fn source(&self) -> &'static str {
                self.source
            }

            fn date(&self) -> jiff::civil::Date {
                self.date
            }
        }
    };
}

pub(crate) use cited;
