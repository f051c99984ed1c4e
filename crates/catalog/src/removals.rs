//! Versions of an API that a release stopped serving.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::table::parse;

/// A version of an API, and the release that took it away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removal {
    /// What serves it: `kubernetes`, `cert-manager`.
    pub product: &'static str,
    /// `policy/v1beta1`
    pub api_version: &'static str,
    /// None means every kind of the version.
    pub kinds: Vec<&'static str>,
    /// The first release without it.
    pub release: &'static str,
    /// The version that has the same kinds now.
    pub now: Option<&'static str>,
    pub source: &'static str,
    pub date: Date,
}

cited!(
    Removal,
    |row| format!(
        "removal/{}{}",
        row.api_version,
        row.kinds.first().map_or_else(String::new, |kind| format!("/{kind}"))
    ),
    format!("removed in {}, now {}", row.release, row.now.unwrap_or("nowhere"))
);

/// Returns the removal of a kind's version.
pub fn removal(api_version: &str, kind: &str) -> Option<&'static Removal> {
    let rows = BY_VERSION.get(api_version)?;
    rows.iter().copied().find(|row| row.kinds.is_empty() || row.kinds.contains(&kind))
}

/// Returns every removal.
pub fn removals() -> &'static [Removal] {
    &TABLE
}

static BY_VERSION: LazyLock<HashMap<&'static str, Vec<&'static Removal>>> = LazyLock::new(|| {
    let mut by_version: HashMap<&str, Vec<&Removal>> = HashMap::new();
    for row in removals() {
        by_version.entry(row.api_version).or_default().push(row);
    }
    by_version
});

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    removal: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    product: &'static str,
    source: &'static str,
    date: Date,
    versions: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    version: &'static str,
    #[serde(default)]
    kinds: Vec<&'static str>,
    release: &'static str,
    now: Option<&'static str>,
}

static TABLE: LazyLock<Vec<Removal>> = LazyLock::new(|| {
    let file: File = parse!("removals");
    file.removal.into_iter().flat_map(Group::into_rows).collect()
});

impl Group {
    fn into_rows(self) -> impl Iterator<Item = Removal> {
        self.versions.into_iter().map(move |row| Removal {
            product: self.product,
            api_version: row.version,
            kinds: row.kinds,
            release: row.release,
            now: row.now,
            source: self.source,
            date: self.date,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::removal;

    #[test]
    fn a_kind_may_have_left_earlier_than_another() {
        let release = |kind| removal("extensions/v1beta1", kind).map(|row| row.release);
        assert_eq!(
            (release("Deployment"), release("Ingress"), release("Pod")),
            (Some("1.16"), Some("1.22"), None)
        );
    }
}
