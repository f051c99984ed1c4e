//! The part over documents in words.

use std::collections::BTreeSet;

use sehat_catalog::{self as catalog, Retention};
use sehat_platform::inventory::prose::{Prose, Statement, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{promise, seconds};

/// The longest time that is stated for anything, against the longest that the law asks of records.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    if !prose.says(&["health", "hipaa"]) {
        return Vec::new();
    }
    let laws = countries(prose)
        .into_iter()
        .filter_map(|(country, line)| Some((catalog::retention(country, "phi")?, line)));
    let Some((law, line)) = laws.max_by_key(|(law, _)| law.months_min) else { return Vec::new() };
    let asked = f64::from(law.months_min) / 12.0 * 31_536_000.0;
    let longest = longest(prose);
    let Some((keeps, kept)) = longest.filter(|(_, kept)| *kept < asked) else { return Vec::new() };
    vec![finding(context, law, line, keeps, kept)]
}

fn finding(
    context: &Context<'_>,
    law: &Retention,
    line: &Statement,
    keeps: &Statement,
    kept: f64,
) -> Finding {
    promise(context, NAME, Severity::High, "records")
        .says(format!(
            "{} asks that patient records are kept {} years, and nothing is stated to be kept longer than {}",
            law.article,
            law.months_min / 12,
            seconds(kept)
        ))
        .witness(format!("counted from {}; {}", law.counted_from, law.source))
        .repair("state a retention for each class of data, and what keeps it that long")
        .at(&keeps.origin, "the longest that is stated")
        .at(&line.origin, "why this law applies")
        .asks("data: { records: { class: phi, retain: 25y } }")
}

/// Countries whose law applies, each with the line that says so.
pub fn countries(prose: &Prose) -> Vec<(&'static str, &Statement)> {
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for line in &prose.statements {
        let ends =
            |suffix: &str| line.text.split([' ', '/', ')', ',', '`', '"']).any(|word| word.ends_with(suffix));
        let signs = [
            ("ID", line.says_any(&["indonesia", "uu-pdp", "permenkes"]) || ends(".co.id") || ends(".go.id")),
            ("BR", line.says_any(&["brazil", "lgpd"]) || ends(".com.br") || ends(".gov.br")),
            ("US", line.says("hipaa")),
        ];
        for (country, _) in signs.into_iter().filter(|(_, says)| *says) {
            if known.insert(country) {
                found.push((country, line));
            }
        }
    }
    found
}

fn longest(prose: &Prose) -> Option<(&Statement, f64)> {
    let about = |line: &Statement| line.says_any(&["retention", "archive"]);
    let times = prose.statements.iter().filter(|line| about(line)).flat_map(|line| {
        line.figures
            .iter()
            .filter(|figure| figure.unit == Unit::Seconds)
            .map(move |figure| (line, figure.high))
    });
    times.max_by(|one, other| one.1.total_cmp(&other.1))
}
