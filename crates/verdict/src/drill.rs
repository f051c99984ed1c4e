//! What a drill and a restore measured, as `sehat-drill/1` and the evidence hold it.

use serde::{Deserialize, Serialize};

use crate::Verdict;

/// The value of `schema` in a [`DrillReport`].
pub const DRILL_SCHEMA: &str = "sehat-drill/1";

/// Everything that one call of `sehat drill` measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrillReport {
    pub schema: String,
    pub platform: String,
    pub environment: String,
    pub seed: u64,
    /// One entry per run.
    pub drills: Vec<DrillRun>,
}

impl DrillReport {
    pub fn new(platform: impl Into<String>, environment: impl Into<String>, seed: u64) -> Self {
        Self {
            schema: DRILL_SCHEMA.to_owned(),
            platform: platform.into(),
            environment: environment.into(),
            seed,
            drills: Vec::new(),
        }
    }
}

/// One run of one drill. What it did not measure is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DrillRun {
    /// `kill-leader`
    pub drill: String,
    /// What the fault hit, by its name in the platform.
    pub struck: String,
    /// The sum of the intervals from a journey's first failed request to its next good one.
    pub outage_ms: Option<u64>,
    pub requests: Option<u64>,
    pub errors: Option<u64>,
    /// Writes that the platform confirmed to the ledgers.
    pub acknowledged: Option<u64>,
    /// Acknowledged writes that were gone afterwards.
    pub lost: Option<u64>,
    /// From the fault until the platform itself noticed it.
    pub detect_ms: Option<u64>,
    pub alert_ms: Option<u64>,
    pub recover_ms: Option<u64>,
    /// The bound that `check` derived for the outage.
    pub predicted_ms_max: Option<u64>,
    pub verdicts: Vec<DrillVerdict>,
    /// The lab failed, so the numbers say nothing about the platform.
    pub lab_failed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lab_failed_reason: Option<String>,
    /// Time between two requests of a journey: an outage is known to this precision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spacing_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
}

impl DrillRun {
    pub fn new(drill: impl Into<String>, struck: impl Into<String>) -> Self {
        Self { drill: drill.into(), struck: struck.into(), ..Self::default() }
    }

    /// Returns the verdict over every objective that was judged; unknown where none was or the lab failed.
    pub fn verdict(&self) -> Verdict {
        if self.lab_failed || self.verdicts.is_empty() {
            return Verdict::Unknown;
        }
        Verdict::all(self.verdicts.iter().map(|entry| entry.verdict))
    }
}

/// One objective, held against one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrillVerdict {
    /// `availability`, `rpo`, `rto` ...
    pub objective: String,
    pub promised: Option<Amount>,
    pub predicted: Option<Amount>,
    pub measured: Option<Amount>,
    pub verdict: Verdict,
    /// Of all three numbers.
    #[serde(default)]
    pub unit: Unit,
    /// The reasons, above all of an unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
}

/// A number of JSON: durations and counts are whole, shares lie in `0.0..=1.0`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Amount {
    Whole(u64),
    Share(f64),
}

impl From<u64> for Amount {
    fn from(number: u64) -> Self {
        Self::Whole(number)
    }
}

impl From<f64> for Amount {
    fn from(share: f64) -> Self {
        Self::Share(share)
    }
}

/// What an [`Amount`] counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    #[default]
    Ms,
    Share,
    /// Writes, requests, cells of the reachability matrix.
    Count,
}

/// What the client saw over time. Every time counts from the start of the observation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// When the observation ended.
    pub end_ms: u64,
    pub fault_ms: Option<u64>,
    pub heal_ms: Option<u64>,
    pub alert_ms: Option<u64>,
    pub recovered_ms: Option<u64>,
    pub lanes: Vec<Lane>,
}

/// One journey or ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    pub name: String,
    /// In the order of time, each beginning where the one before it ends.
    pub spans: Vec<Span>,
}

/// A time in which every request went alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from_ms: u64,
    pub until_ms: u64,
    pub ok: bool,
}

impl Lane {
    /// Joins samples of (moment of the request, whether it was good), which are in the order of time.
    ///
    /// A failed span ends at the next good request, as the definition of outage wants it.
    pub fn from_samples(name: impl Into<String>, samples: impl IntoIterator<Item = (u64, bool)>) -> Self {
        let mut spans: Vec<Span> = Vec::new();
        for (at_ms, ok) in samples {
            let changed = spans.last().is_none_or(|span| span.ok != ok);
            if let Some(span) = spans.last_mut() {
                span.until_ms = at_ms;
            }
            if changed {
                spans.push(Span { from_ms: at_ms, until_ms: at_ms, ok });
            }
        }
        Self { name: name.into(), spans }
    }

    /// Returns the sum of the failed spans.
    pub fn outage_ms(&self) -> u64 {
        let failed = self.spans.iter().filter(|span| !span.ok);
        failed.map(|span| span.until_ms.saturating_sub(span.from_ms)).fold(0, u64::saturating_add)
    }
}

/// One restore and what was found in it. What was not measured is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RestoreRecord {
    /// The store that was restored, or the file that `--from` named.
    pub source: String,
    /// `mariadb-backup`, `mysqldump` ...
    pub format: String,
    /// Which state was asked for: `before transaction 0-1-5231`, `to 2026-11-21T10:15:00Z`, `newest`.
    pub point: String,
    /// The machine that it was restored into.
    pub machine: String,
    pub restore_ms: Option<u64>,
    pub bytes: Option<u64>,
    pub databases: Option<u64>,
    pub tables: Option<u64>,
    pub rows: Option<u64>,
    /// The newest moment that the data speaks of.
    pub newest: Option<String>,
    /// Writes acknowledged before the point, of the ledger.
    pub acknowledged: Option<u64>,
    /// Those of them that the restored state lacks.
    pub lost: Option<u64>,
    pub errors: Vec<String>,
    pub verdicts: Vec<DrillVerdict>,
    /// The parts of `restore_ms`, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<RestoreStep>,
    /// The last transaction of the restored state, and its log time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_transaction: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_transaction_time: Option<String>,
    /// How many transactions of the log were replayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transactions: Option<u64>,
    /// The longest time for which a transaction lay on the database machines alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposed_ms_max: Option<u64>,
    /// Copies that could not be opened or did not fit, and were not needed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<String>,
    /// The restored state serves in place of the one before.
    #[serde(default)]
    pub switched_over: bool,
}

/// One part of a restore.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreStep {
    pub step: String,
    pub ms: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leader_killed() -> DrillReport {
        let mut report = DrillReport::new("health-infraops", "production", 7);
        report.drills.push(DrillRun {
            outage_ms: Some(5_210),
            requests: Some(1_200),
            predicted_ms_max: Some(9_000),
            verdicts: vec![DrillVerdict {
                objective: "availability".into(),
                promised: Some(0.999.into()),
                predicted: None,
                measured: Some(1.0.into()),
                verdict: Verdict::Kept,
                unit: Unit::Share,
                because: Vec::new(),
            }],
            ..DrillRun::new("kill-leader", "records/db-01")
        });
        report
    }

    #[test]
    fn serializes_to_the_fields_that_others_read() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&leader_killed()).unwrap(), @r#"
        {
          "schema": "sehat-drill/1",
          "platform": "health-infraops",
          "environment": "production",
          "seed": 7,
          "drills": [
            {
              "drill": "kill-leader",
              "struck": "records/db-01",
              "outage_ms": 5210,
              "requests": 1200,
              "errors": null,
              "acknowledged": null,
              "lost": null,
              "detect_ms": null,
              "alert_ms": null,
              "recover_ms": null,
              "predicted_ms_max": 9000,
              "verdicts": [
                {
                  "objective": "availability",
                  "promised": 0.999,
                  "predicted": null,
                  "measured": 1.0,
                  "verdict": "kept",
                  "unit": "share"
                }
              ],
              "lab_failed": false
            }
          ]
        }
        "#);
    }

    #[test]
    fn reads_back_what_it_wrote() {
        let text = serde_json::to_string(&leader_killed()).unwrap();
        assert_eq!(serde_json::from_str::<DrillReport>(&text).unwrap(), leader_killed());
    }

    #[test]
    fn outage_reaches_from_the_first_failure_to_the_next_good_request() {
        let samples = [(0, true), (100, true), (200, false), (1_200, false), (1_300, true), (1_400, true)];
        let lane = Lane::from_samples("book-visit", samples);
        assert_eq!(lane.outage_ms(), 1_100);
        assert_eq!(
            lane.spans,
            [
                Span { from_ms: 0, until_ms: 200, ok: true },
                Span { from_ms: 200, until_ms: 1_300, ok: false },
                Span { from_ms: 1_300, until_ms: 1_400, ok: true },
            ]
        );
    }

    #[test]
    fn a_failed_lab_judges_nothing() {
        let run = DrillRun { lab_failed: true, ..leader_killed().drills.remove(0) };
        assert_eq!(run.verdict(), Verdict::Unknown);
        assert_eq!(DrillRun::new("kill-node", "pve-01").verdict(), Verdict::Unknown);
    }
}
