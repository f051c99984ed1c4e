//! All rules over all environments.

use jiff::civil::Date;
use sehat_platform::Platform;
use sehat_verdict::{Finding, VerdictEntry, Waiver};

use crate::{Context, rules};

/// What `sehat check` says, sorted and without repetition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub verdicts: Vec<VerdictEntry>,
    pub findings: Vec<Finding>,
}

/// Judges every environment by every rule. A fault that several environments share is one finding.
pub fn check(environments: &[Platform], as_of: Date) -> Report {
    let mut report = Report::default();
    for platform in environments {
        let context = Context { platform, environments, as_of };
        for rule in rules::ALL {
            let outcome = (rule.judge)(&context);
            report.verdicts.extend(outcome.verdicts);
            outcome
                .findings
                .into_iter()
                .for_each(|finding| add(&mut report.findings, waived(finding, platform), platform));
        }
    }
    report.findings.sort_by(|a, b| order(a).cmp(&order(b)));
    report.verdicts.sort_by(|a, b| {
        (&a.environment, &a.objective, &a.subject).cmp(&(&b.environment, &b.objective, &b.subject))
    });
    report
}

type Order<'a> = (sehat_verdict::State, sehat_verdict::Severity, &'a str, &'a str, &'a str);

fn order(finding: &Finding) -> Order<'_> {
    (finding.state, finding.severity, finding.rule, &finding.subject, &finding.message)
}

fn add(findings: &mut Vec<Finding>, finding: Finding, platform: &Platform) {
    let environment = platform.environment.clone();
    let same = findings.iter_mut().find(|other| {
        other.rule == finding.rule
            && other.state == finding.state
            && other.subject == finding.subject
            && other.message == finding.message
            && other.places == finding.places
    });
    match same {
        Some(other) => other.environments.extend(environment),
        None => findings.push(Finding { environments: environment.into_iter().collect(), ..finding }),
    }
}

/// A waiver stands at the entry that the finding speaks of.
fn waived(finding: Finding, platform: &Platform) -> Finding {
    let entry = platform
        .components
        .get(&finding.subject)
        .and_then(|component| component.meta.waive.get(finding.rule));
    let waiver = entry.and_then(|waive| {
        Some(Waiver { reason: waive.reason.get()?.clone(), until: waive.until.get().cloned() })
    });
    Finding { waived: waiver, ..finding }
}
