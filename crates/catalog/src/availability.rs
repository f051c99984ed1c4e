//! How often things fail: assumed intervals and the promises of providers.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::table::parse;

/// The share of time in which one thing of a kind works, as an interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Availability {
    /// What works or fails: `instance`, `machine`, `node`, `zone`, `managed/rds-multi-az` ...
    pub kind: &'static str,
    /// A share of time, 0 to 1.
    pub low: f64,
    /// A share of time, 0 to 1, at least `low`.
    pub high: f64,
    pub basis: AvailabilityBasis,
    /// What the interval includes.
    pub meaning: &'static str,
    pub source: &'static str,
    pub date: Date,
}

/// Why an interval is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AvailabilityBasis {
    /// An engineering assumption, of which the source gives the reasoning.
    Assumed,
    /// The low end is the provider's service level, which is a promise of money, not a measurement.
    ServiceLevel,
}

cited!(
    Availability,
    |row| format!("availability/{}", row.kind),
    format!(
        "{} to {}{}",
        row.low,
        row.high,
        if row.basis == AvailabilityBasis::Assumed { ", assumed" } else { "" }
    )
);

/// Returns the interval of `kind`; a managed product is also found under its own name.
pub fn availability(kind: &str) -> Option<&'static Availability> {
    let named = |name: &str| availabilities().iter().find(|row| row.kind == name);
    named(kind).or_else(|| named(&format!("managed/{kind}")))
}

/// Returns every interval.
pub fn availabilities() -> &'static [Availability] {
    &TABLE.availability
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    availability: Vec<Availability>,
}

static TABLE: LazyLock<File> =
    LazyLock::new(|| parse("availability", include_str!("../data/availability.toml")));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_shares() {
        for row in availabilities() {
            assert!(0.0 < row.low && row.low <= row.high && row.high <= 1.0, "{row:?}");
        }
    }

    #[test]
    fn managed_products_are_found_by_their_own_name() {
        assert!(availability("rds-multi-az").unwrap().low >= 0.9995);
    }
}
