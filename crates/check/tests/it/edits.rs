//! One changed line of Health-InfraOps for each rule, with everything that changes by it.

use std::collections::BTreeSet;

use sehat_check::Report;
use sehat_document::Document;
use sehat_verdict::State;

use crate::support::{as_of, platform_edited};

/// Each finding and verdict in a line, without numbers that move with every edit.
fn outline(report: &Report) -> BTreeSet<String> {
    let findings = report.findings.iter().map(|finding| {
        let state = if finding.state == State::Broken { "broken" } else { "unknown" };
        format!("{state} {} {} in {}", finding.rule, finding.subject, finding.environments.join(", "))
    });
    let verdicts = report.verdicts.iter().map(|entry| {
        let environment = entry.environment.as_deref().unwrap_or("-");
        format!("{environment} {} {} {:?}", entry.objective, entry.subject, entry.verdict)
    });
    findings.chain(verdicts).collect()
}

fn checked(document: &Document) -> Report {
    assert!(document.is_good(), "{:#?}", document.diagnostics);
    sehat_check::check(&document.environments, as_of())
}

/// Changes one line of a file of Health-InfraOps, and returns what is gone (-) and what is new (+).
fn edited(rule: &str, file: &str, from: &str, to: &str) -> String {
    let (before, _) = platform_edited("health-infraops", file, "", "");
    let (after, line) = platform_edited("health-infraops", file, from, to);
    let (old, new) = (checked(&before), checked(&after));
    let broken = new.findings.iter().filter(|finding| finding.rule == rule && finding.state == State::Broken);
    let at_edit = |finding: &sehat_verdict::Finding| {
        finding.places.iter().any(|(origin, _)| &*origin.path == file && origin.line == line)
    };
    assert!(
        broken.clone().any(at_edit),
        "{rule} does not point to {file}:{line}: {:#?}",
        broken.collect::<Vec<_>>()
    );
    let (old, new) = (outline(&old), outline(&new));
    let gone = old.difference(&new).map(|text| format!("- {text}\n"));
    let come = new.difference(&old).map(|text| format!("+ {text}\n"));
    gone.chain(come).collect()
}

#[test]
fn no_single_point_of_failure() {
    let from = "    segment: application\n    replicas: 3\n    spread: zone";
    let to = "    segment: application\n    replicas: 1\n    spread: zone";
    insta::assert_snapshot!(edited("no-single-point-of-failure", "platform.yaml", from, to), @"
    - production availability book-visit Kept
    - production availability view-record Kept
    - production failover book-visit Kept
    - production failover view-record Kept
    + broken no-single-point-of-failure web in production
    + production availability book-visit Unknown
    + production availability view-record Unknown
    + production failover book-visit Broken
    + production failover view-record Broken
    ");
}

#[test]
fn quorum_survives() {
    let from = "    topology: galera\n    replication: synchronous\n    segment: database\n    replicas: 3\n    spread: zone\n    on: [jakarta]";
    let to = "    topology: galera\n    replication: synchronous\n    segment: database\n    replicas: 3\n    spread: zone\n    on: [room-1, room-2]";
    insta::assert_snapshot!(edited("quorum-survives", "store.yaml", from, to), @"
    - production availability book-visit Kept
    - production availability lab-result Kept
    - production availability view-record Kept
    - production failover book-visit Kept
    - production failover lab-result Kept
    - production failover view-record Kept
    + broken quorum-survives records in production
    + production availability book-visit Unknown
    + production availability lab-result Unknown
    + production availability view-record Unknown
    + production failover book-visit Broken
    + production failover lab-result Broken
    + production failover view-record Broken
    ");
}

#[test]
fn slo_composition() {
    let from = "availability: { at-least: 99.9%,";
    insta::assert_snapshot!(edited("slo-composition", "platform.yaml", from, "availability: { at-least: 99.999%,"), @"
    - production availability book-visit Kept
    - production availability lab-result Kept
    - production availability view-record Kept
    + broken slo-composition book-visit in production
    + broken slo-composition lab-result in production
    + broken slo-composition view-record in production
    + production availability book-visit Broken
    + production availability lab-result Broken
    + production availability view-record Broken
    ");
}

#[test]
fn failover_actor_named() {
    let from = "failover: { by: keepalived, address: 192.168.10.10, automatic: true,";
    let to = "failover: { by: keepalived, address: 192.168.10.10, automatic: false,";
    insta::assert_snapshot!(edited("failover-actor-named", "platform.yaml", from, to), @"
    - production availability book-visit Kept
    - production availability lab-result Kept
    - production availability view-record Kept
    - production failover book-visit Kept
    - production failover lab-result Kept
    - production failover view-record Kept
    + broken failover-actor-named edge in production
    + production availability book-visit Unknown
    + production availability lab-result Unknown
    + production availability view-record Unknown
    + production failover book-visit Unknown
    + production failover lab-result Unknown
    + production failover view-record Unknown
    ");
}

#[test]
fn lb_feature_supported() {
    let from = "balance: round-robin, timeout: 60s, features: [HIO-17]";
    let to = "balance: round-robin, sticky: cookie, timeout: 60s, features: [HIO-17]";
    insta::assert_snapshot!(edited("lb-feature-supported", "platform.yaml", from, to), @"+ broken lb-feature-supported edge in development, staging, production");
}

#[test]
fn n_minus_one_capacity() {
    let from = "capacity: { requests: 600/s,";
    insta::assert_snapshot!(edited("n-minus-one-capacity", "platform.yaml", from, "capacity: { requests: 200/s,"), @"+ broken n-minus-one-capacity web in production");
}

/// The same platform, a component renamed and the top-level keys in another order.
#[test]
fn a_rewrite_changes_nothing() {
    let (before, _) = platform_edited("health-infraops", "platform.yaml", "", "");
    let after = crate::support::platform_mapped("health-infraops", |text| {
        reordered(&text.replace("python-api", "letters"))
    });
    let renamed: BTreeSet<String> =
        outline(&checked(&after)).iter().map(|line| line.replace("letters", "python-api")).collect();
    assert_eq!(outline(&checked(&before)), renamed);
}

/// The last top-level key first; the line that says which grammar it is stays on top.
fn reordered(text: &str) -> String {
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines() {
        let starts = line.chars().next().is_some_and(char::is_alphabetic);
        match blocks.last_mut() {
            Some(block) if !starts => block.push_str(&format!("{line}\n")),
            _ => blocks.push(format!("{line}\n")),
        }
    }
    let top = usize::from(blocks.first().is_some_and(|block| block.starts_with("sehat:")));
    blocks[top..].reverse();
    blocks.concat()
}
