//! What a rule is.

use jiff::civil::Date;
use sehat_platform::Platform;
use sehat_platform::inventory::Inventory;
use sehat_verdict::{Finding, Severity, VerdictEntry};

use crate::Index;

/// One check. The text that `sehat explain` prints is the `//!` text of the rule's own file.
pub struct Rule {
    /// Kebab-case, the same everywhere.
    pub name: &'static str,
    /// One sentence.
    pub proves: &'static str,
    /// The worst severity that it reports.
    pub severity: Severity,
    /// About one object at a time, as other linters have it: shown with `--all`.
    pub hygiene: bool,
    /// The law, standard or product documentation that it follows.
    pub source: &'static str,
    /// The text of the rule's file, `include_str!`.
    pub file: &'static str,
    pub judge: fn(&Context<'_>) -> Outcome,
}

/// What a rule may look at.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub platform: &'a Platform,
    /// What existing files state; empty for a document.
    pub inventory: &'a Inventory,
    /// Who is who in the inventory.
    pub index: &'a Index<'a>,
    /// All of the document, this one included.
    pub environments: &'a [Platform],
    /// The day on which lifetimes and laws are judged.
    pub as_of: Date,
}

/// What a rule says of one environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    pub findings: Vec<Finding>,
    pub verdicts: Vec<VerdictEntry>,
}

impl From<Vec<Finding>> for Outcome {
    fn from(findings: Vec<Finding>) -> Self {
        Self { findings, verdicts: Vec::new() }
    }
}

/// Returns the explanation of a rule: the `//!` lines of its file.
pub fn explanation(rule: &Rule) -> String {
    rule.file
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .map(|line| line.trim_start_matches("//!").trim_start_matches(' '))
        .collect::<Vec<_>>()
        .join("\n")
}
