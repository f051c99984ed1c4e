//! Reads an embedded data file, and compares versions.

use serde::Deserialize;

/// Parses the data file of that name, which the build script has turned into JSON.
macro_rules! parse {
    ($name:literal) => {
        $crate::table::parse_json($name, include_str!(concat!(env!("OUT_DIR"), "/", $name, ".json")))
    };
}

pub(crate) use parse;

/// Parses `text`. It is part of the program, so that one which does not parse is a defect of the
/// build, which the crate's tests find.
pub(crate) fn parse_json<T: Deserialize<'static>>(name: &str, text: &'static str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("catalog data/{name}.toml, as JSON: {error}"))
}

/// Returns the leading part of `version` that `release` names: `10.11.6` is of release `10.11`.
pub(crate) fn is_of_release(version: &str, release: &str) -> bool {
    let version = version.strip_prefix('v').unwrap_or(version);
    version
        .strip_prefix(release)
        .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric()))
}

/// Compares dotted versions number by number; a part that is no number ends the comparison.
pub(crate) fn is_at_least(version: &str, least: &str) -> bool {
    numbers(version) >= numbers(least)
}

fn numbers(version: &str) -> Vec<u64> {
    version.trim_start_matches('v').split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

/// Returns whether two long words differ by one or two letters.
pub(crate) fn is_slip(one: &str, other: &str) -> bool {
    let most = one.len().min(other.len()) / 5;
    one != other && one.len().abs_diff(other.len()) <= 2 && edits(one, other) <= most.min(2)
}

/// Inserted, deleted, replaced or swapped letters (Damerau 1964).
fn edits(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut rows = vec![vec![0; other.len() + 1]; one.len() + 1];
    rows[0] = (0..=other.len()).collect();
    for i in 1..=one.len() {
        rows[i][0] = i;
        for j in 1..=other.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
            rows[i][j] = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                rows[i][j] = rows[i][j].min(rows[i - 2][j - 2] + 1);
            }
        }
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::{is_at_least, is_of_release, is_slip};

    #[test]
    fn slips_are_near() {
        assert!(is_slip("Deploymnet", "Deployment") && is_slip("a.opstreelabs.io", "a.opstreelabs.in"));
        assert!(!is_slip("Config", "ConfigMap") && !is_slip("apps", "app") && !is_slip("Pod", "Pod"));
    }

    #[test]
    fn release_is_a_prefix_of_whole_parts() {
        assert!(is_of_release("10.11.6", "10.11"));
        assert!(is_of_release("v1.24.3-eks-1", "1.24"));
        assert!(is_of_release("8.0", "8.0"));
        assert!(!is_of_release("1.240", "1.24"));
        assert!(!is_of_release("8", "8.0"));
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(is_at_least("1.29.6", "1.5.7"));
        assert!(is_at_least("2.6.12", "2.6"));
        assert!(!is_at_least("1.22", "1.29.6"));
    }
}
