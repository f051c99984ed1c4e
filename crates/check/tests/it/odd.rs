//! Odd values anywhere in the five platforms: whatever is still a good document is judged, without a panic.

use std::collections::BTreeSet;

use sehat_check::Report;

use crate::support::{as_of, read_with};
use crate::tree::Dice;

const PLATFORMS: [&str; 5] =
    ["claims-askes", "health-infraops", "hospital-management", "smile", "zarish-his"];
const ODD: [&str; 20] = [
    "0",
    "-1",
    "99999999999999999999",
    "null",
    "true",
    "[]",
    "{}",
    "''",
    "1e308",
    "0s",
    "0/s",
    "100%",
    "0%",
    "1..",
    "0..0",
    "5..2",
    "99999y",
    "0B",
    "\"0 0 30 2 *\"",
    "[nowhere]",
];
const SEEDS: u64 = 150;

/// Replaces a word, a number or a value, or takes a line away.
fn spoilt(text: &str, dice: &mut Dice) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = dice.below(lines.len());
    let odd = ODD[dice.below(ODD.len())];
    let line = lines[at].clone();
    match dice.below(4) {
        0 => drop(lines.remove(at)),
        1 => {
            let words: Vec<&str> = line.split(' ').collect();
            let word = words[dice.below(words.len())];
            lines[at] = line.replacen(word, odd, usize::from(!word.is_empty()));
        }
        2 => lines[at] = line.split_once(':').map_or(line.clone(), |(key, _)| format!("{key}: {odd}")),
        _ => {
            let start = line.find(|c: char| c.is_ascii_digit()).unwrap_or(line.len());
            let digits = line[start..].chars().take_while(char::is_ascii_digit).count();
            lines[at].replace_range(
                start..start + digits,
                ["0", "1", "255", "65536", "99999999999"][dice.below(5)],
            );
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn odd_values_are_judged_or_refused() {
    let mut judged = 0;
    for seed in 0..SEEDS {
        let mut dice = Dice::new(seed, "odd");
        let platform = PLATFORMS[dice.below(PLATFORMS.len())];
        let file = dice.below(3);
        let mut number = 0..;
        let counter = std::cell::RefCell::new(&mut number);
        let dice = std::cell::RefCell::new(dice);
        let document = read_with(platform, |_, text| {
            let here = counter.borrow_mut().next() == Some(file);
            if here { spoilt(text, &mut dice.borrow_mut()) } else { text.to_owned() }
        });
        if document.is_good() {
            judged += 1;
            holds(&sehat_check::check(&document.environments, as_of()), &format!("{platform}, seed {seed}"));
        }
    }
    assert!(judged > 20, "only {judged} documents of {SEEDS} were good");
}

/// What every report holds.
fn holds(report: &Report, whose: &str) {
    let mut seen = BTreeSet::new();
    for entry in &report.verdicts {
        let key = (&entry.environment, &entry.objective, &entry.subject);
        assert!(seen.insert(key), "{whose}: {key:?} stands twice");
        let texts = [&entry.promised, &entry.predicted].into_iter().flatten();
        texts.chain(&entry.because).for_each(|text| is_plain(text, whose));
    }
    for finding in &report.findings {
        assert!(!finding.places.is_empty(), "{whose}: {finding:#?}");
        assert!(
            finding.places.iter().all(|(origin, _)| origin.line > 0 && origin.column > 0),
            "{whose}: {finding:#?}"
        );
        assert!(finding.count > 0 && !finding.subject.is_empty(), "{whose}: {finding:#?}");
        for text in [&finding.message, &finding.witness, &finding.repair] {
            is_plain(text, whose);
        }
    }
}

/// A sentence for a person: no number that is none, no name of ours, no gap.
fn is_plain(text: &str, whose: &str) {
    let bad = ["NaN", "inf ", "Some(", "None", "``", "  ", "18446744073709551615"];
    assert!(!text.is_empty() && !bad.iter().any(|bad| text.contains(bad)), "{whose}: {text}");
}
