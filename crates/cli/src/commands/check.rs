//! `sehat check`: every promise against its mechanism, in a platform document or in what a team already has.

mod accept;
mod fixes;
mod json;
mod judge;
mod junit;
mod sarif;
mod terminal;
mod why;

pub use fixes::yaml;

use std::path::PathBuf;

use clap::ValueEnum;
use jiff::civil::Date;
use sehat_diagnostic::{Diagnostic, Sources, render_terminal};
use sehat_verdict::{Finding, Severity, State, Verdict, VerdictEntry};

use crate::exit::{Code, Exit};
use crate::input::{self, Skipped};
use crate::style::{print, tell};

/// Judge a platform document, or the files of a repository: does every mechanism keep its promise?
///
/// A folder with a platform.yaml is that document. Any other folder is searched for its roots (kustomize overlays,
/// charts, else the folder), and each is judged alone. A file, or several paths, are together one platform.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Arguments {
    /// A folder or files; `-` reads standard input.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Judge this environment only.
    #[arg(long)]
    env: Option<String>,
    /// Judge lifetimes and laws on this day (2026-11-21); today by default.
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// Show every finding, not only the worst ten.
    #[arg(long)]
    all: bool,
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
    /// Rank what costs each journey its availability, and name the smallest repair.
    #[arg(long)]
    why: bool,
    /// Of files: findings of this severity or worse make the exit code 1.
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = Least::High)]
    fail_on: Least,
    /// Of files: what is unknown makes the exit code 4.
    #[arg(long)]
    fail_on_unknown: bool,
    /// What the files do not state is not there.
    #[arg(long)]
    whole: bool,
    /// Report what is new since this output of `sehat check --format json`.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// The file with answers and waivers; `sehat.yaml` in the folder by default.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Write the repairs that a program can make into this new folder.
    #[arg(long, value_name = "DIR")]
    fixes: Option<PathBuf>,
    /// Run the programs that some files need: helm for charts.
    #[arg(long)]
    run_tools: bool,
    /// Refuse more YAML documents than this.
    #[arg(long, value_name = "COUNT", default_value_t = 200_000)]
    max_documents: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Terminal,
    Json,
    Sarif,
    Junit,
}

/// The least severity that counts.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Least {
    Critical,
    High,
    Medium,
    Low,
}

impl From<Least> for Severity {
    fn from(least: Least) -> Self {
        match least {
            Least::Critical => Self::Critical,
            Least::High => Self::High,
            Least::Medium => Self::Medium,
            Least::Low => Self::Low,
        }
    }
}

/// Everything that one run says.
#[derive(Debug, Default)]
struct Judged {
    /// The document's name where there is one root and it is a document.
    platform: Option<String>,
    roots: Vec<Root>,
    verdicts: Vec<VerdictEntry>,
    findings: Vec<Found>,
    /// What costs the journeys their availability, where it was asked for.
    why: Vec<sehat_check::Why>,
    skipped: Vec<Skipped>,
    diagnostics: Vec<Diagnostic>,
    sources: Sources,
}

/// What was judged alone.
#[derive(Debug, Default)]
struct Root {
    name: String,
    is_document: bool,
    /// A document with errors is not judged.
    is_bad: bool,
    not_judged: Vec<(String, usize)>,
}

/// A finding in its root.
#[derive(Debug)]
struct Found {
    root: usize,
    finding: Finding,
    fingerprint: String,
    /// It is not in the baseline.
    is_new: bool,
    is_hygiene: bool,
}

impl Found {
    fn counts(&self) -> bool {
        self.is_new && self.finding.waived.is_none()
    }
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    let as_of =
        arguments.as_of.unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date());
    judged(arguments, as_of).inspect_err(|exit| {
        if arguments.format == Format::Json {
            print(&format!("{:#}\n", json::failed(exit, as_of)));
        }
    })
}

fn judged(arguments: &Arguments, as_of: Date) -> Result<Code, Exit> {
    let input = input::input(&arguments.paths)?;
    let mut judged = judge::roots(arguments, &input, as_of)?;
    accept::mark(&mut judged, arguments, as_of)?;
    if let Some(folder) = &arguments.fixes {
        fixes::write(&judged, folder)?;
    }
    let code = code(&judged, arguments);
    match arguments.format {
        Format::Json => print(&format!("{:#}\n", json::report(&judged, as_of, code))),
        Format::Sarif => print(&format!("{:#}\n", sarif::report(&judged))),
        Format::Junit => print(&junit::report(&judged)),
        Format::Terminal => {}
    }
    for diagnostic in &judged.diagnostics {
        tell(&format!("{}\n", render_terminal(diagnostic, &judged.sources)));
    }
    if judged.roots.iter().any(|root| root.is_bad) {
        tell(&not_judged(arguments, &judged));
    }
    let all_bad = judged.roots.iter().all(|root| root.is_bad);
    if arguments.format == Format::Terminal && !all_bad {
        print(&terminal::report(&judged, arguments.all));
    }
    Ok(code)
}

fn not_judged(arguments: &Arguments, judged: &Judged) -> String {
    let count = judged.diagnostics.len();
    let path = arguments.paths.first().map_or_else(String::new, |path| path.display().to_string());
    let plural = if count == 1 { "" } else { "s" };
    format!("{path}: nothing was judged; mend {count} error{plural} first\n")
}

/// Tried in the order 2, 1, 4, 0. A document's own objectives count; files have findings only.
fn code(judged: &Judged, arguments: &Arguments) -> Code {
    let verdict = |wanted| judged.verdicts.iter().any(|entry| entry.verdict == wanted);
    let of_document = |found: &&Found| judged.roots[found.root].is_document;
    let least = Severity::from(arguments.fail_on);
    let broken = |found: &Found| {
        let least = if of_document(&found) { Severity::High } else { least };
        found.counts() && found.finding.state == State::Broken && found.finding.severity <= least
    };
    let unknown = |found: &Found| {
        found.counts()
            && found.finding.state == State::Unknown
            && (of_document(&found) || arguments.fail_on_unknown)
    };
    if judged.roots.iter().any(|root| root.is_bad) {
        Code::BadInput
    } else if verdict(Verdict::Broken) || judged.findings.iter().any(broken) {
        Code::Broken
    } else if verdict(Verdict::Unknown) || judged.findings.iter().any(unknown) {
        Code::Unknown
    } else {
        Code::Kept
    }
}
