//! `sehat explain`: what a rule proves, how it is judged, and its source.

use std::fmt::Write;

use sehat_check::{Rule, explanation, rules};
use sehat_diagnostic::nearest;

use crate::exit::{Code, Exit};
use crate::style::{bold, dim, print};

/// Explain a rule, or list all.
#[derive(clap::Args)]
pub struct Arguments {
    /// A rule, such as `rpo-per-store`.
    rule: Option<String>,
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    match &arguments.rule {
        None => print(&list()),
        Some(name) => print(&one(find(name)?)),
    }
    Ok(Code::Kept)
}

fn list() -> String {
    let width = rules::ALL.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    rules::ALL.iter().fold(String::new(), |mut text, rule| {
        let _ = writeln!(text, "{}  {}", bold(&format!("{:width$}", rule.name)), rule.proves);
        text
    })
}

fn find(name: &str) -> Result<&'static Rule, Exit> {
    rules::ALL.iter().find(|rule| rule.name == name).copied().ok_or_else(|| {
        let near = nearest(name, rules::ALL.iter().map(|rule| rule.name));
        let help = near
            .map_or("`sehat explain` lists all rules".to_owned(), |near| format!("did you mean `{near}`?"));
        Exit::bad_input(format!("there is no rule `{name}`\n  = help: {help}"))
    })
}

/// The rule's own text ends with its source.
fn one(rule: &Rule) -> String {
    let severity = format!("{:?}", rule.severity).to_lowercase();
    let head = format!("{}  {}", bold(rule.name), dim(&format!("at worst {severity}")));
    format!("{head}\n\n{}\n{}", explanation(rule), controls(rule))
}

/// What the rule's results are evidence for.
fn controls(rule: &Rule) -> String {
    let mut text = String::new();
    for (regime, control) in sehat_catalog::controls_of(rule.name) {
        let _ = writeln!(text, "  {} {}  {}", regime.name, control.article, dim(control.title));
    }
    if text.is_empty() { text } else { format!("\nEvidence for:\n{text}") }
}
