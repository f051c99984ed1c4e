//! The result of a drill as a person reads it.

use std::fmt::Write;

use sehat_analysis::outage::Prediction;
use sehat_drill::reachability::Reached;
use sehat_drill::{Kept, Measured, Spread, seconds};
use sehat_verdict::Verdict;
use sehat_verdict::drill::{Amount, DrillRun, DrillVerdict, Unit};

use crate::style::{bad, bold, dim, verdict};

/// Cells shown one by one; all of them are in the record.
const MISMATCHES_SHOWN: usize = 40;

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "kept",
        Verdict::Broken => "broken",
        Verdict::Unknown => "unknown",
    }
}

pub fn run(run: &DrillRun, measured: &Measured, prediction: &Prediction, record: &Record) -> String {
    if run.lab_failed {
        return failed(run, record.number);
    }
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "  {} {value}", dim(&format!("{name:12}")));
    };
    if !run.struck.is_empty() {
        line("struck", bold(&run.struck));
    }
    line("outage", outage(run, measured));
    line("requests", format!("{}, {} failed", run.requests.unwrap_or(0), run.errors.unwrap_or(0)));
    if run.acknowledged.is_some() {
        line(
            "writes",
            measured.stores.iter().map(|(name, kept)| writes(name, *kept)).collect::<Vec<_>>().join("; "),
        );
    }
    let after = |ms: Option<u64>| ms.map_or("not measured".into(), |ms| format!("after {}", seconds(ms)));
    if run.predicted_ms_max.is_some() || run.recover_ms.is_some() {
        line("noticed", format!("{}, alert {}", after(run.detect_ms), after(run.alert_ms)));
        line("recovered", after(run.recover_ms));
    }
    for entry in &run.verdicts {
        line(&entry.objective, judged(entry));
    }
    for missing in &prediction.missing {
        line("", dim(&format!("no bound without {missing}")));
    }
    let which = if record.runs == 1 {
        "one run".to_owned()
    } else {
        format!("run {} of {}", record.index + 1, record.runs)
    };
    line("record", format!("{}, seed {}, {which}", record.number, run.seed.unwrap_or(0)));
    text
}

/// Where a run was recorded, and which of how many it was.
pub struct Record {
    pub number: u64,
    pub index: usize,
    pub runs: usize,
}

fn writes(name: &str, kept: Kept) -> String {
    let lost = kept.lost.map_or("unknown".to_owned(), |lost| lost.to_string());
    format!("{name} acknowledged {}, {lost} lost", kept.acknowledged)
}

fn failed(run: &DrillRun, record: u64) -> String {
    let reason = run.lab_failed_reason.as_deref().unwrap_or("no reason is known");
    format!(
        "  {} {reason}\n  {}\n",
        bad("the lab failed:"),
        dim(&format!("no word about the platform; record {record}"))
    )
}

fn outage(run: &DrillRun, measured: &Measured) -> String {
    let spacing = format!("one request each {} ms", run.spacing_ms.unwrap_or(0));
    let bound =
        run.predicted_ms_max.map(|ms| format!(", predicted at most {}", seconds(ms))).unwrap_or_default();
    match measured.worst() {
        Some((_, worst)) if worst.total_ms == 0 => format!("none ({spacing}){bound}"),
        Some((journey, worst)) => {
            let open = if worst.open { " and not over" } else { "" };
            format!("{}{open} ({journey}; {spacing}){bound}", bold(&seconds(worst.total_ms)))
        }
        None => "not measured".to_owned(),
    }
}

fn judged(entry: &DrillVerdict) -> String {
    let show = |amount: Option<Amount>| amount.map_or("-".to_owned(), |amount| shown(amount, entry.unit));
    let word = verdict(entry.verdict, &format!("{:8}", word(entry.verdict)));
    let because = if entry.because.is_empty() {
        String::new()
    } else {
        format!("  {}", dim(&entry.because.join("; ")))
    };
    format!(
        "{word} promised {}, predicted {}, measured {}{because}",
        show(entry.promised),
        show(entry.predicted),
        show(entry.measured)
    )
}

fn shown(amount: Amount, unit: Unit) -> String {
    match (amount, unit) {
        (Amount::Whole(ms), Unit::Ms) => seconds(ms),
        (Amount::Whole(count), _) => count.to_string(),
        (Amount::Share(share), _) => format!("{:.4} %", share * 100.0),
    }
}

type Number = fn(&DrillRun) -> Option<u64>;

/// The worst and the median of several runs.
pub fn spread(runs: &[DrillRun]) -> String {
    let mut text = format!("  {}\n", bold(&format!("{} runs", runs.len())));
    let numbers: [(&str, Number); 4] = [
        ("outage", |run| run.outage_ms),
        ("noticed", |run| run.detect_ms),
        ("alert", |run| run.alert_ms),
        ("recovered", |run| run.recover_ms),
    ];
    for (name, number) in numbers {
        if let Some(found) = sehat_drill::spread(runs, number) {
            let _ = writeln!(
                text,
                "  {} median {}, worst {}",
                dim(&format!("{name:12}")),
                seconds(found.median_ms),
                seconds(found.worst_ms)
            );
        }
    }
    if let Some((predicted, found)) = runs
        .iter()
        .filter_map(|run| run.predicted_ms_max)
        .max()
        .zip(sehat_drill::spread(runs, |run| run.outage_ms))
    {
        let _ = writeln!(text, "  {} {}", dim(&format!("{:12}", "bound")), bound(predicted, found));
    }
    let lost = runs.iter().filter_map(|run| run.lost).max();
    if let Some(lost) = lost {
        let _ = writeln!(text, "  {} worst {lost}", dim(&format!("{:12}", "lost")));
    }
    text
}

/// A bound is of use where it is neither exceeded nor far away.
fn bound(predicted_ms: u64, found: Spread) -> String {
    let limit_ms = found.bound_ms_max();
    let (predicted, limit) = (seconds(predicted_ms), seconds(limit_ms));
    match predicted_ms {
        ms if ms < found.worst_ms => bad(&format!("{predicted} was exceeded")),
        ms if ms > limit_ms => bad(&format!("{predicted} is loose: at most {limit} for these runs")),
        _ => format!("{predicted}, and at most {limit} for these runs"),
    }
}

pub fn reached(reached: &Reached, record: u64) -> String {
    let run = &reached.run;
    if run.lab_failed {
        return failed(run, record);
    }
    let mut text = String::new();
    let outcome = if reached.mismatches.is_empty() { Verdict::Kept } else { Verdict::Broken };
    let cells = format!(
        "{} cells probed, {} differ from what is allowed",
        run.requests.unwrap_or(0),
        reached.mismatches.len()
    );
    let _ = writeln!(text, "  {} {cells}", verdict(outcome, &format!("{:8}", word(outcome))));
    for mismatch in reached.mismatches.iter().take(MISMATCHES_SHOWN) {
        let _ = writeln!(text, "  {mismatch}");
    }
    if reached.mismatches.len() > MISMATCHES_SHOWN {
        let _ = writeln!(text, "  … and {} more: --format json", reached.mismatches.len() - MISMATCHES_SHOWN);
    }
    let _ = writeln!(text, "  {} {record}, seed {}", dim(&format!("{:12}", "record")), run.seed.unwrap_or(0));
    text
}

#[cfg(test)]
mod tests {
    use sehat_drill::Outage;

    use super::*;

    fn killed() -> (DrillRun, Measured) {
        let verdict = DrillVerdict {
            objective: "failover".into(),
            promised: Some(30_000.into()),
            predicted: Some(5_050.into()),
            measured: Some(1_800.into()),
            verdict: Verdict::Kept,
            unit: Unit::Ms,
            because: vec!["`book-visit` was away 1.8 s".into()],
        };
        let run = DrillRun {
            outage_ms: Some(1_800),
            requests: Some(1_530),
            errors: Some(79),
            acknowledged: Some(503),
            lost: Some(0),
            detect_ms: Some(10_600),
            alert_ms: Some(11_600),
            recover_ms: Some(21_300),
            predicted_ms_max: Some(5_050),
            verdicts: vec![verdict],
            spacing_ms: Some(50),
            seed: Some(1),
            ..DrillRun::new("kill-leader", "records-1")
        };
        let outage = Outage { total_ms: 1_800, requests: 1_530, errors: 79, ended_ns: None, open: false };
        let kept = Kept { acknowledged: 503, lost: Some(0), lost_ms: Some(0) };
        let measured = Measured {
            outages: [("book-visit".into(), outage)].into(),
            stores: [("records".into(), kept)].into(),
            ..Measured::default()
        };
        (run, measured)
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_run() {
        let (run, measured) = killed();
        let record = Record { number: 48, index: 0, runs: 1 };
        insta::assert_snapshot!(plain(&super::run(&run, &measured, &Prediction::default(), &record)), @r"
        struck       records-1
        outage       1.8 s (book-visit; one request each 50 ms), predicted at most 5.05 s
        requests     1530, 79 failed
        writes       records acknowledged 503, 0 lost
        noticed      after 10.6 s, alert after 11.6 s
        recovered    after 21.3 s
        failover     kept     promised 30 s, predicted 5.05 s, measured 1.8 s  `book-visit` was away 1.8 s
        record       48, seed 1, one run
        ");
    }

    #[test]
    fn several_runs() {
        let (run, _) = killed();
        let slower = DrillRun { outage_ms: Some(2_350), ..run.clone() };
        insta::assert_snapshot!(plain(&spread(&[run.clone(), slower, run])), @r"
        3 runs
        outage       median 1.8 s, worst 2.35 s
        noticed      median 10.6 s, worst 10.6 s
        alert        median 11.6 s, worst 11.6 s
        recovered    median 21.3 s, worst 21.3 s
        bound        5.05 s, and at most 5.4 s for these runs
        lost         worst 0
        ");
    }

    #[test]
    fn a_failed_lab() {
        let (run, measured) = killed();
        let reason = Some("cannot find a steady state within 60 s: `web-1` is not ready".to_owned());
        let run = DrillRun { lab_failed: true, lab_failed_reason: reason, ..run };
        let record = Record { number: 49, index: 0, runs: 1 };
        insta::assert_snapshot!(plain(&super::run(&run, &measured, &Prediction::default(), &record)), @r"
        the lab failed: cannot find a steady state within 60 s: `web-1` is not ready
        no word about the platform; record 49
        ");
    }
}
