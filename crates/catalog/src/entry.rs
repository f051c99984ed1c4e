//! The name under which a fact is cited, with its value, source and date.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    actions, availability, balancers, distributions, instance_types, laws, lifetimes, movers, ports,
    products, recovery, regimes, regions, removals, stores, timers, topologies, vocabulary,
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
    /// The day on which the entry was last reviewed.
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

    /// Returns the day on which the row was last reviewed.
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
    let mut all: Vec<_> = TABLES.iter().flat_map(|(_, rows)| rows()).collect();
    all.sort();
    all
}

/// Returns the fact named `id`.
pub fn entry(id: &str) -> Option<CatalogEntry> {
    let (wanted, _) = id.split_once('/')?;
    let tables = TABLES.iter().filter(|(name, _)| *name == wanted);
    tables.flat_map(|(_, rows)| rows()).find(|entry| entry.id == id)
}

fn cite<T: Cited>(rows: &[T]) -> Vec<CatalogEntry> {
    rows.iter().map(Cited::entry).collect()
}

type Rows = fn() -> Vec<CatalogEntry>;

// Each table with the first part of its ids.
const TABLES: [(&str, Rows); 21] = [
    ("action", || cite(actions::actions())),
    ("availability", || cite(availability::availabilities())),
    ("balancer", || cite(balancers::balancers())),
    ("bloc", || cite(laws::blocs())),
    ("duration", || cite(recovery::durations())),
    ("instance-type", || cite(instance_types::instance_types())),
    ("lifetime", || cite(lifetimes::lifetimes())),
    ("mover", || cite(movers::movers())),
    ("package", || cite(distributions::packages())),
    ("port", || cite(ports::all_ports())),
    ("product", || cite(products::products())),
    ("rate", || cite(recovery::rates())),
    ("regime", || cite(regimes::regimes())),
    ("region", || cite(regions::regions())),
    ("removal", || cite(removals::removals())),
    ("residency", || cite(laws::all_residency())),
    ("retention", || cite(laws::retentions())),
    ("store", || cite(stores::stores())),
    ("timer", || cite(timers::all_timers())),
    ("topology", || cite(topologies::all_topologies())),
    ("word", || cite(vocabulary::wordings())),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{TABLES, entries, entry};
    use crate::{distributions, is_product, lifetimes, movers, ports, stores, timers, topologies};

    #[test]
    fn ids_are_unique() {
        let mut seen = BTreeSet::new();
        let repeated: Vec<_> =
            entries().into_iter().map(|entry| entry.id).filter(|id| !seen.insert(id.clone())).collect();
        assert!(repeated.is_empty(), "{repeated:?}");
    }

    #[test]
    fn every_entry_has_value_source_and_date() {
        for entry in entries() {
            assert!(!entry.value.is_empty() && entry.source.len() > 3, "{entry:?}");
            assert!(entry.date.year() >= 2026, "{entry:?}");
        }
    }

    #[test]
    fn sources_name_documents_and_not_addresses() {
        for entry in entries() {
            assert!(!entry.source.contains("://"), "{entry:?}");
        }
    }

    #[test]
    fn ids_begin_with_the_name_of_their_table() {
        for (name, rows) in TABLES {
            assert!(rows().iter().all(|entry| entry.id.split('/').next() == Some(name)), "{name}");
        }
    }

    #[test]
    fn a_fact_is_found_by_its_id() {
        let found = entry("lifetime/mariadb/10.11").unwrap();
        assert_eq!(found.value, "until 2028-02-16");
        assert_eq!(entry("lifetime/mariadb/1"), None);
    }

    #[test]
    fn every_table_speaks_of_known_products() {
        let mut named: BTreeSet<&str> = BTreeSet::new();
        named.extend(distributions::packages().iter().map(|row| row.product));
        named.extend(lifetimes::lifetimes().iter().map(|row| row.product));
        named.extend(movers::movers().iter().map(|row| row.name));
        named.extend(ports::all_ports().iter().map(|row| row.product));
        named.extend(stores::stores().iter().map(|row| row.product));
        named.extend(timers::all_timers().iter().map(|row| row.product));
        named
            .extend(topologies::all_topologies().iter().map(|row| row.product).filter(|name| *name != "any"));
        let unknown: Vec<_> = named.into_iter().filter(|name| !is_product(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
