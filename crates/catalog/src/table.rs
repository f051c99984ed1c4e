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

#[cfg(test)]
mod tests {
    use super::{is_at_least, is_of_release};

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
