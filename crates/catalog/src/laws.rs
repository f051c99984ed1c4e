//! How long data of a class must be kept, and where it may lie, by jurisdiction.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::table::parse;

/// The least time for which a jurisdiction wants a class of data kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Retention {
    /// ISO 3166 alpha-2, or `EU`.
    pub jurisdiction: &'static str,
    /// The document's data class: `phi`, `audit`, `billing` ...
    pub class: &'static str,
    pub years_min: u32,
    /// From when the years count.
    pub counted_from: &'static str,
    /// The article, in short.
    pub article: &'static str,
    /// A caution, such as who the rule binds.
    pub note: Option<&'static str>,
    pub source: &'static str,
    pub date: Date,
}

cited!(
    Retention,
    |row| format!("retention/{}/{}", row.jurisdiction, row.class),
    format!("at least {} years from {}", row.years_min, row.counted_from)
);

/// A rule on where data may lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Residency {
    pub jurisdiction: &'static str,
    pub rule: ResidencyRule,
    /// Whom it binds: `public-sector`, `all`.
    pub scope: &'static str,
    pub article: &'static str,
    /// What it asks, in our words.
    pub title: &'static str,
    pub source: &'static str,
    pub date: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResidencyRule {
    /// Nothing limits the place.
    Free,
    /// Data may leave under conditions that a document cannot show by places alone.
    TransferConditions,
    /// Data must lie in the country.
    RequiresDomestic,
}

cited!(
    Residency,
    |row| format!("residency/{}/{}", row.jurisdiction, row.scope),
    format!("{:?}: {}", row.rule, row.article)
);

/// Returns the least retention of `class` in `jurisdiction`.
pub fn retention(jurisdiction: &str, class: &str) -> Option<&'static Retention> {
    retentions().iter().find(|row| row.jurisdiction == jurisdiction && row.class == class)
}

/// Returns every retention rule.
pub fn retentions() -> &'static [Retention] {
    &TABLE.retention
}

/// Returns the rules of `jurisdiction` on where data may lie, the strictest first.
pub fn residency(jurisdiction: &str) -> Vec<&'static Residency> {
    let mut rules: Vec<_> = all_residency().iter().filter(|row| row.jurisdiction == jurisdiction).collect();
    rules.sort_by_key(|row| std::cmp::Reverse(row.rule));
    rules
}

pub(crate) fn all_residency() -> &'static [Residency] {
    &TABLE.residency
}

#[derive(Deserialize)]
struct File {
    #[serde(borrow)]
    retention: Vec<Retention>,
    #[serde(borrow)]
    residency: Vec<Residency>,
}

static TABLE: LazyLock<File> = LazyLock::new(|| parse("laws", include_str!("../data/laws.toml")));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indonesia_keeps_medical_records_for_25_years() {
        assert_eq!(retention("ID", "phi").unwrap().years_min, 25);
        assert_eq!(retention("BR", "phi").unwrap().years_min, 20);
        assert_eq!(retention("US", "audit").unwrap().years_min, 6);
    }

    #[test]
    fn the_strictest_residency_comes_first() {
        assert_eq!(residency("ID")[0].rule, ResidencyRule::RequiresDomestic);
        assert_eq!(residency("BR")[0].rule, ResidencyRule::TransferConditions);
    }
}
