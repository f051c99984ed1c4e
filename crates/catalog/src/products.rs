//! The products that the catalog knows by name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::table::parse;

/// A server program, a managed service or a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Product {
    pub name: &'static str,
    /// What a component of this product usually is, in the document's words: `database`, `cache` ...
    pub kind: &'static str,
    /// Other names for the same thing.
    #[serde(default)]
    pub aliases: Vec<&'static str>,
    /// The product whose facts hold where this one has none of its own.
    #[serde(default)]
    pub base: Option<&'static str>,
    /// Whether its versions are those of its base.
    #[serde(default)]
    pub same_versions: bool,
    /// The company that runs it, where it is a managed service.
    #[serde(default)]
    pub managed_by: Option<&'static str>,
    pub source: &'static str,
    pub date: Date,
}

cited!(Product, |product| format!("product/{}", product.name), product.kind.to_owned());

/// Returns the product named `name`, or of which `name` is another name.
pub fn product(name: &str) -> Option<&'static Product> {
    TABLE.by_name.get(name).map(|&index| &TABLE.rows[index])
}

/// Returns whether `name` is a product, or another name of one.
pub fn is_product(name: &str) -> bool {
    product(name).is_some()
}

/// Returns every product's name and other names, in order.
pub fn product_names() -> impl Iterator<Item = &'static str> {
    TABLE.by_name.keys().copied()
}

/// Returns every product.
pub fn products() -> &'static [Product] {
    &TABLE.rows
}

/// Finds a fact under the product's own name, then under its base's.
pub(crate) fn find<T>(name: &str, fact: impl Fn(&str) -> Option<T>) -> Option<T> {
    let Some(known) = product(name) else { return fact(name) };
    fact(known.name).or_else(|| known.base.and_then(fact))
}

/// Finds a fact about a version under the product's own name, then under its base's where both
/// count versions alike.
pub(crate) fn find_version<T>(name: &str, fact: impl Fn(&str) -> Option<T>) -> Option<T> {
    let Some(known) = product(name) else { return fact(name) };
    let base = known.base.filter(|_| known.same_versions);
    fact(known.name).or_else(|| base.and_then(fact))
}

/// Returns whether two words name the same product, or are the same word.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one == other
        || product(one).is_some_and(|known| product(other).is_some_and(|found| found.name == known.name))
}

struct Table {
    rows: Vec<Product>,
    by_name: BTreeMap<&'static str, usize>,
}

#[derive(Deserialize)]
struct File {
    source: &'static str,
    date: Date,
    kinds: BTreeMap<&'static str, Vec<Row>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Row {
    name: &'static str,
    #[serde(default)]
    aliases: Vec<&'static str>,
    base: Option<&'static str>,
    #[serde(default)]
    same_versions: bool,
    managed_by: Option<&'static str>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let file: File = parse!("products");
    let mut rows: Vec<Product> = Vec::new();
    for (kind, products) in file.kinds {
        rows.extend(products.into_iter().map(|row| row.of_kind(kind, file.source, file.date)));
    }
    Table { by_name: index(&rows), rows }
});

impl Row {
    fn of_kind(self, kind: &'static str, source: &'static str, date: Date) -> Product {
        let Row { name, aliases, base, same_versions, managed_by } = self;
        Product { name, kind, aliases, base, same_versions, managed_by, source, date }
    }
}

fn index(rows: &[Product]) -> BTreeMap<&'static str, usize> {
    let mut by_name = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        by_name.insert(row.name, index);
        by_name.extend(row.aliases.iter().map(|&alias| (alias, index)));
    }
    by_name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_name_the_same_product() {
        assert_eq!(product("postgres"), product("postgresql"));
        assert!(!is_product("posgresql"));
    }

    #[test]
    fn every_name_is_used_once() {
        let names = products().iter().map(|product| 1 + product.aliases.len()).sum::<usize>();
        assert_eq!(product_names().count(), names);
    }

    #[test]
    fn bases_exist() {
        for product in products() {
            assert!(product.base.is_none_or(is_product), "{}", product.name);
        }
    }
}
