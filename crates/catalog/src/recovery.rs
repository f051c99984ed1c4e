//! How fast data is moved and how long a program takes to start, as intervals.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
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

/// Returns the throughput of `step`.
pub fn rate(step: &str) -> Option<&'static Rate> {
    rates().iter().find(|row| row.step == step)
}

/// Returns every throughput.
pub fn rates() -> &'static [Rate] {
    &TABLE.rate
}

/// Returns the time of `step`.
pub fn duration(step: &str) -> Option<&'static Duration> {
    durations().iter().find(|row| row.step == step)
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
    fn durations_are_intervals() {
        for row in durations() {
            assert!(row.ms_low <= row.ms_high && BASES.contains(&row.basis), "{row:?}");
        }
    }
}
