//! The recovery matrix against what is promised for each store.

use sehat_analysis::path;
use sehat_analysis::recovery::{self, Bound, Cell, Most};
use sehat_diagnostic::Origin;
use sehat_platform::objective::{DurationObjective, Objectives};
use sehat_platform::{Duration, Name, Platform};
use sehat_verdict::{Finding, ScenarioVerdict, Severity, Verdict, VerdictEntry, judge_interval};

use crate::Context;

/// One of the two promises that the matrix answers.
#[derive(Clone, Copy)]
pub struct Objective {
    /// `rpo` or `rto`
    pub name: &'static str,
    pub promise: fn(&Objectives) -> Option<&DurationObjective>,
    pub bound: fn(&Cell) -> &Bound,
    /// What is said of a bound that nothing ends.
    pub without_end: &'static str,
}

/// A store's row, judged.
pub struct Judged<'a> {
    pub store: &'a Name,
    pub limit: Duration,
    pub promised_at: Option<Origin>,
    /// Each with its verdict, in the order of the scenarios.
    pub cells: Vec<(Cell, Verdict)>,
}

impl Objective {
    /// Judges every store for which the objective is promised.
    pub fn judge<'a>(&self, context: &Context<'a>) -> Vec<Judged<'a>> {
        let platform = context.platform;
        let stores = recovery::stores(platform).filter(|store| !is_emptied(context, store));
        stores.filter_map(|store| self.judge_store(platform, store)).collect()
    }

    fn judge_store<'a>(&self, platform: &Platform, store: &'a Name) -> Option<Judged<'a>> {
        let (limit, promised_at) = self.promised(platform, store)?;
        let cells = recovery::row(platform, store).cells.into_iter().map(|cell| {
            let verdict = verdict((self.bound)(&cell), limit);
            (cell, verdict)
        });
        Some(Judged { store, limit, promised_at, cells: cells.collect() })
    }

    /// Its own promise; else the strictest of the platform's and of the journeys that need it.
    fn promised(&self, platform: &Platform, store: &str) -> Option<(Duration, Option<Origin>)> {
        let stated = |objectives| {
            let objective = (self.promise)(objectives)?;
            let limit = objective.at_most.copied()?;
            Some((limit, objective.at_most.origin().cloned()))
        };
        if let Some(own) = platform.components.get(store).and_then(|component| stated(&component.objectives))
        {
            return Some(own);
        }
        let journeys = platform.journeys.values().filter(|journey| {
            (self.promise)(&journey.objectives).is_some()
                && path::required(platform, journey).contains_key(store)
        });
        let all =
            journeys.filter_map(|journey| stated(&journey.objectives)).chain(stated(&platform.objectives));
        all.min_by_key(|(limit, _)| *limit)
    }

    /// Returns the verdict over all scenarios, each among them.
    pub fn entry(&self, platform: &Platform, judged: &Judged<'_>) -> VerdictEntry {
        let worst = judged.worst(self);
        VerdictEntry {
            root: String::new(),
            environment: platform.environment.clone(),
            objective: self.name.to_owned(),
            subject: judged.store.clone(),
            verdict: Verdict::all(judged.cells.iter().map(|(_, verdict)| *verdict)),
            promised: Some(format!("at most {}", judged.limit)),
            predicted: worst.map(|bound| self.shown(bound)),
            because: reasons(judged, self),
            scenarios: judged.cells.iter().map(|(cell, verdict)| self.scenario(cell, *verdict)).collect(),
        }
    }

    fn shown(&self, bound: &Bound) -> String {
        if let Most::Never(_) = bound.most { self.without_end.to_owned() } else { bound.shown() }
    }

    fn scenario(&self, cell: &Cell, verdict: Verdict) -> ScenarioVerdict {
        let predicted = self.shown((self.bound)(cell));
        ScenarioVerdict { scenario: cell.scenario.name().to_owned(), verdict, predicted: Some(predicted) }
    }

    /// One finding for all that is not known of a store.
    pub fn unknown(&self, rule: &'static str, judged: &Judged<'_>) -> Option<Finding> {
        let open: Vec<&Cell> = judged.of(Verdict::Unknown);
        let first = open.first()?;
        let missing = distinct(open.iter().filter_map(|cell| match &(self.bound)(cell).most {
            Most::Unknown(missing) => Some(missing.clone()),
            _ => None,
        }));
        let (says, repair) = if missing.is_empty() {
            let bound = (self.bound)(first);
            let says = format!(
                "`{}` promises {} of {}, and its bounds are {}",
                judged.store,
                self.name,
                judged.limit,
                bound.shown()
            );
            (says, "state figures that make the bounds narrower, or promise the upper one".to_owned())
        } else {
            let says = format!(
                "whether `{}` keeps its {} of {} is not known",
                judged.store, self.name, judged.limit
            );
            (says, format!("state {}", missing.join("; ")))
        };
        let mut finding = Finding::unknown(rule, Severity::Low, judged.store)
            .says(says)
            .witness(format!("not known when: {}", scenarios(&open)))
            .repair(repair)
            .at(judged.promised_at.as_ref(), "promised here");
        add_places(&mut finding, (self.bound)(first));
        Some(finding)
    }
}

impl Judged<'_> {
    pub fn of(&self, verdict: Verdict) -> Vec<&Cell> {
        self.cells.iter().filter(|(_, judged)| *judged == verdict).map(|(cell, _)| cell).collect()
    }

    fn worst(&self, objective: &Objective) -> Option<&Bound> {
        let bounds = self.cells.iter().map(|(cell, _)| (objective.bound)(cell));
        bounds.reduce(
            |worst, bound| if worst.clone().or_worse(bound.clone()) == *worst { worst } else { bound },
        )
    }

    /// Returns the broken cells of which the bound is a number, the worst first.
    pub fn too_long(&self, objective: &Objective) -> Vec<&Cell> {
        let mut broken = self.of(Verdict::Broken);
        broken.retain(|cell| !matches!((objective.bound)(cell).most, Most::Never(_)));
        broken.sort_by_key(|cell| std::cmp::Reverse((objective.bound)(cell).low_ms));
        broken
    }
}

/// Whether this environment takes away what the store holds in another one.
pub fn is_emptied(context: &Context<'_>, store: &str) -> bool {
    let holds = |platform: &Platform| {
        platform.components.get(store).is_some_and(|component| !component.holds.is_empty())
    };
    !holds(context.platform) && context.environments.iter().any(holds)
}

/// Returns the shortest promise that the bound keeps.
pub fn safe_promise(bound: &Bound) -> String {
    let high = if let Most::Ms(high) = bound.most { high.max(bound.low_ms) } else { bound.low_ms };
    Bound::within(high, high).shown()
}

fn verdict(bound: &Bound, limit: Duration) -> Verdict {
    let limit_ms = limit.ms();
    match bound.most {
        Most::Never(_) => Verdict::Broken,
        Most::Unknown(_) if bound.low_ms > limit_ms => Verdict::Broken,
        Most::Unknown(_) => Verdict::Unknown,
        Most::Ms(high) => judge_interval(
            sehat_verdict::Bound::AtMost(limit.seconds()),
            Duration(bound.low_ms).seconds(),
            Duration(high).seconds(),
        ),
    }
}

fn reasons(judged: &Judged<'_>, objective: &Objective) -> Vec<String> {
    let mut reasons = Vec::new();
    for (cell, verdict) in &judged.cells {
        let bound = (objective.bound)(cell);
        match &bound.most {
            Most::Unknown(missing) if *verdict == Verdict::Unknown => {
                reasons.push(format!("not stated: {missing}"));
            }
            Most::Never(why) => reasons.push(why.clone()),
            _ => reasons.extend(bound.because.iter().cloned()),
        }
        reasons.extend(bound.assumed.iter().map(|entry| format!("assumed: {entry}")));
    }
    distinct(reasons)
}

fn distinct(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for text in texts {
        if !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    distinct
}

pub fn scenarios(cells: &[&Cell]) -> String {
    cells.iter().map(|cell| cell.scenario.name()).collect::<Vec<_>>().join(", ")
}

pub fn add_places(finding: &mut Finding, bound: &Bound) {
    for place in &bound.places {
        if !finding.places.contains(place) {
            finding.places.push(place.clone());
        }
    }
}
