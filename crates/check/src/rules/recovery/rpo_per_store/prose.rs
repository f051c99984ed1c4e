//! The part over documents in words.

use std::collections::BTreeSet;

use sehat_catalog as catalog;
use sehat_platform::inventory::prose::{Figure, Prose, Schedule, Statement, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{describes_platform, family, promise, seconds};

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    match promised(prose) {
        Some((line, figure)) => too_rare(prose, line, figure),
        None => unstated(context).into_iter().collect(),
    }
}

fn promised(prose: &Prose) -> Option<(&Statement, &Figure)> {
    let mut all = prose.statements.iter().filter(|line| line.says("rpo"));
    all.find_map(|line| Some((line, line.figure(Unit::Seconds)?)))
}

/// One finding per store whose copies lie further apart than the promise.
fn too_rare(prose: &Prose, line: &Statement, promise: &Figure) -> Vec<Finding> {
    let mut told = BTreeSet::new();
    let mut findings = Vec::new();
    for copy in &prose.schedules {
        let Some(period) = copy.period_s.as_ref().filter(|period| period.value > promise.high) else {
            continue;
        };
        let Some(store) = copy.about.first() else { continue };
        let is_new = told.insert((family(store), copy.environment));
        if !is_new
            || !counts(prose, copy, store, promise)
            || findings.iter().any(|known: &Finding| known.subject == *store)
        {
            continue;
        }
        let severity = if period.value > 10.0 * promise.high { Severity::Critical } else { Severity::High };
        findings.push(
            Finding::broken(NAME, severity, *store)
                .says(format!("{store} is copied every {}, and at most {} of data may be lost", seconds(period.value), seconds(promise.high)))
                .witness(format!("a loss just before the next copy takes {} of data, {} times the promise", seconds(period.value), (period.value / promise.high).round()))
                .repair("copy it as often as promised, keep its log, or say that it may be rebuilt and is outside of the promise")
                .at(&period.origin, "copied here")
                .at(&line.place_of(promise), "promised here"),
        );
    }
    findings
}

/// Nothing else keeps the promise for that store: no shorter schedule, and no provider's log.
fn counts(prose: &Prose, copy: &Schedule, store: &str, promise: &Figure) -> bool {
    let outside = matches!(
        copy.environment,
        Some(
            sehat_platform::inventory::prose::Environment::Development
                | sehat_platform::inventory::prose::Environment::Staging
        )
    );
    let shorter = prose.schedules.iter().any(|other| {
        other.about.iter().any(|about| family(about) == family(store))
            && other.period_s.as_ref().is_some_and(|period| period.value <= promise.high)
    });
    let by_provider = catalog::store(store).and_then(|row| row.log.as_ref()?.managed_every_ms).is_some();
    let kept_log = prose.says(&["log-archive", "point-in-time"]);
    !outside && !shorter && !by_provider && !kept_log
}

/// Copies are made, and nothing says how much may be lost.
fn unstated(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    if !describes_platform(prose) {
        return None;
    }
    let chapter = |line: &&Statement| line.is_heading() && line.says("backup");
    let line = prose.statements.iter().find(chapter).or_else(|| {
        let first = prose.schedules.first()?;
        prose.statements.get(first.statement)
    })?;
    let copy = prose.schedules.first();
    Some(
        promise(context, NAME, Severity::Medium, "backup")
            .says("copies are made, and no RPO says how much data may be lost")
            .witness("without the figure, and a schedule for each store, nothing bounds the loss")
            .repair("state an RPO, for each store where they differ, and how often each is copied")
            .at(&line.origin, "no RPO beside it")
            .at(copy.map(|copy| &copy.origin), "copied so often")
            .asks("objectives: { rpo: 15m }"),
    )
}
