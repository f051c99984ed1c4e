//! Faults that are known of five documents: which of them are found, under the right rule and at the right lines.
//!
//! The documents lie outside of the project, in the folder `sources` of the one that `SEHAT_SHARED` names.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use sehat_diagnostic::Sources;
use sehat_verdict::Finding;

use crate::support::as_of;

/// How many of the listed faults are found at least.
const FOUND_MIN: usize = 110;

/// A fault of the list.
struct Listed<'a> {
    name: &'a str,
    document: &'a str,
    rules: Vec<&'a str>,
    lines: Vec<RangeInclusive<usize>>,
}

fn listed(table: &str) -> Vec<Listed<'_>> {
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let mut cells = row.split('\t');
        let mut cell = || cells.next().expect("four cells");
        let (name, document) = (cell(), cell());
        Listed {
            name,
            document,
            rules: cell().split(',').collect(),
            lines: cell().split(',').map(range).collect(),
        }
    })
    .collect()
}

fn range(text: &str) -> RangeInclusive<usize> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    first.parse().expect("a line")..=last.parse().expect("a line")
}

fn documents() -> Option<Vec<PathBuf>> {
    let folder = Path::new(&std::env::var_os("SEHAT_SHARED")?).join("sources");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    Some(files)
}

fn findings(path: &Path) -> Vec<Finding> {
    let mut sources = Sources::default();
    sources.add(&path.to_string_lossy(), &std::fs::read_to_string(path).expect("a readable document"));
    let imported = sehat_import::import(&sources);
    sehat_check::check(&[imported.platform()], as_of()).findings
}

/// Returns the finding's place that lies in the fault's lines.
fn place(fault: &Listed<'_>, finding: &Finding) -> Option<usize> {
    let lines = finding.places.iter().map(|(origin, _)| origin.line);
    let mut inside = lines.filter(|line| fault.lines.iter().any(|range| range.contains(line)));
    inside.next().filter(|_| fault.rules.contains(&finding.rule))
}

#[test]
#[expect(clippy::print_stdout, reason = "the list of what is missed is for a person")]
fn known_faults_are_found() {
    let Some(documents) = documents() else {
        println!("skipped: SEHAT_SHARED names no folder with sources");
        return;
    };
    let by_name: BTreeMap<String, Vec<Finding>> = documents
        .iter()
        .map(|path| (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), findings(path)))
        .collect();
    let faults = listed(include_str!("sources.tsv"));
    let mut told = String::new();
    let mut found = 0;
    for fault in &faults {
        let all = by_name.iter().find(|(name, _)| name.starts_with(fault.document)).map(|(_, all)| all);
        let hit = all.and_then(|all| all.iter().find_map(|finding| Some((finding, place(fault, finding)?))));
        found += usize::from(hit.is_some());
        let _ = match hit {
            Some((finding, line)) => writeln!(
                told,
                "{:8} {:7} {} at {line}",
                fault.name,
                format!("{:?}", finding.state).to_lowercase(),
                finding.rule
            ),
            None => writeln!(told, "{:8} missed  {}", fault.name, fault.rules.join(", ")),
        };
    }
    for (name, all) in &by_name {
        let broken = all.iter().filter(|finding| finding.state == sehat_verdict::State::Broken).count();
        let _ = writeln!(told, "{name}: {} findings, {broken} broken", all.len());
    }
    println!("{told}{found} of {} listed faults are found", faults.len());
    assert!(found >= FOUND_MIN, "{found} of {} listed faults are found", faults.len());
}
