//! Proves that each journey's promised availability follows from its parts.
//!
//! The share of time in which the journey works is composed from the availability of instances,
//! machines, nodes, zones, segments and managed services; what several instances share counts
//! once. The catalog's figures are intervals, and so is the result: the promise is kept or broken
//! only where the whole interval agrees, else the verdict is unknown. Losses that are survived
//! still cost the time of their takeover, which the timers bound. Every assumed figure is listed.
//!
//! Each single failure is a scenario of the verdict, with its outage as a share of the window: one
//! failure must not use up the error budget. A promised `failover` is judged by the same outages.
//!
//! Unknown: a figure that the catalog lacks widens the interval down to zero. A document with
//! journeys and without any promised availability gives one finding that says so.
//!
//! Source: IEC 61078:2016 (composition), the catalog's `availability/` entries (figures).

mod prose;

use std::collections::BTreeMap;
use std::rc::Rc;

use sehat_analysis::availability::{self, Composition, Interval, Pause};
use sehat_analysis::outage::{self, Fault, Observation, Prediction};
use sehat_analysis::survival::{self, Element, Survival};
use sehat_platform::journey::Journey;
use sehat_platform::objective::{Availability, DurationObjective};
use sehat_platform::{Duration, Name, Platform, Share};
use sehat_verdict::{Bound, Finding, ScenarioVerdict, Severity, Verdict, VerdictEntry, judge_interval};

use crate::{Context, Outcome, Rule, promise};

const NAME: &str = "slo-composition";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Series and parallel composition of availabilities and failover times meets the promised availability.",
    severity: Severity::High,
    hygiene: false,
    source: "IEC 61078:2016; catalog availability entries",
    file: include_str!("slo_composition.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

/// A year has no better window where none is stated.
pub(crate) const WINDOW_DEFAULT: Duration = Duration(30 * 86_400_000);

fn judge(context: &Context<'_>) -> Outcome {
    let platform = context.platform;
    let mut outcome = Outcome::default();
    for (name, journey) in &platform.journeys {
        let availability = promise::availability(platform, journey);
        let failover = promise::failover(platform, journey);
        if availability.is_none() && failover.is_none() {
            continue;
        }
        let survival = survival::survival(platform, journey);
        let losses = losses(platform, journey, &survival);
        if let Some(failover) = failover {
            outcome.verdicts.extend(judge_failover(platform, name, failover, &losses));
        }
        if let Some(promised) = availability {
            let (entry, finding) = judge_journey(platform, name, promised, &survival, &losses);
            outcome.verdicts.extend(entry);
            outcome.findings.extend(finding);
        }
    }
    outcome.findings.extend(nothing_promised(context));
    outcome
}

/// A single failure with its predicted outage.
pub(crate) struct Loss {
    element: usize,
    scenario: String,
    survived: bool,
    prediction: Rc<Prediction>,
}

impl Loss {
    fn outage_ms(&self) -> Option<u64> {
        self.prediction.outage_ms_max.filter(|_| self.survived)
    }
}

/// Each instance and each node. The instances of a component are alike, so that one is predicted.
pub(crate) fn losses(platform: &Platform, journey: &Journey, survival: &Survival) -> Vec<Loss> {
    let observation = Observation::default();
    let mut predicted: BTreeMap<String, Rc<Prediction>> = BTreeMap::new();
    let mut losses = Vec::new();
    for (element, index) in survival.elements.iter().zip(0..) {
        let Some((fault, subject)) = fault(platform, element) else { continue };
        let prediction = predicted
            .entry(subject.clone())
            .or_insert_with(|| Rc::new(outage::outage_of(platform, journey, &fault, &observation)));
        losses.push(Loss {
            element: index,
            scenario: format!("{subject} is lost"),
            survived: survival.failing(&[index]).is_empty(),
            prediction: Rc::clone(prediction),
        });
    }
    losses
}

fn fault(platform: &Platform, element: &Element) -> Option<(Fault, String)> {
    match element {
        Element::Instance(name) => {
            let component = &platform.instances.get(name)?.component;
            Some((Fault::KillInstance { instance: name.clone() }, format!("an instance of `{component}`")))
        }
        Element::Node(node) => Some((Fault::KillNode { node: node.clone() }, element.to_string())),
        _ => None,
    }
}

/// Instances of one component are alike to the reader: the worst of them stands for all.
fn scenarios<'a>(losses: &'a [Loss]) -> Vec<&'a Loss> {
    let mut worst: BTreeMap<&str, &'a Loss> = BTreeMap::new();
    let rank = |loss: &Loss| (loss.survived, loss.outage_ms().is_some(), std::cmp::Reverse(loss.outage_ms()));
    for loss in losses {
        let entry = worst.entry(&loss.scenario).or_insert(loss);
        if rank(loss) < rank(entry) {
            *entry = loss;
        }
    }
    worst.into_values().collect()
}

fn judge_journey(
    platform: &Platform,
    name: &Name,
    promised: &Availability,
    survival: &Survival,
    losses: &[Loss],
) -> (Option<VerdictEntry>, Option<Finding>) {
    let Some(at_least) = promised.at_least.copied() else { return (None, None) };
    let window = promised.window.copied().unwrap_or(WINDOW_DEFAULT);
    let composition = availability::compose(platform, survival, &pauses(survival, losses));
    let verdict = if survival.uncounted.is_empty() {
        judge_interval(Bound::AtLeast(at_least.0), composition.interval.low, composition.interval.high)
    } else {
        Verdict::Unknown
    };
    let entry = VerdictEntry {
        root: String::new(),
        environment: platform.environment.clone(),
        objective: "availability".to_owned(),
        subject: name.clone(),
        verdict,
        promised: Some(format!("at least {at_least} over {window}")),
        predicted: Some(interval(composition.interval)),
        because: because(&composition, survival),
        scenarios: scenarios(losses).into_iter().map(|loss| scenario(loss, at_least, window)).collect(),
    };
    let finding =
        (verdict == Verdict::Broken).then(|| broken(name, promised, at_least, &composition, survival));
    (Some(entry), finding)
}

/// What the survived losses cost. A machine or a zone costs no more than the longest of those looked at.
pub(crate) fn pauses(survival: &Survival, losses: &[Loss]) -> Vec<Pause> {
    let outage = |loss: &Loss| Duration(loss.outage_ms().unwrap_or(NEVER_MS));
    let survived = losses.iter().filter(|loss| loss.survived);
    let longest = survived.clone().map(outage).max().unwrap_or_default();
    let silent = survival.elements.iter().zip(0..).filter(|(element, index)| {
        matches!(element, Element::Machine(_) | Element::Zone(_)) && survival.failing(&[*index]).is_empty()
    });
    let silent = silent.map(|(_, element)| Pause { element, outage: longest });
    survived.map(|loss| Pause { element: loss.element, outage: outage(loss) }).chain(silent).collect()
}

/// A takeover without a bound is as long as the loss itself.
const NEVER_MS: u64 = u64::MAX / 2;

fn because(composition: &Composition, survival: &Survival) -> Vec<String> {
    let mut because = composition.assumed.clone();
    because.extend(composition.missing.iter().map(|element| format!("no figure is known for {element}")));
    because.extend(
        survival.uncounted.iter().map(|name| format!("nothing says how many instances of `{name}` run")),
    );
    because
}

/// A failure whose outage is longer than what the promise leaves would break it alone.
fn scenario(loss: &Loss, at_least: Share, window: Duration) -> ScenarioVerdict {
    let budget = (1.0 - at_least.0) * window.seconds() * 1000.0;
    let Some(ms) = loss.outage_ms() else {
        let missing = if loss.survived {
            loss.prediction.missing.join("; ")
        } else {
            "away until it is repaired".to_owned()
        };
        return ScenarioVerdict {
            scenario: loss.scenario.clone(),
            verdict: Verdict::Unknown,
            predicted: Some(missing),
        };
    };
    let outage = Duration(ms);
    let share = Share(outage.seconds() / window.seconds());
    ScenarioVerdict {
        scenario: loss.scenario.clone(),
        verdict: if outage.seconds() * 1000.0 <= budget { Verdict::Kept } else { Verdict::Unknown },
        predicted: Some(format!("at most {outage} away, {share} of {window}")),
    }
}

fn interval(interval: Interval) -> String {
    format!("{} to {}", Share(rounded(interval.low)), Share(rounded(interval.high)))
}

/// Six digits tell 99.999 from 99.9999 %, and no more is known; nothing works all the time.
fn rounded(share: f64) -> f64 {
    ((share * 1e6).round() / 1e6).min(0.999_999)
}

fn broken(
    name: &Name,
    promised: &Availability,
    at_least: Share,
    composition: &Composition,
    survival: &Survival,
) -> Finding {
    let alone: Vec<String> =
        survival.minimal_cuts(1).iter().map(|cut| survival.elements[cut.elements[0]].to_string()).collect();
    let high = Share(rounded(composition.interval.high));
    Finding::broken(NAME, Severity::High, name)
        .says(format!("`{name}` is available {high} of the time at best, and {at_least} is promised"))
        .witness(format!("whatever these lose is lost to the journey: {}", alone.join(", ")))
        .repair("promise what the parts can give, or make the named parts redundant")
        .at(promised.at_least.origin().unwrap_or(&promised.meta.origin), "promised here")
}

fn judge_failover(
    platform: &Platform,
    name: &Name,
    promised: &DurationObjective,
    losses: &[Loss],
) -> Option<VerdictEntry> {
    let at_most = promised.at_most.copied()?;
    let scenarios: Vec<ScenarioVerdict> =
        scenarios(losses).into_iter().map(|loss| failover_scenario(loss, at_most)).collect();
    let longest = losses
        .iter()
        .map(Loss::outage_ms)
        .collect::<Option<Vec<u64>>>()
        .and_then(|all| all.into_iter().max());
    let worst = losses.iter().filter(|loss| loss.survived).max_by_key(|loss| loss.outage_ms());
    Some(VerdictEntry {
        root: String::new(),
        environment: platform.environment.clone(),
        objective: "failover".to_owned(),
        subject: name.clone(),
        verdict: Verdict::all(scenarios.iter().map(|scenario| scenario.verdict)),
        promised: Some(format!("at most {at_most} away by one failure")),
        predicted: Some(
            longest.map_or_else(|| "no bound".to_owned(), |ms| format!("at most {}", Duration(ms))),
        ),
        because: worst.map(|loss| loss.prediction.because.clone()).unwrap_or_default(),
        scenarios,
    })
}

/// A bound above the promise proves nothing; a loss that is not survived ends only with its repair.
fn failover_scenario(loss: &Loss, at_most: Duration) -> ScenarioVerdict {
    let (verdict, predicted) = match loss.outage_ms() {
        _ if !loss.survived => (Verdict::Broken, "away until it is repaired".to_owned()),
        Some(ms) if ms <= at_most.ms() => (Verdict::Kept, format!("at most {}", Duration(ms))),
        Some(ms) => (Verdict::Unknown, format!("at most {}", Duration(ms))),
        None => (Verdict::Unknown, loss.prediction.missing.join("; ")),
    };
    ScenarioVerdict { scenario: loss.scenario.clone(), verdict, predicted: Some(predicted) }
}

/// Journeys in a document that promises no availability in any environment.
fn nothing_promised(context: &Context<'_>) -> Option<Finding> {
    let promised = |platform: &Platform| {
        platform.journeys.values().any(|journey| promise::availability(platform, journey).is_some())
    };
    let (name, journey) = context.platform.journeys.first_key_value()?;
    if context.environments.iter().any(promised) || !promise::asks_for_survival(context) {
        return None;
    }
    let mut finding = Finding::unknown(NAME, Severity::Medium, name)
        .says("no availability is promised anywhere, so no redundancy can be judged against one")
        .witness("the promise is missing")
        .repair("state `objectives: { availability: { at-least: ..., window: 30d } }`")
        .at(&journey.meta.origin, "a journey without a promise");
    finding.count = context.platform.journeys.len();
    Some(finding)
}
