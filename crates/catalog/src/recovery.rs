//! How fast data is moved and how long a program takes to start, as intervals.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::products;
use crate::table::parse;

/// A throughput of a backup or restore step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rate {
    /// The step, as in `mariadb-backup/restore`.
    pub step: &'static str,
    pub bytes_per_second_low: u64,
    pub bytes_per_second_high: u64,
    /// `measured`, `documented` or `assumed`.
    pub basis: &'static str,
    pub source: &'static str,
    pub date: Date,
}

cited!(
    Rate,
    |row| format!("rate/{}", row.step),
    format!("{} to {} bytes/s, {}", row.bytes_per_second_low, row.bytes_per_second_high, row.basis)
);

/// How long a step takes whatever the amount of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Duration {
    /// The step, as in `mariadb/start-after-crash`.
    pub step: &'static str,
    pub ms_low: u64,
    pub ms_high: u64,
    /// `measured`, `documented` or `assumed`.
    pub basis: &'static str,
    pub source: &'static str,
    pub date: Date,
}

cited!(
    Duration,
    |row| format!("duration/{}", row.step),
    format!("{} to {} ms, {}", row.ms_low, row.ms_high, row.basis)
);

/// Returns the throughput of `step`, written as tool and verb: `mariadb-backup/restore`.
pub fn rate(step: &str) -> Option<&'static Rate> {
    of_step(step, |step| rates().iter().find(|row| row.step == step))
}

/// Returns every throughput.
pub fn rates() -> &'static [Rate] {
    &TABLE.rate
}

/// Returns the time of `step`, written as product and verb: `mariadb/start-after-crash`.
pub fn duration(step: &str) -> Option<&'static Duration> {
    of_step(step, |step| durations().iter().find(|row| row.step == step))
}

/// Finds a step under its own words, then under the other names of its product.
fn of_step<T>(step: &str, named: impl Fn(&str) -> Option<T>) -> Option<T> {
    named(step).or_else(|| {
        let (product, verb) = step.split_once('/')?;
        products::find(product, |name| named(&format!("{name}/{verb}")))
    })
}

/// Returns every time of a step.
pub fn durations() -> &'static [Duration] {
    &TABLE.duration
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    rate: Vec<Rate>,
    duration: Vec<Duration>,
}

static TABLE: LazyLock<File> = LazyLock::new(|| parse!("recovery"));

#[cfg(test)]
mod tests {
    use super::*;

    const BASES: [&str; 3] = ["measured", "documented", "assumed"];

    #[test]
    fn rates_are_intervals() {
        for row in rates() {
            let ordered =
                0 < row.bytes_per_second_low && row.bytes_per_second_low <= row.bytes_per_second_high;
            assert!(ordered && BASES.contains(&row.basis), "{row:?}");
        }
    }

    #[test]
    fn steps_are_found_by_other_names_of_the_product() {
        assert_eq!(rate("borgbackup/restore"), rate("borg/restore"));
        assert_eq!(duration("php-fpm/start").unwrap().step, "php/start");
        assert_eq!(duration("no-such-product/start"), None);
    }

    #[test]
    fn durations_are_intervals() {
        for row in durations() {
            assert!(row.ms_low <= row.ms_high && BASES.contains(&row.basis), "{row:?}");
        }
    }
}
