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
    pub months_min: u32,
    /// From when the years count.
    pub counted_from: &'static str,
    /// The article, in short.
    pub article: &'static str,
    /// A caution, such as who the rule binds.
    pub note: Option<&'static str>,
    pub source: &'static str,
    pub date: Date,
}

// A document may write 25 years as 25 times 365 days, so a year counts as 365 days here.
const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1000;

impl Retention {
    /// Returns the least time in milliseconds, a year as 365 days.
    pub fn ms_min(&self) -> u64 {
        u64::from(self.months_min) * YEAR_MS / 12
    }

    fn in_words(&self) -> String {
        match (self.months_min / 12, self.months_min % 12) {
            (0, months) => format!("at least {months} months from {}", self.counted_from),
            (years, 0) => format!("at least {years} years from {}", self.counted_from),
            (_, _) => format!("at least {} months from {}", self.months_min, self.counted_from),
        }
    }
}

cited!(Retention, |row| format!("retention/{}/{}", row.jurisdiction, row.class), row.in_words());

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

/// Countries that have law in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Bloc {
    pub name: &'static str,
    /// ISO 3166 alpha-2.
    pub members: Vec<&'static str>,
    pub source: &'static str,
    pub date: Date,
}

cited!(Bloc, |row| format!("bloc/{}", row.name), row.members.join(", "));

/// Returns whether `country` is `jurisdiction` or belongs to it: `DE` lies in `EU`.
pub fn lies_in(country: &str, jurisdiction: &str) -> bool {
    country == jurisdiction
        || blocs().iter().any(|bloc| bloc.name == jurisdiction && bloc.members.contains(&country))
}

/// Returns every bloc.
pub fn blocs() -> &'static [Bloc] {
    &TABLE.bloc
}

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
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    retention: Vec<Retention>,
    residency: Vec<Residency>,
    bloc: Vec<Bloc>,
}

static TABLE: LazyLock<File> = LazyLock::new(|| parse!("laws"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indonesia_keeps_medical_records_for_25_years() {
        assert_eq!(retention("ID", "phi").unwrap().months_min, 25 * 12);
        assert_eq!(retention("BR", "phi").unwrap().months_min, 20 * 12);
        assert_eq!(retention("US", "audit").unwrap().ms_min(), 6 * YEAR_MS);
    }

    #[test]
    fn germany_lies_in_the_union() {
        assert!(lies_in("DE", "EU") && lies_in("ID", "ID"));
        assert!(!lies_in("CH", "EU"));
    }

    #[test]
    fn the_strictest_residency_comes_first() {
        assert_eq!(residency("ID")[0].rule, ResidencyRule::RequiresDomestic);
        assert_eq!(residency("BR")[0].rule, ResidencyRule::TransferConditions);
    }
}
