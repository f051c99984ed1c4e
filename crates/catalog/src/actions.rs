//! Actions of GitHub, and which of their majors still run as they were built.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::table::parse;

/// An action by `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Action {
    pub name: &'static str,
    /// The first major that was built for a runtime that runners have.
    pub major_min: u32,
    /// Older ones do not start at all.
    pub refused: bool,
    pub meaning: &'static str,
    pub source: &'static str,
    pub date: Date,
}

cited!(Action, |row| format!("action/{}", row.name), row.meaning.to_owned());

/// Returns the action of that `owner/name`; a folder in its repository is the same action.
pub fn action(name: &str) -> Option<&'static Action> {
    let is_inside = |row: &Action| name.strip_prefix(row.name).is_some_and(|rest| rest.starts_with('/'));
    actions().iter().find(|row| row.name == name || is_inside(row))
}

/// Returns every action.
pub fn actions() -> &'static [Action] {
    &TABLE.action
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    action: Vec<Action>,
}

static TABLE: LazyLock<File> = LazyLock::new(|| parse!("actions"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_the_same_action() {
        assert_eq!(action("github/codeql-action/analyze"), action("github/codeql-action"));
        assert_eq!(action("actions/check"), None);
    }
}
