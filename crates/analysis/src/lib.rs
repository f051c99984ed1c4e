//! What follows from a platform: survival, availability, capacity, outage bounds. Knows no promise.

pub mod availability;
pub mod capacity;
pub mod outage;
pub mod path;
pub mod recovery;
pub mod spot;
pub mod survival;

/// Returns `a`, `b` and `c` as one reads them, each in backticks.
pub fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// Returns the word for one thing, or that for several.
pub const fn one_or_many<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}
