//! `sehat check`: every promise against its mechanism.

mod json;
mod terminal;

use std::path::PathBuf;

use clap::ValueEnum;
use jiff::civil::Date;
use sehat_check::Report;
use sehat_diagnostic::render_terminal;
use sehat_document::Document;
use sehat_verdict::{Severity, State, Verdict};

use crate::exit::{Code, Exit};
use crate::style::{print, tell};

/// Judge a platform document: does every mechanism keep its promise?
#[derive(clap::Args)]
pub struct Arguments {
    /// A folder with a platform.yaml.
    path: PathBuf,
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
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Terminal,
    Json,
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
    let mut document = crate::folder::document(&arguments.path)?;
    let mut report = if document.is_good() {
        sehat_check::check(&document.environments, as_of)
    } else {
        Report::default()
    };
    if let Some(name) = arguments.env.as_deref().filter(|_| document.is_good()) {
        keep_environment(&mut document, name)?;
        report = report.of_environment(name);
    }
    let code = code(&document, &report);
    if arguments.format == Format::Json {
        print(&format!("{:#}\n", json::report(&document, &report, as_of, code)));
    }
    for diagnostic in &document.diagnostics {
        tell(&format!("{}\n", render_terminal(diagnostic, &document.sources)));
    }
    match document.diagnostics.len() {
        0 if arguments.format == Format::Terminal => {
            print(&terminal::report(&document, &report, arguments.all));
        }
        0 => {}
        count => tell(&format!(
            "{}: nothing was judged; mend {count} error{} first\n",
            arguments.path.display(),
            if count == 1 { "" } else { "s" }
        )),
    }
    Ok(code)
}

fn keep_environment(document: &mut Document, name: &str) -> Result<(), Exit> {
    let known: Vec<String> =
        document.environments.iter().filter_map(|platform| platform.environment.clone()).collect();
    if !known.iter().any(|known| known == name) {
        let help = if known.is_empty() {
            "the document has no environments: leave out `--env`".to_owned()
        } else {
            format!("known here: {}", known.join(", "))
        };
        return Err(Exit::bad_input(format!("there is no environment `{name}`\n  = help: {help}")));
    }
    document.environments.retain(|platform| platform.environment.as_deref() == Some(name));
    Ok(())
}

/// Tried in the order 2, 1, 4, 0.
fn code(document: &Document, report: &Report) -> Code {
    let verdict = |wanted| report.verdicts.iter().any(|entry| entry.verdict == wanted);
    let finding = |wanted| {
        report
            .findings
            .iter()
            .any(|f| f.state == wanted && f.waived.is_none() && f.severity <= Severity::High)
    };
    if !document.is_good() {
        Code::BadInput
    } else if verdict(Verdict::Broken) || finding(State::Broken) {
        Code::Broken
    } else if verdict(Verdict::Unknown)
        || report.findings.iter().any(|f| f.state == State::Unknown && f.waived.is_none())
    {
        Code::Unknown
    } else {
        Code::Kept
    }
}
