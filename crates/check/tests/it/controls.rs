//! Every rule is evidence for a control of every law.

use std::collections::BTreeSet;

use sehat_check::rules;

/// Rules about money support no control of a law.
const WITHOUT: [&str; 3] = ["idle-or-surcharge", "monthly-cost-in-budget", "telemetry-cost"];

#[test]
fn every_rule_supports_a_control_of_every_law() {
    let mut missing = Vec::new();
    for rule in rules::ALL.iter().filter(|rule| !WITHOUT.contains(&rule.name)) {
        let regimes: BTreeSet<&str> =
            sehat_catalog::controls_of(rule.name).map(|(regime, _)| regime.name).collect();
        for law in ["hipaa", "uu-pdp", "permenkes-24-2022", "gdpr", "lgpd"] {
            // A law on records says nothing of transfers.
            if !regimes.contains(law) && rule.name != "data-resident" && rule.name != "regime-controls-mapped"
            {
                missing.push(format!("{} in {law}", rule.name));
            }
        }
    }
    assert!(missing.is_empty(), "crates/catalog/data/regimes.toml lacks {missing:?}");
}
