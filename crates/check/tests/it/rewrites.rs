//! A rewrite that means the same changes nothing: order, style, quotes, comments, names.

use std::collections::{BTreeMap, BTreeSet};

use sehat_check::Report;
use sehat_verdict::{Finding, ScenarioVerdict, VerdictEntry};

use crate::edit::Edit;
use crate::scenarios::edits;
use crate::support::{checked, read_with};
use crate::tree::{Dice, MARK, Names, rewrite};

const PLATFORMS: [&str; 5] =
    ["claims-askes", "health-infraops", "hospital-management", "smile", "zarish-his"];
const SEEDS: [u64; 4] = [1, 2, 3, 5];

/// A report as words: all but the places' lines, in an order of its own.
#[derive(Debug, PartialEq)]
struct Said {
    findings: BTreeMap<String, usize>,
    verdicts: BTreeSet<String>,
}

fn said(report: &Report, plain: impl Fn(&str) -> String) -> Said {
    let mut findings = BTreeMap::new();
    for finding in &report.findings {
        *findings.entry(plain(&of_finding(finding))).or_default() += 1;
    }
    Said { findings, verdicts: report.verdicts.iter().map(|entry| plain(&of_verdict(entry))).collect() }
}

fn of_finding(finding: &Finding) -> String {
    let mut places: Vec<&str> = finding.places.iter().map(|(_, label)| label.as_str()).collect();
    places.sort_unstable();
    let mut environments = finding.environments.clone();
    environments.sort_unstable();
    let Finding { rule, severity, state, subject, message, witness, repair, count, .. } = finding;
    format!(
        "{rule} {severity:?} {state:?} {subject} {environments:?} {count}: {message} / {witness} / {repair} / {places:?}"
    )
}

fn of_verdict(entry: &VerdictEntry) -> String {
    let VerdictEntry { environment, objective, subject, verdict, promised, predicted, .. } = entry;
    let mut scenarios: Vec<&ScenarioVerdict> = entry.scenarios.iter().collect();
    scenarios.sort_by_key(|scenario| &scenario.scenario);
    let because: BTreeSet<&String> = entry.because.iter().collect();
    format!(
        "{environment:?} {objective} {subject} {verdict:?} {promised:?} {predicted:?} {because:?} {scenarios:?}"
    )
}

/// Names stay in their order, so that even lists of names read the same.
#[test]
fn order_style_quotes_comments_and_names() {
    let before = said(&checked(&Edit::before()), str::to_owned);
    for seed in SEEDS {
        let names = Names::prefixed();
        let after =
            read_with("health-infraops", |path, text| rewrite(text, &names, &mut Dice::new(seed, path)));
        assert_eq!(said(&checked(&after), |text| names.undone(text)), before, "seed {seed}");
    }
}

/// With what each broken line gives.
#[test]
fn every_finding_stays_as_it_is() {
    for (rule, edit) in edits() {
        let (document, _) = edit.after();
        let before = said(&checked(&document), str::to_owned);
        let names = Names::prefixed();
        let after = edit.after_rewritten(&|path, text| rewrite(text, &names, &mut Dice::new(21, path)));
        assert_eq!(said(&checked(&after), |text| names.undone(text)), before, "{rule}");
    }
}

/// The other platforms, whose findings are many.
#[test]
fn the_five_platforms_in_another_order_and_style() {
    for platform in PLATFORMS {
        let before = said(&checked(&read_with(platform, |_, text| text.to_owned())), str::to_owned);
        for seed in SEEDS {
            let after =
                read_with(platform, |path, text| rewrite(text, &Names::same(), &mut Dice::new(seed, path)));
            assert_eq!(said(&checked(&after), str::to_owned), before, "{platform}, seed {seed}");
        }
    }
}

/// Names in another order: lists of names read otherwise, of several witnesses another may be first,
/// and instances meet on other nodes, but what is found, where and how it is judged stays.
#[test]
fn names_in_another_order() {
    for (rule, edit) in edits() {
        let (document, _) = edit.after();
        let before = outline(&checked(&document), str::to_owned);
        for seed in [34, 55] {
            let names = Names::scattered(seed);
            let after = edit.after_rewritten(&|path, text| rewrite(text, &names, &mut Dice::new(seed, path)));
            assert_eq!(outline(&checked(&after), |text| names.undone(text)), before, "{rule}, seed {seed}");
        }
    }
}

fn outline(report: &Report, plain: impl Fn(&str) -> String) -> Vec<String> {
    let findings = report.findings.iter().map(|finding| {
        let environments: BTreeSet<&String> = finding.environments.iter().collect();
        let Finding { rule, severity, state, subject, count, .. } = finding;
        format!("{rule} {severity:?} {state:?} {subject} {environments:?} {count} {}", finding.places.len())
    });
    let verdicts = report.verdicts.iter().map(|entry| {
        let VerdictEntry { environment, objective, subject, verdict, promised, .. } = entry;
        format!("{environment:?} {objective} {subject} {verdict:?} {promised:?}")
    });
    let mut lines: Vec<String> = findings.chain(verdicts).map(|line| plain(&line)).collect();
    lines.sort_unstable();
    lines
}

/// The rewriting itself must do something, or the tests above prove nothing.
#[test]
fn a_rewrite_reads_otherwise() {
    let text =
        crate::support::file_of("health-infraops", "platform.yaml").expect("it lies in the repository");
    let names = Names::prefixed();
    let rewritten = rewrite(&text, &names, &mut Dice::new(1, "platform.yaml"));
    assert!(["zq-edge", "# ", "'", "- "].iter().all(|part| rewritten.contains(part)), "{rewritten}");
    assert_eq!(names.undone("zq-web-1 and zq-web"), "web-1 and web");
    let scattered = Names::scattered(3);
    let text = rewrite("sehat: 1\ncomponents: { web: {}, api: {} }\n", &scattered, &mut Dice::new(1, ""));
    assert!(!text.contains(" web") && !scattered.undone(&text).contains(MARK), "{text}");
}

/// The same quantities in other units.
#[test]
fn other_units() {
    const SAME: [(&str, &str); 10] = [
        ("every: 10s", "every: 10000ms"),
        ("at-most: 4h", "at-most: 240m"),
        ("keep: 14d", "keep: 336h"),
        ("evs-suspect: 1500ms", "evs-suspect: 1.5s"),
        ("memory: 128Gi", "memory: 131072Mi"),
        ("throughput: 100MB/s", "throughput: 100000kB/s"),
        ("used: 120GB", "used: 120000MB"),
        ("at-least: 1000/s", "at-least: 60000/m"),
        ("replicas: 3\n", "replicas: 3..3\n"),
        ("retain: 25y", "retain: 9125d"),
    ];
    let before = said(&checked(&Edit::before()), str::to_owned);
    for (from, to) in SAME {
        let after = read_with("health-infraops", |_, text| text.replace(from, to));
        assert_eq!(said(&checked(&after), str::to_owned), before, "{to}");
    }
}
