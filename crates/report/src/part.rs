//! Small pieces that every section uses.

use std::collections::BTreeSet;

use maud::{Markup, html};
use sehat_verdict::Verdict;

use crate::words;

/// A verdict as a sign and a word, so that it does not hang on its colour.
pub fn verdict(verdict: Verdict) -> Markup {
    let name = words::verdict(verdict);
    html! { span class={ "verdict " (name) } { (sign(verdict)) (name) } }
}

/// The sign alone, read aloud as the word.
pub fn sign(verdict: Verdict) -> Markup {
    let name = words::verdict(verdict);
    html! {
        svg class={ "sign " (name) } viewBox="0 0 12 12" role="img" aria-label=(name) {
            @match verdict {
                Verdict::Kept => {
                    circle cx="6" cy="6" r="5.5" class="ground" {}
                    path d="M3.4 6.2 5.3 8.1 8.7 4.2" class="stroke" {}
                }
                Verdict::Broken => {
                    rect x="0.5" y="0.5" width="11" height="11" rx="1.5" class="ground" {}
                    path d="M3.8 3.8 8.2 8.2M8.2 3.8 3.8 8.2" class="stroke" {}
                }
                Verdict::Unknown => {
                    circle cx="6" cy="6" r="5" class="ring" {}
                    path d="M4.4 4.8a1.6 1.6 0 1 1 2.3 1.4c-.5.3-.7.5-.7 1M6 8.7v.1" class="stroke dark" {}
                }
            }
        }
    }
}

/// The number of a record, which leads to the list of records.
pub fn record(number: u64) -> Markup {
    html! { a class="record" href={ "#record-" (number) } { "#" (number) } }
}

/// Several records; neighbours are written as a range.
pub fn records(numbers: impl IntoIterator<Item = u64>) -> Markup {
    let numbers: BTreeSet<u64> = numbers.into_iter().collect();
    html! {
        @for (index, (first, last)) in ranges(&numbers).into_iter().enumerate() {
            @if index > 0 { " " }
            @if first == last { (record(first)) } @else {
                span class="range" { (record(first)) "–" (record(last)) }
            }
        }
    }
}

fn ranges(numbers: &BTreeSet<u64>) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    ranges
}

/// A section with its number; `id` is what the contents point to.
pub fn section(id: &str, title: &str, body: &Markup) -> Markup {
    html! { section id=(id) { h2 { (title) } (body) } }
}

/// Text in which backticks mark names, as in every message of Sehat.
pub fn text(text: &str) -> Markup {
    // An odd backtick marks nothing.
    let marks = text.matches('`').count() / 2 * 2;
    html! {
        @for (index, part) in text.splitn(marks + 1, '`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Objectives that are abbreviations are written as such.
pub fn objective(name: &str) -> &str {
    match name {
        "rpo" => "RPO",
        "rto" => "RTO",
        _ => name,
    }
}

/// Stands where a section has nothing to show, and says how to fill it.
pub fn nothing(text: &str) -> Markup {
    html! { p class="nothing" { (text) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_mark_names() {
        assert_eq!(text("`a<b` is `c").into_string(), "<code>a&lt;b</code> is `c");
        assert_eq!(text("plain").into_string(), "plain");
    }

    #[test]
    fn neighbouring_records_become_a_range() {
        assert_eq!(ranges(&BTreeSet::from([1, 2, 3, 7, 9, 10])), [(1, 3), (7, 7), (9, 10)]);
    }
}
