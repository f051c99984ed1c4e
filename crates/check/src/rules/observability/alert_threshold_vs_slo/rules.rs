//! Thresholds of alerting rules that divide failed requests by all, held against the promise of a document beside them.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::prose::{Statement, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;

pub fn judge(inventory: &Inventory) -> Option<Finding> {
    let (promised, promise) = promised(inventory)?;
    let budget = 100.0 - promised;
    let rules = inventory.watch.rules.iter();
    let thresholds: Vec<(f64, &Origin)> =
        rules.filter_map(|rule| Some((threshold(&rule.expr)?, &rule.expr.origin))).collect();
    // A rule that burns fast is lax by itself and has a strict one beside it.
    if thresholds.iter().any(|(share, _)| *share <= budget + 1e-9) {
        return None;
    }
    let (share, origin) = thresholds.first()?;
    Some(finding(promised, promise, *share, budget, origin))
}

fn names(statement: &Statement, words: &[&str]) -> bool {
    let text = statement.text.to_lowercase().replace(['_', '-'], " ");
    words.iter().any(|word| text.contains(word))
}

/// The highest availability that a document promises.
fn promised(inventory: &Inventory) -> Option<(f64, &Origin)> {
    let words = ["availability", "uptime", "ketersediaan", "disponibilidade"];
    let statements = inventory.prose.statements.iter().filter(|statement| names(statement, &words));
    let found = statements.flat_map(|statement| {
        let shares = statement.figures.iter().filter(|figure| figure.unit == Unit::Percent);
        shares.map(move |figure| (figure.low, &statement.origin))
    });
    found.filter(|(share, _)| (90.0..100.0).contains(share)).max_by(|a, b| a.0.total_cmp(&b.0))
}

/// Percent that an expression allows: `sum(rate(x{status=~"5.."}[5m])) / sum(rate(x[5m])) > 0.05`.
fn threshold(expr: &str) -> Option<f64> {
    let plain: String = expr.chars().filter(|c| !c.is_whitespace()).collect();
    let of_failures =
        plain.contains("=~\"5") || plain.contains("=\"error\"") || plain.contains("_errors_total");
    if !of_failures || !plain.contains('/') {
        return None;
    }
    let (left, right) = plain.rsplit_once('>')?;
    let number: String = right.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let value: f64 = number.parse().ok()?;
    // A factor of a burn rate follows the number.
    let is_whole = right.len() == number.len();
    let percent = if left.contains("*100") { value } else { value * 100.0 };
    (is_whole && percent > 0.0 && percent < 100.0).then_some(percent)
}

fn finding(promised: f64, promise: &Origin, share: f64, budget: f64, origin: &Origin) -> Finding {
    let budget = (budget * 1e6).round() / 1e6;
    let steady = share * 0.9;
    let days = 30.0 * budget / steady;
    Finding::broken(NAME, Severity::High, "error rate")
        .says(format!(
            "the alert comes at {share} % of errors, and {promised} % of availability allows {budget} %"
        ))
        .witness(format!(
            "a steady {steady:.2} % alarms nobody, and uses up the budget of 30 days in {days:.1} days"
        ))
        .repair("alert on the rate at which the budget burns: 14.4 times within an hour, 6 times within six")
        .at(origin, "the alert")
        .at(promise, "the promise")
}
