//! The times of a drill.

use sehat_platform::{Kind, Platform};

use crate::{Drill, Rng};

/// A request without an answer by then has failed: the definition of an outage.
pub const REQUEST_LIMIT_MS: u64 = 1_000;
/// Time between two requests of one journey. It is the precision of an outage, and twenty requests a second of three
/// journeys leave most of two cores to the platform.
pub const SPACING_MS: u64 = 50;

/// How long each part of a drill takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Everything has to be well for so long before the fault.
    pub steady_ms: u64,
    /// Given up when there was no steady state by then.
    pub steady_ms_max: u64,
    /// Alerts of an earlier fault are given so long to end, because they would hide a new one.
    pub alarm_ms_max: u64,
    /// From steady state to the fault.
    pub delay_ms: u64,
    /// From the fault to its heal.
    pub hold_ms: u64,
    /// Given up when not everything was as before by then, counted from the heal.
    pub recovery_ms_max: u64,
    /// After the recovery, so that a second outage is seen.
    pub quiet_ms: u64,
    pub poll_ms: u64,
}

/// A run without a fault is watched for so long.
const NO_FAULT_MS: u64 = 10_000;
/// Alerts need a scrape, an evaluation, a second scrape that confirms the first, and the group's wait; a second more
/// covers the way.
const ALERT_WAY_MS: u64 = 1_000;
/// Longer than the slowest failover of a lab platform, and short enough for a chain of six minutes.
const HOLD_MS_MIN: u64 = 8_000;
const HOLD_MS_MAX: u64 = 20_000;
/// Moments vary by so much, so that they fall anywhere between two beats of a timer.
const JITTER_MS: u64 = 1_000;

impl Pace {
    /// Returns the moments of one run; the same seed and run give the same.
    pub fn of(platform: &Platform, drill: Drill, seed: u64, run: usize) -> Self {
        let mut rng = Rng::of(seed, &["pace", drill.name(), &run.to_string()]);
        let delay_ms = rng.below(JITTER_MS);
        let hold_ms = match drill {
            Drill::NoFault => NO_FAULT_MS,
            Drill::DropTable => 0,
            _ => alert_ms(platform).clamp(HOLD_MS_MIN, HOLD_MS_MAX) + rng.below(JITTER_MS),
        };
        Self {
            steady_ms: 2_000,
            steady_ms_max: 60_000,
            alarm_ms_max: 25_000,
            delay_ms,
            hold_ms,
            recovery_ms_max: 90_000,
            quiet_ms: 1_000,
            poll_ms: 200,
        }
    }
}

/// How long an alert may take, as far as the platform says so.
fn alert_ms(platform: &Platform) -> u64 {
    let ms = |fact: &sehat_platform::Fact<sehat_platform::Duration>| fact.get().map_or(0, |time| time.ms());
    let metrics =
        platform.components.values().filter(|component| component.kind.get() == Some(&Kind::Metrics));
    let seen = metrics
        .map(|component| 2 * ms(&component.scrape_interval) + ms(&component.evaluation_interval))
        .max();
    let waits = platform.components.values().filter_map(|component| component.timers.get("group-wait"));
    seen.unwrap_or(0) + waits.map(ms).max().unwrap_or(0) + ALERT_WAY_MS
}
