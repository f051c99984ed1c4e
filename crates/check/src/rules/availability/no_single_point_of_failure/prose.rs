//! The part over documents in words.

use std::collections::{BTreeMap, BTreeSet};

use sehat_platform::inventory::prose::{Component, Environment, Prose};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, is_managed, own_balancers, promise};

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = balancer(context).into_iter().collect();
    findings.extend(shares(context));
    findings.extend(alone(context));
    findings
}

/// One balancer in front of several servers, in a diagram or by its count.
fn balancer(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let own = own_balancers(prose);
    let several =
        own.iter().any(|(component, _)| component.count.as_ref().is_some_and(|count| count.value > 1));
    if several || prose.says(&["virtual-address"]) {
        return None;
    }
    let single =
        own.iter().find(|(component, _)| component.count.as_ref().is_some_and(|count| count.value == 1));
    let drawn = fan(prose);
    let (component, finding) = match (single, drawn) {
        (Some((component, _)), _) => {
            (Some(*component), Finding::broken(NAME, Severity::Critical, called(prose, component)))
        }
        (None, Some(at)) => {
            let name = prose.statements[at].text.clone();
            (own.first().map(|(component, _)| *component), Finding::broken(NAME, Severity::Critical, name))
        }
        (None, None) => return None,
    };
    let subject = finding.subject.clone();
    let finding = finding
        .says(format!("{subject} stands alone in front of several servers: its loss stops all of them"))
        .witness("every way to the servers leads through it")
        .repair("run two with an address that moves (VRRP), or a provider's balancer")
        .at(component.map(|component| &component.origin), "the balancer");
    Some(finding.at(drawn.map(|at| &prose.statements[at].origin), "the only way in the diagram"))
}

/// The one box of a diagram that balances and that several servers stand behind, which nothing else leads to.
fn fan(prose: &Prose) -> Option<usize> {
    let mut behind: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    let mut before: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for link in &prose.links {
        behind.entry(link.ends.0).or_default().insert(link.ends.1);
        before.entry(link.ends.1).or_default().insert(link.ends.0);
    }
    let balances = |at: &usize| prose.statements.get(*at).is_some_and(|found| found.says("load-balancer"));
    let mut boxes =
        behind.keys().filter(|at| balances(at) && behind[at].len() > 1 && before.contains_key(at));
    let only = boxes.next().copied();
    only.filter(|_| boxes.next().is_none())
}

/// Shares of files of which nothing says who serves them.
fn shares(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let component = prose.components.iter().find(|component| {
        component.kind == "file-share" && !is_managed(component.product) && component.count.is_none()
    })?;
    let block = prose.block(component.statement);
    let is_safe = block.iter().any(|line| {
        line.says_any(&["high-availability", "virtual-address", "failover", "replication", "cluster"])
    });
    if is_safe || !prose.says(&["high-availability", "availability"]) {
        return None;
    }
    let name = called(prose, component);
    Some(
        promise(context, NAME, Severity::Medium, &name)
            .says(format!(
                "nothing says how many servers give the {name} shares, so one may hang every client"
            ))
            .witness(format!("{name} clients with hard mounts wait for a server that is gone"))
            .repair(
                "state servers and failover of the shares, or use a replicated file system or object store",
            )
            .at(&component.origin, "no server is named"),
    )
}

/// One server in production where high availability is promised.
fn alone(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let is_alone = |component: &&Component| {
        let serves = ["database", "cache", "queue", "service"].contains(&component.kind);
        let outside = matches!(component.environment, Some(Environment::Development | Environment::Staging));
        serves
            && !outside
            && !is_managed(component.product)
            && component.count.as_ref().is_some_and(|count| count.value == 1)
    };
    if !prose.says(&["high-availability"]) {
        return Vec::new();
    }
    let all = prose.components.iter().filter(is_alone);
    all.map(|component| {
        let name = called(prose, component);
        Finding::broken(NAME, Severity::High, &name)
            .says(format!("one {name} is stated where high availability is promised"))
            .witness("its loss stops what it serves")
            .repair("run two or more, or say that this part may be away")
            .at(&component.origin, "only one")
    })
    .collect()
}
