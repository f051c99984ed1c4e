//! The part over documents in words.

use sehat_platform::inventory::prose::{Figure, Prose, Statement, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::rounded;

/// An error rate at which nobody is told yet, and an availability that it does not leave.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let availability = share(prose, "availability").filter(|(_, figure)| figure.low > 90.0);
    let errors = share(prose, "error-rate").filter(|(_, figure)| figure.high < 50.0);
    let (Some((promise, share)), Some((alarm, rate))) = (availability, errors) else { return Vec::new() };
    let allowed = 100.0 - share.low;
    if rate.low <= allowed + 1e-9 {
        return Vec::new();
    }
    let days = 30.0 * allowed / rate.low;
    vec![
        Finding::broken(NAME, Severity::High, "error rate")
            .says(format!(
                "an alarm at {} % errors, and {} % availability allows {} %",
                rate.low,
                share.low,
                two(allowed)
            ))
            .witness(format!(
                "errors just below the alarm use up the budget of 30 days in {} days, and nobody is told",
                rounded(days)
            ))
            .repair(format!(
                "alert on how fast the budget burns: 14.4 and 6 times {} % over short and long windows",
                two(allowed)
            ))
            .at(&alarm.place_of(rate), "silent below")
            .at(&promise.place_of(share), "promised here"),
    ]
}

fn share<'a>(prose: &'a Prose, term: &str) -> Option<(&'a Statement, &'a Figure)> {
    prose
        .statements
        .iter()
        .find_map(|line| Some((line, line.says(term).then(|| line.figure(Unit::Percent))??)))
}

fn two(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
