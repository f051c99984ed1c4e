//! Holds a restore against what was promised.

use sehat_platform::Platform;
use sehat_platform::objective::DurationObjective;
use sehat_verdict::Verdict;
use sehat_verdict::drill::{DrillVerdict, RestoreRecord, Unit};

/// The objectives of the database, else those of the platform.
pub fn judge(platform: &Platform, component: &str, record: &RestoreRecord) -> Vec<DrillVerdict> {
    let most = |objective: Option<&DurationObjective>| Some(objective?.at_most.get()?.ms());
    let own = platform.components.get(component).map(|component| &component.objectives);
    let time_ms =
        own.and_then(|own| most(own.rto.as_ref())).or_else(|| most(platform.objectives.rto.as_ref()));
    let loss_ms =
        own.and_then(|own| most(own.rpo.as_ref())).or_else(|| most(platform.objectives.rpo.as_ref()));
    time_ms
        .map(|limit_ms| rto(limit_ms, record))
        .into_iter()
        .chain(loss_ms.map(|limit_ms| rpo(limit_ms, record)))
        .collect()
}

/// The time of the restore alone: until somebody decides to restore is not part of it.
pub fn rto(limit_ms: u64, record: &RestoreRecord) -> DrillVerdict {
    let verdict = match record.restore_ms {
        _ if !record.errors.is_empty() && record.tables.unwrap_or(0) == 0 => Verdict::Broken,
        Some(ms) if ms <= limit_ms => Verdict::Kept,
        Some(_) => Verdict::Broken,
        None => Verdict::Unknown,
    };
    let because = "without the time until somebody decides to restore";
    entry("rto", limit_ms, record.restore_ms, verdict, because.to_owned())
}

/// What would be lost with all database machines: the longest time that a write was on them alone. A write that is
/// missing although it was acknowledged before the point breaks the promise in any case.
fn rpo(limit_ms: u64, record: &RestoreRecord) -> DrillVerdict {
    let lost = record.lost.unwrap_or(0);
    let verdict = match record.exposed_ms_max {
        _ if lost > 0 => Verdict::Broken,
        Some(ms) if ms <= limit_ms => Verdict::Kept,
        Some(_) => Verdict::Broken,
        None => Verdict::Unknown,
    };
    let because = match (lost, record.acknowledged, record.exposed_ms_max) {
        (1.., Some(acknowledged), _) => format!("{lost} of {acknowledged} acknowledged writes are missing"),
        (.., Some(_)) => "the longest time that a write was on the database machines alone".to_owned(),
        _ => "the saved log holds no transaction yet".to_owned(),
    };
    entry("rpo", limit_ms, record.exposed_ms_max, verdict, because)
}

pub fn entry(
    objective: &str,
    limit_ms: u64,
    measured: Option<u64>,
    verdict: Verdict,
    because: String,
) -> DrillVerdict {
    DrillVerdict {
        objective: objective.to_owned(),
        promised: Some(limit_ms.into()),
        predicted: None,
        measured: measured.map(Into::into),
        verdict,
        unit: Unit::Ms,
        because: vec![because],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_write_breaks_the_promise_however_fresh_the_log_is() {
        let record = RestoreRecord {
            exposed_ms_max: Some(900),
            acknowledged: Some(10),
            lost: Some(1),
            ..RestoreRecord::default()
        };
        let verdict = rpo(300_000, &record);
        assert_eq!(verdict.verdict, Verdict::Broken);
        assert_eq!(verdict.because, ["1 of 10 acknowledged writes are missing"]);
        assert_eq!(rpo(300_000, &RestoreRecord { lost: Some(0), ..record }).verdict, Verdict::Kept);
        assert_eq!(rpo(300_000, &RestoreRecord::default()).verdict, Verdict::Unknown);
    }
}
