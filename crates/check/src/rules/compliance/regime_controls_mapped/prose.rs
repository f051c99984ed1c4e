//! The part over documents in words.

use sehat_catalog as catalog;
use sehat_platform::inventory::prose::Statement;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::promise;
use crate::rules::compliance::countries;

/// Regimes that documents name, with the country whose law they are.
const REGIMES: [(&str, &str, &str); 6] = [
    ("hipaa", "US", "HIPAA"),
    ("gdpr", "EU", "GDPR"),
    ("lgpd", "BR", "LGPD"),
    ("uu-pdp", "ID", "UU PDP 27/2022"),
    ("permenkes", "ID", "Permenkes 24/2022"),
    ("soc2", "", "SOC 2"),
];

/// Regimes are named, and not the law of the country in which the platform stands.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let named: Vec<_> = REGIMES.iter().filter(|(term, ..)| prose.says(&[term])).collect();
    let claim = prose.statements.iter().find(|line| REGIMES.iter().any(|(term, ..)| line.says(term)));
    let Some(claim) = claim else { return Vec::new() };
    let missing = |country: &str| -> Option<Vec<&str>> {
        let fits = |term: &str| term != "permenkes" || prose.says(&["health"]);
        let own: Vec<&str> = REGIMES
            .iter()
            .filter(|(term, of, _)| *of == country && fits(term))
            .map(|(_, _, name)| *name)
            .collect();
        let is_named = named.iter().any(|(_, of, _)| *of == country);
        (!own.is_empty() && !is_named && catalog::regimes_of(country).next().is_some()).then_some(own)
    };
    let places = countries(prose);
    let found = places.iter().find_map(|(country, line)| Some((*line, missing(country)?)));
    found.map(|(line, own)| finding(context, claim, line, &own)).into_iter().collect()
}

fn finding(context: &Context<'_>, claim: &Statement, line: &Statement, own: &[&str]) -> Finding {
    promise(context, NAME, Severity::High, "regimes")
        .says(format!("regimes are named, and not the law of the place where it runs: {}", own.join(", ")))
        .witness("a control is shown only for regimes that are named")
        .repair("name the law that applies, and which part keeps each of its controls")
        .at(&claim.origin, "regimes here")
        .at(&line.origin, "the place here")
        .asks("jurisdictions: [ID]")
}
