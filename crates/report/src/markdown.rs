//! The drill table of a README.

use sehat_verdict::drill::DrillRun;

use crate::group::{Group, group};
use crate::words::{NOT_MEASURED, count, duration, duration_or_none, verdict};

/// Returns one row per drill and victim, its runs taken together.
pub fn markdown_drill_table(runs: &[DrillRun]) -> String {
    let head = "| Drill | Struck | Runs | Outage, worst | median | predicted, at most | Writes lost | Alert | Recovered | Verdict |\n\
                |---|---|---:|---:|---:|---:|---:|---:|---:|---|\n";
    let rows = group(runs.iter().map(|run| (None, run))).iter().map(row).collect::<String>();
    format!("{head}{rows}").replace('\u{a0}', " ")
}

fn row(group: &Group) -> String {
    let cells = [
        cell(group.drill),
        cell(group.struck),
        group.measured.len().to_string(),
        duration_or_none(group.worst(|run| run.outage_ms)),
        duration_or_none(group.median(|run| run.outage_ms)),
        group.worst(|run| run.predicted_ms_max).map_or_else(|| NOT_MEASURED.to_owned(), duration),
        lost(group),
        duration_or_none(group.worst(|run| run.alert_ms)),
        duration_or_none(group.worst(|run| run.recover_ms)),
        outcome(group),
    ];
    format!("| {} |\n", cells.join(" | "))
}

fn lost(group: &Group) -> String {
    match (group.sum(|run| run.lost), group.sum(|run| run.acknowledged)) {
        (Some(lost), Some(acknowledged)) => format!("{} of {}", count(lost), count(acknowledged)),
        (Some(lost), None) => count(lost),
        _ => NOT_MEASURED.to_owned(),
    }
}

fn outcome(group: &Group) -> String {
    match (group.measured.is_empty(), group.failed.len()) {
        (true, _) => "the lab failed".to_owned(),
        (false, 0) => verdict(group.verdict()).to_owned(),
        (false, failed) => format!("{}; the lab failed in {failed} more", verdict(group.verdict())),
    }
}

/// Keeps a name inside its cell, whatever it holds.
fn cell(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' => safe.extend(['\\', letter]),
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            _ if letter.is_control() => safe.push(' '),
            _ => safe.push(letter),
        }
    }
    safe
}
