//! All rules over all environments.

use std::collections::BTreeMap;

use jiff::civil::Date;
use sehat_platform::objective::Objectives;
use sehat_platform::{Meta, Platform};
use sehat_verdict::{Finding, VerdictEntry, Waiver};

use crate::{Context, Index, rules};

/// What `sehat check` says, sorted and without repetition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub verdicts: Vec<VerdictEntry>,
    pub findings: Vec<Finding>,
}

/// Judges every environment by every rule. A fault that several environments share is one finding.
pub fn check(environments: &[Platform], as_of: Date) -> Report {
    let mut report = Report::default();
    let mut same = Same::new();
    for platform in environments {
        let inventory = &platform.inventory;
        let index = Index::new(inventory);
        let context = Context { platform, inventory, index: &index, environments, as_of };
        for rule in rules::ALL.iter() {
            let outcome = (rule.judge)(&context);
            report.verdicts.extend(outcome.verdicts);
            for finding in outcome.findings.into_iter().filter(|finding| !judged_in_files(finding, platform))
            {
                add(&mut report.findings, &mut same, waived(finding, &context), platform);
            }
        }
    }
    report.findings.sort_by(|a, b| order(a).cmp(&order(b)));
    report.verdicts.sort_by(|a, b| {
        (&a.environment, &a.objective, &a.subject).cmp(&(&b.environment, &b.objective, &b.subject))
    });
    report
}

impl Report {
    /// Returns what concerns one environment. The others are judged all the same, because what they state says
    /// what this one means.
    #[must_use]
    pub fn of_environment(mut self, name: &str) -> Self {
        self.verdicts.retain(|entry| entry.environment.as_deref() == Some(name));
        self.findings.retain(|finding| finding.environments.iter().any(|environment| environment == name));
        self.findings.iter_mut().for_each(|finding| finding.environments = vec![name.to_owned()]);
        self
    }
}

type Order<'a> = (sehat_verdict::State, sehat_verdict::Severity, &'a str, &'a str, &'a str);

fn order(finding: &Finding) -> Order<'_> {
    (finding.state, finding.severity, finding.rule, &finding.subject, &finding.message)
}

/// What a component that stands for an object of the files has or lacks is told at that object. What it does to a
/// promise is told at the component.
fn judged_in_files(finding: &Finding, platform: &Platform) -> bool {
    let component = platform.components.get(&finding.subject);
    component.is_some_and(|component| component.stands_for.get().is_some())
        && platform.journeys.is_empty()
        && platform.objectives == Objectives::default()
}

/// Where the findings with these words stand.
type Same = BTreeMap<(&'static str, String, String), Vec<usize>>;

/// A finding that another environment had too is not told twice.
fn add(findings: &mut Vec<Finding>, same: &mut Same, finding: Finding, platform: &Platform) {
    let environment = platform.environment.clone();
    let key = (finding.rule, finding.subject.clone(), finding.message.clone());
    let places = same.entry(key).or_default();
    let alike = |other: &Finding| {
        other.state == finding.state && other.places == finding.places && other.waived == finding.waived
    };
    if let Some(at) = places.iter().copied().find(|at| alike(&findings[*at])) {
        findings[at].environments.extend(environment);
    } else {
        places.push(findings.len());
        findings.push(Finding { environments: environment.into_iter().collect(), ..finding });
    }
}

/// A waiver stands at the entry that the finding speaks of, and ends with its last day.
fn waived(finding: Finding, context: &Context<'_>) -> Finding {
    let stated = meta_of(context.platform, &finding.subject).and_then(|meta| meta.waive.get(finding.rule));
    let waiver = stated.and_then(|waive| {
        Some(Waiver { reason: waive.reason.get()?.clone(), until: waive.until.get().cloned() })
    });
    Finding { waived: waiver.filter(|waiver| holds(waiver, context.as_of)), ..finding }
}

/// A last day that is no date ends nothing, so such a waiver does not hold.
fn holds(waiver: &Waiver, as_of: Date) -> bool {
    let until = waiver.until.as_ref().map(|until| until.parse::<Date>());
    until.is_none_or(|until| until.is_ok_and(|until| as_of <= until))
}

fn meta_of<'a>(platform: &'a Platform, name: &str) -> Option<&'a Meta> {
    let component = || platform.components.get(name).map(|entry| &entry.meta);
    let journey = || platform.journeys.get(name).map(|entry| &entry.meta);
    let class = || platform.data.get(name).map(|entry| &entry.meta);
    let filter = || platform.filters.get(name).map(|entry| &entry.meta);
    component().or_else(journey).or_else(class).or_else(filter)
}
