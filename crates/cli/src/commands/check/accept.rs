//! What a team accepts: waivers, and what was found before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::civil::Date;
use sehat_diagnostic::Diagnostic;
use sehat_verdict::Finding;

use super::{Arguments, Judged};
use crate::exit::Exit;
use crate::input::{Settings, Waiver, read_text};

/// Gives each finding its fingerprint, and marks those of the baseline.
pub fn mark(judged: &mut Judged, arguments: &Arguments, _as_of: Date) -> Result<(), Exit> {
    let known = arguments.baseline.as_deref().map(baseline).transpose()?.unwrap_or_default();
    for found in &mut judged.findings {
        found.is_new = !known.contains(&found.fingerprint);
    }
    Ok(())
}

/// Waives what the settings accept, and tells of waivers that have ended.
pub fn waive(judged: &mut Judged, settings: &Settings, as_of: Date) {
    let mut seen: BTreeMap<(usize, String), usize> = BTreeMap::new();
    for found in &mut judged.findings {
        let text = fingerprint(&found.finding);
        let times = seen.entry((found.root, text.clone())).or_default();
        found.fingerprint = if *times == 0 { text } else { format!("{text}-{times}") };
        *times += 1;
    }
    let ended = settings.waivers.iter().filter(|waiver| waiver.until < as_of);
    judged.diagnostics.extend(ended.map(|waiver| {
        Diagnostic::error("waiver-ended", format!("this waiver of {} ended on {}", waiver.rule, waiver.until))
            .at(&waiver.origin, "")
            .help("mend the finding, or give the waiver a new last day")
    }));
    for found in judged.findings.iter_mut().filter(|found| found.finding.waived.is_none()) {
        let holds =
            |waiver: &&Waiver| waiver.until >= as_of && accepts(waiver, &found.finding, &found.fingerprint);
        found.finding.waived = settings.waivers.iter().find(holds).map(|waiver| sehat_verdict::Waiver {
            reason: waiver.reason.clone(),
            until: Some(waiver.until.to_string()),
        });
    }
}

fn accepts(waiver: &Waiver, finding: &Finding, fingerprint: &str) -> bool {
    let path_matches =
        |pattern: &String| finding.places.iter().any(|(origin, _)| matches(pattern, &origin.path));
    waiver.rule == finding.rule
        && waiver.subject.as_ref().is_none_or(|pattern| matches(pattern, &finding.subject))
        && waiver.path.as_ref().is_none_or(path_matches)
        && waiver.fingerprint.as_ref().is_none_or(|known| known == fingerprint)
}

/// `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// The same for the same fault, wherever its lines and its file move (FNV-1a, 64 bits).
fn fingerprint(finding: &Finding) -> String {
    let text = format!("{}\0{}\0{}", finding.rule, finding.subject, without_places(&finding.witness));
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// Leaves out words such as `base/cart.yaml:12:3`.
fn without_places(text: &str) -> String {
    let is_place = |word: &&str| {
        word.trim_matches(|c: char| !c.is_alphanumeric())
            .rsplit(':')
            .take(2)
            .filter(|part| part.parse::<u32>().is_ok())
            .count()
            > 0
            && word.contains('.')
    };
    text.split_whitespace().filter(|word| !is_place(word)).collect::<Vec<_>>().join(" ")
}

/// Reads the fingerprints of an earlier run.
fn baseline(path: &Path) -> Result<BTreeSet<String>, Exit> {
    let help = "write one with `sehat check … --format json`";
    let refused = |why: &str| Exit::bad_input(format!("{}: {why}\n  = help: {help}", path.display()));
    let text = read_text(path).map_err(|why| refused(&why))?;
    let value: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| refused(&error.to_string()))?;
    let findings = value["findings"].as_array().filter(|_| value["schema"] == "sehat-check/1");
    let findings = findings.ok_or_else(|| refused("this is no output of sehat check"))?;
    Ok(findings.iter().filter_map(|finding| Some(finding["fingerprint"].as_str()?.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(matches("Deployment shop/*", "Deployment shop/cart"));
        assert!(matches("*cart*", "Deployment shop/cart-v2"));
        assert!(!matches("Deployment shop/*", "Deployment other/cart"));
        assert!(!matches("*.yml", "base/cart.yaml"));
    }
}
