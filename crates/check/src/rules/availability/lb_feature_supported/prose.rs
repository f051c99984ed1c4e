//! The part over documents in words.

use sehat_catalog::{self as catalog, Feature};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, own_balancers, promise};

/// A health check with a path is one that the balancer sends by itself.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let mut findings: Vec<Finding> = Vec::new();
    for (component, _) in own_balancers(prose) {
        let version = component.version.as_ref().map(|version| version.value.as_str());
        let lacks = catalog::balancer(component.product)
            .filter(|row| row.supports(Feature::ActiveHealthChecks, version) == Some(false));
        let (Some(row), true) = (lacks, findings.is_empty()) else { continue };
        if prose.says(&["passive-check"]) {
            continue;
        }
        let sends: Vec<_> = prose
            .saying(&["health-check"])
            .filter(|(at, line)| line.value().starts_with('/') && prose.is_about(*at, &["load-balancer"]))
            .collect();
        let claim = prose.block(component.statement).iter().find(|line| line.says("health-check"));
        let name = called(prose, component);
        let finding = match (sends.is_empty(), claim) {
            (true, None) => continue,
            (true, Some(_)) => promise(context, NAME, Severity::High, &name),
            (false, _) => Finding::broken(NAME, Severity::High, &name),
        };
        let mut finding = finding
            .says(format!("{name} is to check its servers' health, and open-source {name} only notices failed requests"))
            .witness(row.source)
            .repair("take a balancer that sends checks, such as HAProxy, or state passive checks and their limits");
        finding = finding.at(claim.map(|line| &line.origin), "health checks are promised here");
        for (_, line) in sends {
            finding = finding.at(&line.origin, "a path to ask for");
        }
        findings.push(finding.at(&component.origin, "the balancer"));
    }
    findings
}
