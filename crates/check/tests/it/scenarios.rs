//! `scenarios/*.md`: a document with what Sehat says of it, and a line of Health-InfraOps with all that it changes.
//!
//! `UPDATE_SCENARIOS=1 cargo test -p sehat-check scenarios` writes down what Sehat says now.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use sehat_check::{Report, rules};
use sehat_document::Document;
use sehat_verdict::{Finding, State, Verdict};

use crate::changes::{changes, severity};
use crate::edit::Edit;
use crate::support::{checked, document};

/// A fenced block, and where its text stands in the file.
struct Block<'a> {
    /// The nearest heading above.
    heading: &'a str,
    /// What stands behind the fence: `yaml`, `text`, `diff`.
    language: &'a str,
    text: &'a str,
}

fn blocks(markdown: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let (mut heading, mut at) = ("", 0);
    let mut open: Option<(&str, usize)> = None;
    for line in markdown.split_inclusive('\n') {
        match (line.strip_prefix("```").map(str::trim), open) {
            (Some(language), None) => open = Some((language, at + line.len())),
            (Some(_), Some((language, start))) => {
                found.push(Block { heading, language, text: &markdown[start..at] });
                open = None;
            }
            (None, None) => heading = line.strip_prefix("## ").map_or(heading, str::trim),
            (None, Some(_)) => {}
        }
        at += line.len();
    }
    found
}

/// Replaces each `text` block by what Sehat says of the block before it.
fn told(rule: &str, markdown: &str) -> String {
    let mut told = markdown.to_owned();
    let blocks = blocks(markdown);
    let mut shift = 0_isize;
    for pair in blocks.windows(2).filter(|pair| pair[1].language == "text") {
        let says = match pair[0].language {
            "yaml" => of_document(rule, &pair[0]),
            "diff" => of_edit(rule, pair[0].text),
            other => panic!("a `{other}` block before what Sehat says"),
        };
        let start = (pair[1].text.as_ptr() as usize - markdown.as_ptr() as usize).strict_add_signed(shift);
        told.replace_range(start..start + pair[1].text.len(), &says);
        shift += says.len().cast_signed() - pair[1].text.len().cast_signed();
    }
    told
}

fn of_document(rule: &str, block: &Block<'_>) -> String {
    let document = document(block.text);
    let report = checked(&document);
    let of_rule = |finding: &&Finding| finding.rule == rule;
    let broken = report.findings.iter().filter(of_rule).any(|finding| finding.state == State::Broken);
    let open = report.verdicts.iter().any(|entry| entry.verdict == Verdict::Unknown);
    let found = report.findings.iter().any(|finding| of_rule(&finding));
    match block.heading {
        "Kept" => assert!(!found, "{rule} finds something where all is kept: {:#?}", report.findings),
        "Unknown" => {
            assert!((found || open) && !broken, "{rule} does not say that it lacks a fact: {report:#?}");
        }
        _ => assert!(broken, "{rule} finds nothing broken: {report:#?}"),
    }
    shown(&document, &report)
}

/// As a terminal shows it.
fn shown(document: &Document, report: &Report) -> String {
    let mut text = String::new();
    for entry in &report.verdicts {
        let environment = entry.environment.as_ref().map_or_else(String::new, |name| format!("{name}  "));
        let or_dash = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let _ = writeln!(
            text,
            "{:7} {environment}{}  {}  promised {}  predicted {}",
            format!("{:?}", entry.verdict).to_lowercase(),
            entry.objective,
            entry.subject,
            or_dash(&entry.promised),
            or_dash(&entry.predicted),
        );
    }
    for finding in &report.findings {
        text.push_str(&one(document, finding));
    }
    if text.is_empty() { "nothing to say\n".to_owned() } else { text.trim_start().to_owned() }
}

fn one(document: &Document, finding: &Finding) -> String {
    let state = if finding.state == State::Unknown { " (unknown)" } else { "" };
    let mut text = format!("\n{}[{}]{state}: {}\n", severity(finding), finding.rule, finding.message);
    for (origin, label) in &finding.places {
        let line = document.sources.line(origin).unwrap_or_default();
        let _ = writeln!(text, "  --> {origin}  {label}\n      {}", line.trim());
    }
    let _ = writeln!(text, "  witness: {}\n  repair:  {}", finding.witness, finding.repair);
    text
}

fn of_edit(rule: &str, diff: &str) -> String {
    let edit = Edit::read(diff);
    let old = checked(&Edit::before());
    let (document, line) = edit.after();
    let new = checked(&document);
    let broken: Vec<&Finding> = new
        .findings
        .iter()
        .filter(|finding| finding.rule == rule && finding.state == State::Broken)
        .collect();
    let points = |finding: &&&Finding| {
        finding.places.iter().any(|(origin, _)| *origin.path == edit.file && origin.line == line)
    };
    let Some(found) = broken.iter().find(points) else {
        panic!("no broken finding of {rule} points to {}:{line}: {broken:#?}", edit.file)
    };
    format!("{}\n{}", found.message, changes(&old, &new))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

/// Compares with the file, or writes it where asked.
fn compare(name: &str, told: impl Fn(&str) -> String) {
    let path = folder().join(name);
    let stands = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let says = told(&stands);
    if std::env::var_os("UPDATE_SCENARIOS").is_some() {
        std::fs::write(&path, says).expect("the scenario can be written");
        return;
    }
    let first = stands.lines().zip(says.lines()).position(|(stands, says)| stands != says);
    let line = first.unwrap_or_else(|| stands.lines().count().min(says.lines().count()));
    assert!(
        stands == says,
        "{}:{}: Sehat now says otherwise\n  stands: {}\n  says:   {}\n  = help: look at it, then UPDATE_SCENARIOS=1",
        path.display(),
        line + 1,
        stands.lines().nth(line).unwrap_or("(end)"),
        says.lines().nth(line).unwrap_or("(end)"),
    );
}

fn rule(name: &str) {
    compare(&format!("{name}.md"), |markdown| {
        let blocks = blocks(markdown);
        let has = |heading: &str| blocks.iter().any(|block| block.heading == heading);
        assert!(markdown.starts_with(&format!("# {name}\n")), "the scenario's title is not its rule");
        assert!(has("Broken") && has("Kept"), "a scenario has a broken and a kept document");
        assert!(
            blocks.iter().any(|block| block.language == "diff"),
            "a scenario has a line of Health-InfraOps"
        );
        told(name, markdown)
    });
}

macro_rules! rules {
    ($($name:ident),* $(,)?) => {
        $(#[test] fn $name() { rule(&stringify!($name).replace('_', "-")); })*
        const TOLD: &[&str] = &[$(stringify!($name)),*];
    };
}

rules!(
    backup_covers_every_store,
    backup_offsite_immutable,
    data_resident,
    failover_actor_named,
    flow_permitted_end_to_end,
    lb_feature_supported,
    n_minus_one_capacity,
    no_single_point_of_failure,
    pitr_has_log_archive,
    quorum_survives,
    retention_meets_law,
    rpo_per_store,
    rto_restore_time,
    slo_composition,
    version_supported,
);

#[test]
fn every_rule_has_a_scenario_and_stands_in_the_table() {
    let names: Vec<String> = rules::ALL.iter().map(|rule| rule.name.replace('-', "_")).collect();
    assert_eq!(names, TOLD);
    compare("README.md", |markdown| {
        let (head, _) = markdown.split_once("| rule |").unwrap_or((markdown, ""));
        let mut text = format!(
            "{head}| rule | what it proves | one line of Health-InfraOps | what Sehat then says |\n|---|---|---|---|\n"
        );
        for rule in rules::ALL {
            let _ = writeln!(text, "{}", row(rule));
        }
        text
    });
}

fn row(rule: &sehat_check::Rule) -> String {
    let name = rule.name;
    let markdown = told(name, &scenario(name));
    let blocks = blocks(&markdown);
    let at = blocks.iter().position(|block| block.language == "diff").expect("a line of Health-InfraOps");
    let says = blocks[at + 1].text.lines().next().unwrap_or_default();
    let (_, edit) = markdown.split_once("## One line of Health-InfraOps\n\n").expect("its heading");
    let edit = edit.lines().next().unwrap_or_default();
    format!("| [{name}]({name}.md) | {} | {edit} | {says} |", rule.proves)
}

fn scenario(name: &str) -> String {
    std::fs::read_to_string(folder().join(format!("{name}.md"))).expect("a scenario per rule")
}

/// Every edit of the scenarios, for the tests that rewrite what it gives.
pub fn edits() -> Vec<(String, Edit)> {
    let diff = |name: &str| {
        let markdown = scenario(name);
        let blocks = blocks(&markdown);
        let diff = blocks.iter().find(|block| block.language == "diff").expect("a line of Health-InfraOps");
        (name.to_owned(), Edit::read(diff.text))
    };
    rules::ALL.iter().map(|rule| diff(rule.name)).collect()
}
