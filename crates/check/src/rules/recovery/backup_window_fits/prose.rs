//! The part over documents in words.

use sehat_platform::inventory::prose::{CopyKind, Prose, Schedule, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{bytes, promise, seconds};

/// Jobs that start closer together than this may meet.
const NEAR_MINUTES: u64 = 240;

/// An hourly pass over that much data is felt.
const LARGE_BYTES: f64 = 5e11;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    [overlap(context), hourly(context)].into_iter().flatten().collect()
}

/// Two jobs of one night, and nothing says how long the first takes.
fn overlap(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let timed: Vec<(&Schedule, u64)> =
        prose.schedules.iter().filter_map(|copy| Some((copy, minute_of_day(copy)?))).collect();
    let pair = timed.iter().enumerate().find_map(|(at, (one, start))| {
        let near = timed[at + 1..].iter().find(|(other, next)| {
            start.abs_diff(*next) < NEAR_MINUTES && start != next && same_day(one, other)
        })?;
        Some((*one, near.0, start.abs_diff(near.1)))
    });
    let (one, other, apart) = pair?;
    let size = prose
        .statements
        .iter()
        .flat_map(|line| &line.figures)
        .filter(|figure| figure.unit == Unit::Bytes)
        .map(|figure| figure.high)
        .fold(0.0, f64::max);
    let line =
        prose.statements.iter().find_map(|line| line.figure(Unit::BitsPerSecond)).map(|figure| figure.high);
    let long = line
        .filter(|_| size > 0.0)
        .map(|line| format!("; {} over that line take {}", bytes(size), seconds(size * 8.0 / line)));
    Some(
        promise(context, NAME, Severity::Medium, "backup")
            .says(format!(
                "two copies start {apart} minutes apart, and nothing says how long the first takes"
            ))
            .witness(format!(
                "if it takes longer than that, they share disks and network{}",
                long.unwrap_or_default()
            ))
            .repair("measure both, let one start after the other has ended, or limit their rate")
            .at(&one.cron.as_ref()?.origin, "one here")
            .at(&other.cron.as_ref()?.origin, "the other here"),
    )
}

fn minute_of_day(copy: &Schedule) -> Option<u64> {
    let mut fields = copy.cron.as_ref()?.text.split_whitespace();
    let minute: u64 = fields.next()?.parse().ok()?;
    let hour: u64 = fields.next()?.parse().ok()?;
    Some(hour * 60 + minute)
}

fn same_day(one: &Schedule, other: &Schedule) -> bool {
    let day = |copy: &Schedule| {
        copy.cron.as_ref().and_then(|cron| cron.text.split_whitespace().nth(4).map(str::to_owned))
    };
    match (day(one), day(other)) {
        (Some(one), Some(other)) => one == "*" || other == "*" || one == other,
        _ => false,
    }
}

fn hourly(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let copy = prose.schedules.iter().find(|copy| {
        copy.kind == CopyKind::Incremental
            && copy.period_s.as_ref().is_some_and(|period| period.value <= 3600.0)
    })?;
    let (line, size) = database_size(prose)?;
    if prose.says(&["log-archive"]) {
        return None;
    }
    Some(
        promise(context, NAME, Severity::Medium, "backup")
            .says(format!(
                "an increment every {} of up to {}, and nothing says that one ends before the next begins",
                seconds(copy.period_s.as_ref()?.value),
                bytes(size)
            ))
            .witness("an increment by pages reads all of them to find the changed ones")
            .repair(
                "ship the database's log instead: it is lighter and loses minutes, or measure the increment",
            )
            .at(&copy.origin, "so often")
            .at(&line, "so large"),
    )
}

fn database_size(prose: &Prose) -> Option<(sehat_diagnostic::Origin, f64)> {
    prose.statements.iter().enumerate().find_map(|(at, line)| {
        let size =
            line.figures.iter().find(|figure| figure.unit == Unit::Bytes && figure.high >= LARGE_BYTES)?;
        prose.is_about(at, &["database"]).then(|| (line.place_of(size), size.high))
    })
}
