//! The controls of each regime, and the rules and drills whose results support them.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::laws;
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

/// Returns the regimes that are law in `jurisdiction`.
pub fn regimes_of(jurisdiction: &str) -> impl Iterator<Item = &'static Regime> {
    regimes().iter().filter(move |row| row.jurisdiction.is_some_and(|law| laws::lies_in(jurisdiction, law)))
}

/// Returns the controls that a rule or drill is evidence for, with their regimes.
pub fn controls_of(evidence: &str) -> impl Iterator<Item = (&'static Regime, &'static Control)> {
    regimes().iter().flat_map(move |regime| {
        let controls = regime.controls.iter().filter(move |control| control.supported_by.contains(&evidence));
        controls.map(move |control| (regime, control))
    })
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

static TABLE: LazyLock<File> = LazyLock::new(|| parse!("regimes"));

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_and_evidence_are_listed_once() {
        for regime in regimes() {
            let ids: BTreeSet<_> = regime.controls.iter().map(|control| control.id).collect();
            assert_eq!(ids.len(), regime.controls.len(), "{}", regime.name);
            for control in &regime.controls {
                let listed: BTreeSet<_> = control.supported_by.iter().collect();
                assert_eq!(listed.len(), control.supported_by.len(), "{} {}", regime.name, control.id);
            }
        }
    }

    #[test]
    fn indonesia_has_two_regimes() {
        let names: Vec<_> = regimes_of("ID").map(|regime| regime.name).collect();
        assert_eq!(names, ["uu-pdp", "permenkes-24-2022"]);
    }

    #[test]
    fn the_regimes_of_the_five_platforms_are_there() {
        for name in ["hipaa", "gdpr", "soc2", "uu-pdp", "permenkes-24-2022", "lgpd"] {
            assert!(regime(name).is_some(), "{name}");
        }
    }
}
