//! The controls of each regime, and the rules and drills whose results support them.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::table::parse;

/// A law or standard that a platform names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Regime {
    pub name: &'static str,
    pub title: &'static str,
    /// The jurisdiction whose law it is; none for a standard.
    pub jurisdiction: Option<&'static str>,
    pub controls: Vec<Control>,
    pub source: &'static str,
    pub date: Date,
}

/// One demand of a regime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Control {
    /// Unique within the regime.
    pub id: &'static str,
    pub article: &'static str,
    /// What it asks, in our words.
    pub title: &'static str,
    /// Rules and drills whose results are evidence for it. Empty: nothing here supports it.
    pub supported_by: Vec<&'static str>,
}

cited!(Regime, |row| format!("regime/{}", row.name), format!("{} controls", row.controls.len()));

/// Returns the regime named `name`.
pub fn regime(name: &str) -> Option<&'static Regime> {
    regimes().iter().find(|row| row.name == name)
}

/// Returns every regime.
pub fn regimes() -> &'static [Regime] {
    &TABLE.regime
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    regime: Vec<Regime>,
}

static TABLE: LazyLock<File> = LazyLock::new(|| parse("regimes", include_str!("../data/regimes.toml")));
