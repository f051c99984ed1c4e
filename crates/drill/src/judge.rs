//! What was measured against what was promised and predicted.

use sehat_analysis::outage::Prediction;
use sehat_analysis::path;
use sehat_platform::objective::{Availability, DurationObjective, Objectives};
use sehat_platform::{Component, Name, Platform};
use sehat_verdict::Verdict;
use sehat_verdict::drill::{Amount, DrillVerdict, Unit};

use crate::{Drill, Kept, Measured, Outage, Target};

/// A value of the document that is another one where the drill runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub component: Name,
    /// As the document names it, `evs-suspect`.
    pub key: String,
    /// `1500ms in the document, 3s here`
    pub says: String,
}

/// One run, ready to be judged.
pub struct Case<'a> {
    pub platform: &'a Platform,
    pub drill: Drill,
    pub target: &'a Target,
    pub measured: &'a Measured,
    pub prediction: &'a Prediction,
    /// From the fault to its heal.
    pub held_ms: u64,
    pub changes: &'a [Change],
}

/// Holds every objective that the drill speaks to against its measurement.
pub fn judge(case: &Case<'_>) -> Vec<DrillVerdict> {
    let verdicts = [availability(case), failover(case), rpo(case), rto(case), error_rate(case)];
    let changed = changed(case);
    verdicts.into_iter().flatten().map(|verdict| doubt(verdict, &changed)).collect()
}

/// Changed values make every verdict unknown that a prediction stands beside.
fn doubt(mut verdict: DrillVerdict, changed: &[String]) -> DrillVerdict {
    if !changed.is_empty() {
        verdict.verdict = Verdict::Unknown;
        verdict.because.extend_from_slice(changed);
    }
    verdict
}

fn changed(case: &Case<'_>) -> Vec<String> {
    let is_used = |change: &&Change| {
        let component = format!("`{}`", change.component);
        case.prediction
            .because
            .iter()
            .any(|reason| reason.contains(&component) && reason.contains(&change.key))
    };
    let used = case.changes.iter().filter(is_used);
    used.map(|change| format!("`{}` {} is another one here: {}", change.component, change.key, change.says))
        .collect()
}

fn struck(drill: Drill) -> bool {
    matches!(
        drill,
        Drill::KillInstance | Drill::KillNode | Drill::KillLeader | Drill::CutSegment | Drill::DropTable
    )
}

/// Returns the verdict over the journeys: the worst one stands for all.
fn over_journeys(
    case: &Case<'_>,
    judge: impl Fn(&str, &Outage, &Objectives) -> Option<DrillVerdict>,
) -> Option<DrillVerdict> {
    let own = |name: &Name| case.platform.journeys.get(name).map(|journey| &journey.objectives);
    let verdicts = case.measured.outages.iter().filter_map(|(name, outage)| {
        let judged = own(name).and_then(|own| judge(name, outage, own));
        Some((
            outage.open,
            outage.total_ms,
            judged.or_else(|| judge(name, outage, &case.platform.objectives))?,
        ))
    });
    let rank = |verdict: Verdict| matches!(verdict, Verdict::Broken);
    // The first of equals, so that the same measurement names the same journey.
    verdicts
        .rev()
        .max_by_key(|(open, total, verdict)| (rank(verdict.verdict), *open, *total))
        .map(|(_, _, verdict)| verdict)
}

/// One such fault in a window uses this part of what the promise leaves.
fn availability(case: &Case<'_>) -> Option<DrillVerdict> {
    if !struck(case.drill) {
        return None;
    }
    over_journeys(case, |_, outage, objectives| {
        let (least, window_ms) = availability_of(objectives.availability.as_ref()?)?;
        let budget_ms = to_ms((1.0 - least) * to_f64(window_ms));
        let share = |ms: u64| share(1.0 - to_f64(ms.min(window_ms)) / to_f64(window_ms));
        let says =
            format!("{} of the {} that the window leaves", seconds(outage.total_ms), seconds(budget_ms));
        Some(DrillVerdict {
            objective: "availability".into(),
            promised: Some(self::share(least)),
            predicted: case.prediction.outage_ms_max.map(share),
            measured: Some(share(outage.total_ms)),
            verdict: at_most(outage.total_ms, budget_ms, outage.open),
            unit: Unit::Share,
            because: vec![says],
        })
    })
}

fn availability_of(stated: &Availability) -> Option<(f64, u64)> {
    Some((stated.at_least.get()?.0, stated.window.get()?.ms())).filter(|(_, window_ms)| *window_ms > 0)
}

/// A cut segment or a lost table has no one to take over, so no failover is promised for them.
fn failover(case: &Case<'_>) -> Option<DrillVerdict> {
    if !matches!(case.drill, Drill::KillInstance | Drill::KillNode | Drill::KillLeader) {
        return None;
    }
    over_journeys(case, |name, outage, objectives| {
        let limit_ms = most(objectives.failover.as_ref())?;
        let mut because = vec![format!("`{name}` was away {}", seconds(outage.total_ms))];
        because.extend(exceeded("outage", Some(outage.total_ms), case.prediction.outage_ms_max));
        Some(DrillVerdict {
            objective: "failover".into(),
            promised: Some(limit_ms.into()),
            predicted: case.prediction.outage_ms_max.map(Amount::from),
            measured: Some(outage.total_ms.into()),
            verdict: at_most(outage.total_ms, limit_ms, outage.open),
            unit: Unit::Ms,
            because,
        })
    })
}

/// Data that was acknowledged and lost, as the time that it spans.
fn rpo(case: &Case<'_>) -> Option<DrillVerdict> {
    if !struck(case.drill) {
        return None;
    }
    let stores = case.measured.stores.iter().filter_map(|(name, kept)| {
        let component = case.platform.components.get(name)?;
        let is_data = component.rebuildable.get().is_none();
        is_data.then_some((name, kept, rpo_of(case.platform, name, component)?))
    });
    let rank = |(_, kept, limit_ms): &(&Name, &Kept, u64)| {
        (kept.lost_ms.is_some_and(|ms| ms > *limit_ms), kept.lost_ms.is_none(), kept.lost_ms)
    };
    let (name, kept, limit_ms) = stores.max_by_key(rank)?;
    let acknowledged = kept.acknowledged;
    let says = match kept.lost {
        Some(lost) => format!("{lost} of {acknowledged} writes that `{name}` acknowledged are gone"),
        None => format!("`{name}` could not be asked for the {acknowledged} writes that it acknowledged"),
    };
    let judged = kept.lost_ms.filter(|_| acknowledged > 0);
    Some(DrillVerdict {
        objective: "rpo".into(),
        promised: Some(limit_ms.into()),
        predicted: case.prediction.lost_writes_max.filter(|writes| *writes == 0).map(Amount::from),
        measured: judged.map(Amount::from),
        verdict: judged.map_or(Verdict::Unknown, |ms| at_most(ms, limit_ms, false)),
        unit: Unit::Ms,
        because: vec![says],
    })
}

/// Returns the strictest promise: the store's own or the platform's, and those of the journeys that write to it.
fn rpo_of(platform: &Platform, name: &str, component: &Component) -> Option<u64> {
    let own = most(component.objectives.rpo.as_ref()).or_else(|| most(platform.objectives.rpo.as_ref()));
    let writing = platform.journeys.values().filter(|journey| journey.writes.get() == Some(&true));
    let through = writing.filter(|journey| path::required(platform, journey).contains_key(name));
    own.into_iter().chain(through.filter_map(|journey| most(journey.objectives.rpo.as_ref()))).min()
}

/// Counted from the fault, so that what holds the fault is part of the prediction too.
fn rto(case: &Case<'_>) -> Option<DrillVerdict> {
    let limit_ms = if struck(case.drill) { rto_of(case) } else { None }?;
    let predicted = case.prediction.recover_ms_max.map(|ms| ms + case.held_ms);
    let measured = case.measured.recover_ms;
    let mut because: Vec<String> = exceeded("recovery", measured, predicted).into_iter().collect();
    if measured.is_none() {
        because.push("not everything was as before when the drill gave up waiting".into());
    }
    Some(DrillVerdict {
        objective: "rto".into(),
        promised: Some(limit_ms.into()),
        predicted: predicted.map(Amount::from),
        measured: measured.map(Amount::from),
        verdict: measured.map_or(Verdict::Unknown, |ms| at_most(ms, limit_ms, false)),
        unit: Unit::Ms,
        because,
    })
}

fn rto_of(case: &Case<'_>) -> Option<u64> {
    let store = if let Target::Store(name) | Target::Leader(name) = case.target { Some(name) } else { None };
    let own = store.and_then(|name| most(case.platform.components.get(name)?.objectives.rto.as_ref()));
    own.or_else(|| most(case.platform.objectives.rto.as_ref()))
}

/// A share of all requests is a promise of usual days, so only a run without a fault can be held against it.
fn error_rate(case: &Case<'_>) -> Option<DrillVerdict> {
    if case.drill != Drill::NoFault || case.measured.requests == 0 {
        return None;
    }
    let limit = case.platform.objectives.error_rate.as_ref()?.at_most.get()?.0;
    let measured = to_f64(case.measured.errors) / to_f64(case.measured.requests);
    Some(DrillVerdict {
        objective: "error-rate".into(),
        promised: Some(share(limit)),
        predicted: None,
        measured: Some(share(measured)),
        verdict: if measured <= limit { Verdict::Kept } else { Verdict::Broken },
        unit: Unit::Share,
        because: vec![format!("{} of {} requests failed", case.measured.errors, case.measured.requests)],
    })
}

/// A share without the digits that only the form of the number brings in.
fn share(share: f64) -> Amount {
    Amount::Share((share * 1e12).round() / 1e12)
}

fn most(objective: Option<&DurationObjective>) -> Option<u64> {
    Some(objective?.at_most.get()?.ms())
}

/// A number that was still growing breaks a limit that it has passed, and keeps none.
fn at_most(measured: u64, limit: u64, open: bool) -> Verdict {
    match (measured <= limit, open) {
        (false, _) => Verdict::Broken,
        (true, true) => Verdict::Unknown,
        (true, false) => Verdict::Kept,
    }
}

fn exceeded(what: &str, measured: Option<u64>, predicted: Option<u64>) -> Option<String> {
    let (measured, predicted) = (measured?, predicted?);
    (measured > predicted).then(|| {
        format!(
            "the {what} of {} exceeds the predicted bound of {}: a defect of the prediction",
            seconds(measured),
            seconds(predicted)
        )
    })
}

/// Returns a length of time as a person reads it.
pub fn seconds(ms: u64) -> String {
    let rounded = |number: f64, digits: usize, unit: &str| {
        let text = format!("{number:.digits$}");
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        format!("{text} {unit}")
    };
    match ms {
        0..10_000 => rounded(to_f64(ms) / 1e3, 2, "s"),
        10_000..120_000 => rounded(to_f64(ms) / 1e3, 1, "s"),
        120_000..7_200_000 => rounded(to_f64(ms) / 6e4, 1, "min"),
        _ => rounded(to_f64(ms) / 3.6e6, 1, "h"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a window or a count of requests is far below 2^52")]
fn to_f64(number: u64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of a window, rounded to whole milliseconds"
)]
fn to_ms(ms: f64) -> u64 {
    ms.round() as u64
}
