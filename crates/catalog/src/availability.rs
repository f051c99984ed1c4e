//! How often things fail: assumed intervals and the promises of providers.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::products;
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

/// Returns the interval of `kind`.
///
/// A managed product is found by its own name or its base's, with the word for its zones behind
/// it where that makes a difference: `rds-mysql-multi-zone` is found as `managed/rds-multi-az`.
pub fn availability(kind: &str) -> Option<&'static Availability> {
    let named = |name: &str| availabilities().iter().find(|row| row.kind == name);
    let managed = |name: &str| named(&format!("managed/{name}"));
    named(kind).or_else(|| managed(kind)).or_else(|| {
        let (product, zones) = split_zones(kind);
        products::find(product, |name| managed(&format!("{name}{zones}")).or_else(|| managed(name)))
    })
}

/// Splits the word for zones from the end of a name, in the catalog's spelling.
fn split_zones(kind: &str) -> (&str, &'static str) {
    ZONES.iter().find_map(|(end, zones)| Some((kind.strip_suffix(end)?, *zones))).unwrap_or((kind, ""))
}

const ZONES: [(&str, &str); 4] = [
    ("-multi-az", "-multi-az"),
    ("-multi-zone", "-multi-az"),
    ("-single-az", "-single-az"),
    ("-single", "-single-az"),
];

/// Returns every interval.
pub fn availabilities() -> &'static [Availability] {
    &TABLE.availability
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    availability: Vec<Availability>,
}

static TABLE: LazyLock<File> = LazyLock::new(|| parse!("availability"));

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
        assert_eq!(availability("rds-mysql-multi-zone").unwrap().kind, "managed/rds-multi-az");
        assert_eq!(availability("rds-mysql").unwrap().kind, "managed/rds");
        assert_eq!(availability("alb").unwrap().kind, "managed/aws-alb");
        assert_eq!(availability("no-such-service"), None);
    }
}
