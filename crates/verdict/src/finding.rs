//! What a rule reports.

use sehat_diagnostic::Origin;
use serde::{Deserialize, Serialize};

use crate::Fix;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Critical,
    High,
    Medium,
    Low,
}

/// Whether the rule has a witness, or lacks a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Broken,
    Unknown,
}

/// Why a finding is accepted for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    pub reason: String,
    /// `2027-01-31`; the waiver ends with that day.
    pub until: Option<String>,
}

/// One fault that a rule found. `environments` are all in which it was found alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub rule: &'static str,
    pub severity: Severity,
    pub state: State,
    /// The component, segment or journey, by its name.
    pub subject: String,
    /// What is wrong, with both numbers.
    pub message: String,
    /// The case that shows it: the lost node, the schedule, the closed port.
    pub witness: String,
    /// The smallest change that mends it.
    pub repair: String,
    /// Each with what stands there; the first is the one to change.
    pub places: Vec<(Origin, String)>,
    /// How many objects share this cause.
    pub count: usize,
    pub environments: Vec<String>,
    pub waived: Option<Waiver>,
    /// Changes that a program can make, all of which together mend it.
    pub fixes: Vec<Fix>,
    /// The line that a user would add to answer what is unknown: `cni: cilium`.
    pub asks: Option<String>,
}

impl Finding {
    pub fn broken(rule: &'static str, severity: Severity, subject: impl Into<String>) -> Self {
        Self {
            rule,
            severity,
            state: State::Broken,
            subject: subject.into(),
            message: String::new(),
            witness: String::new(),
            repair: String::new(),
            places: Vec::new(),
            count: 1,
            environments: Vec::new(),
            waived: None,
            fixes: Vec::new(),
            asks: None,
        }
    }

    pub fn unknown(rule: &'static str, severity: Severity, subject: impl Into<String>) -> Self {
        Self { state: State::Unknown, ..Self::broken(rule, severity, subject) }
    }

    #[must_use]
    pub fn says(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    #[must_use]
    pub fn witness(mut self, witness: impl Into<String>) -> Self {
        self.witness = witness.into();
        self
    }

    #[must_use]
    pub fn repair(mut self, repair: impl Into<String>) -> Self {
        self.repair = repair.into();
        self
    }

    /// Adds a place; an absent origin adds none.
    #[must_use]
    pub fn at<'a>(mut self, origin: impl Into<Option<&'a Origin>>, label: impl Into<String>) -> Self {
        if let Some(origin) = origin.into() {
            self.places.push((origin.clone(), label.into()));
        }
        self
    }

    /// Adds a change that a program can make.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// Says which line a user would add to answer what is unknown.
    #[must_use]
    pub fn asks(mut self, line: impl Into<String>) -> Self {
        self.asks = Some(line.into());
        self
    }

    /// Says how many objects share the cause.
    #[must_use]
    pub fn counts(mut self, count: usize) -> Self {
        self.count = count;
        self
    }
}
