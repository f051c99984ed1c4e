//! `scenarios/*.md`: a document with what Sehat says of it, and a line of Health-InfraOps with all that it changes.
//!
//! `UPDATE_SCENARIOS=1 cargo test -p sehat-check scenarios` writes down what Sehat says now.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use sehat_check::{Report, rules};
use sehat_diagnostic::Sources;
use sehat_verdict::{Finding, State, Verdict};

use crate::changes::{changes, severity};
use crate::edit::Edit;
use crate::support::{as_of, checked, document};

/// A fenced block, and where its text stands in the file.
struct Block<'a> {
    /// The nearest heading above.
    heading: &'a str,
    /// What stands behind the fence: `yaml`, `text`, `diff`.
    language: &'a str,
    /// The file that it stands for; none where it is a platform document.
    path: Option<&'a str>,
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
                let (language, path) = match language.split_once(' ') {
                    Some((language, path)) => (language, Some(path.trim())),
                    None => (language, None),
                };
                found.push(Block { heading, language, path, text: &markdown[start..at] });
                open = None;
            }
            (None, None) => heading = line.strip_prefix("## ").map_or(heading, str::trim),
            (None, Some(_)) => {}
        }
        at += line.len();
    }
    found
}

/// Replaces each `text` block by what Sehat says of the blocks before it.
fn told(rule: &str, markdown: &str) -> String {
    let mut told = markdown.to_owned();
    let mut shift = 0_isize;
    let mut input: Vec<Block<'_>> = Vec::new();
    for block in blocks(markdown) {
        if block.language != "text" || block.path.is_some() {
            input.push(block);
            continue;
        }
        let says = match input.as_slice() {
            [edit] if edit.language == "diff" => of_edit(rule, edit.text),
            [document] if document.path.is_none() => of_document(rule, document),
            files => of_files(rule, files),
        };
        input.clear();
        let start = (block.text.as_ptr() as usize - markdown.as_ptr() as usize).strict_add_signed(shift);
        told.replace_range(start..start + block.text.len(), &says);
        shift += says.len().cast_signed() - block.text.len().cast_signed();
    }
    told
}

fn of_document(rule: &str, block: &Block<'_>) -> String {
    let document = document(block.text);
    judged(rule, block.heading, &checked(&document), &document.sources)
}

/// The heading of an input that claims to be whole.
const WHOLE: &str = "Broken, where all is there";

/// Files that a team has, of one root together.
fn of_files(rule: &str, files: &[Block<'_>]) -> String {
    let mut sources = Sources::default();
    for file in files {
        sources.add(
            file.path.unwrap_or_else(|| panic!("a `{}` block without a path", file.language)),
            file.text,
        );
    }
    let heading = files.first().map_or("", |file| file.heading);
    let mut imported = sehat_import::import(&sources);
    imported.inventory.whole = heading == WHOLE;
    assert!(imported.diagnostics.is_empty(), "{rule}: {:#?}", imported.diagnostics);
    let report = sehat_check::check(&[imported.platform()], as_of());
    judged(rule, heading, &report, &sources)
}

fn judged(rule: &str, heading: &str, report: &Report, sources: &Sources) -> String {
    let of_rule = |finding: &&Finding| finding.rule == rule;
    let broken = report.findings.iter().filter(of_rule).any(|finding| finding.state == State::Broken);
    let open = report.verdicts.iter().any(|entry| entry.verdict == Verdict::Unknown);
    let found = report.findings.iter().any(|finding| of_rule(&finding));
    match heading {
        "Kept" => assert!(!found, "{rule} finds something where all is kept: {:#?}", report.findings),
        "Unknown" => {
            assert!((found || open) && !broken, "{rule} does not say that it lacks a fact: {report:#?}");
        }
        _ => assert!(broken, "{rule} finds nothing broken: {report:#?}"),
    }
    shown(rule, sources, report)
}

/// As a terminal shows it: without the hygiene of other rules.
fn shown(rule: &str, sources: &Sources, report: &Report) -> String {
    let is_hygiene = |name: &str| rules::ALL.iter().any(|known| known.name == name && known.hygiene);
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
    for finding in report.findings.iter().filter(|found| found.rule == rule || !is_hygiene(found.rule)) {
        text.push_str(&one(sources, finding));
    }
    if text.is_empty() { "nothing to say\n".to_owned() } else { text.trim_start().to_owned() }
}

fn one(sources: &Sources, finding: &Finding) -> String {
    let state = if finding.state == State::Unknown { " (unknown)" } else { "" };
    let mut text = format!("\n{}[{}]{state}: {}\n", severity(finding), finding.rule, finding.message);
    for (origin, label) in &finding.places {
        let line = sources.line(origin).unwrap_or_default();
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
        assert!(
            (has("Broken") || has(WHOLE) || has("Unknown")) && has("Kept"),
            "a scenario has an input that is kept, and one that is broken or unknown"
        );
        assert!(
            blocks.iter().any(|block| block.language == "diff" || block.path.is_some()),
            "a scenario has a line of Health-InfraOps, or files"
        );
        told(name, markdown)
    });
}

/// `SCENARIO=name` looks at one rule only.
#[test]
fn every_rule_says_what_its_scenario_says() {
    let only = std::env::var("SCENARIO").ok();
    let names = rules::ALL
        .iter()
        .map(|rule| rule.name)
        .filter(|name| only.as_deref().is_none_or(|only| only == *name));
    let failed: Vec<String> =
        names.filter(|name| std::panic::catch_unwind(|| rule(name)).is_err()).map(str::to_owned).collect();
    assert!(failed.is_empty(), "see above: {failed:?}");
}

#[test]
fn every_scenario_has_a_rule_and_stands_in_the_table() {
    for entry in std::fs::read_dir(folder()).expect("the folder of scenarios").flatten() {
        let name = entry.file_name().to_string_lossy().trim_end_matches(".md").to_owned();
        assert!(name == "README" || rules::ALL.iter().any(|rule| rule.name == name), "{name} is no rule");
    }
    compare("README.md", |markdown| {
        let (head, _) = markdown.split_once("| rule |").unwrap_or((markdown, ""));
        let mut text = format!(
            "{head}| rule | what it proves | an example | what Sehat says of it |\n|---|---|---|---|\n"
        );
        for rule in rules::ALL.iter() {
            let _ = writeln!(text, "{}", row(rule));
        }
        text
    });
}

/// The example is the line of Health-InfraOps, else the first that is broken.
fn row(rule: &sehat_check::Rule) -> String {
    let name = rule.name;
    let markdown = told(name, &scenario(name));
    let heading = ["One line of Health-InfraOps", "Broken", WHOLE, "Unknown"]
        .into_iter()
        .find(|heading| markdown.contains(&format!("## {heading}\n\n")))
        .expect("an example");
    let blocks = blocks(&markdown);
    let says = blocks.iter().find(|block| block.heading == heading && block.language == "text");
    let says = says.map_or("", |block| block.text).lines().next().unwrap_or_default();
    let says = says.split_once("]: ").map_or(says, |(_, message)| message);
    let (_, example) = markdown.split_once(&format!("## {heading}\n\n")).expect("its heading");
    let example = example.lines().next().unwrap_or_default();
    format!("| [{name}]({name}.md) | {} | {example} | {says} |", rule.proves)
}

fn scenario(name: &str) -> String {
    std::fs::read_to_string(folder().join(format!("{name}.md"))).expect("a scenario per rule")
}

/// Every edit of the scenarios, for the tests that rewrite what it gives.
pub fn edits() -> Vec<(String, Edit)> {
    let diff = |name: &str| {
        let markdown = scenario(name);
        let blocks = blocks(&markdown);
        let diff = blocks.iter().find(|block| block.language == "diff")?;
        Some((name.to_owned(), Edit::read(diff.text)))
    };
    rules::ALL.iter().filter_map(|rule| diff(rule.name)).collect()
}

/// The files of each broken input of a rule's scenario.
pub fn broken_files(rule: &str) -> Vec<Sources> {
    let markdown = scenario(rule);
    let mut all = Vec::new();
    let mut files = Sources::default();
    for block in blocks(&markdown).iter().filter(|block| block.heading.starts_with("Broken")) {
        match block.path {
            Some(path) => drop(files.add(path, block.text)),
            None => all.push(std::mem::take(&mut files)),
        }
    }
    all
}
