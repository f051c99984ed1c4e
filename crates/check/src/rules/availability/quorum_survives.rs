//! Proves that each quorum system has three voters or more and keeps its majority when it loses
//! any one instance, node or zone.
//!
//! Voters are the members themselves, or the component that votes for them (Sentinels, etcd).
//! More than half of all voters must be left. A system with one voter has no quorum to keep; it
//! is a matter of `no-single-point-of-failure`.
//!
//! Judged where an availability or a failover is promised; in a document that promises neither,
//! in production. The only zone of a platform is not counted as a loss.
//!
//! Of workloads: a StatefulSet of a product that votes with two members, or with an even number of them,
//! told by its image.
//!
//! Unknown: a quorum system of which nothing says how many members it has.
//!
//! Source: the products' own manuals, as the catalog's `topology/` entries cite them.

mod hypervisor;

use sehat_analysis::survival::{self, Element, Group, Survival};
use sehat_catalog as catalog;
use sehat_platform::component::Component;
use sehat_platform::{Name, Platform};
use sehat_verdict::{Finding, Severity};

use super::quorum_of_workloads;
use crate::{Context, Outcome, Rule, promise};

pub(super) const NAME: &str = "quorum-survives";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Each quorum system has three voters or more and keeps its majority after one failure-domain loss.",
    severity: Severity::High,
    hygiene: false,
    source: "catalog topology entries: Galera, MongoDB, Redis Sentinel, etcd, RabbitMQ, Kafka manuals",
    file: include_str!("quorum_survives.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let mut outcome = of_document(context);
    outcome.findings.extend(hypervisor::judge(context));
    outcome
}

fn of_document(context: &Context<'_>) -> Outcome {
    let platform = context.platform;
    let mut findings = quorum_of_workloads::findings(context);
    if promise::asks_for_survival(context) {
        findings.extend(
            platform
                .components
                .iter()
                .filter(|(_, component)| survival::has_quorum(component, survival::topology_entry(component)))
                .filter_map(|(name, component)| judge_quorum(platform, name, component)),
        );
    }
    findings.into()
}

fn judge_quorum(platform: &Platform, name: &Name, component: &Component) -> Option<Finding> {
    let (voters, voting) = survival::voters_elsewhere(platform, name, component).unwrap_or((name, component));
    if voting.managed.is_some()
        || voting.external.get() == Some(&true)
        || needs_all(component, platform, name)
    {
        return None;
    }
    let survival = survival::of_components(platform, [voters]);
    let Some(group) = survival.groups.first() else { return without_members(voters, voting) };
    match group.members.len() {
        0 | 1 => None,
        2 => Some(two_voters(voters, voting)),
        _ => domain_with_majority(platform, &survival, group)
            .map(|element| lost_majority(voters, voting, group, element)),
    }
}

/// A cluster of nodes has a number and no instances of its own.
fn without_members(name: &Name, component: &Component) -> Option<Finding> {
    match component.replicas.get() {
        Some(stated) if stated.min == 2 => Some(two_voters(name, component)),
        Some(_) => None,
        None => Some(uncounted(name, component)),
    }
}

/// Too few members for the topology to lose one: that is no question of votes.
fn needs_all(component: &Component, platform: &Platform, name: &str) -> bool {
    let least = survival::topology_entry(component).filter(|row| row.voters == catalog::Voters::Primaries);
    let count = platform.instances_of(name).count();
    least.and_then(|row| row.members_min_for_one_loss).is_some_and(|least| count < least as usize)
}

fn domain_with_majority<'a>(
    platform: &Platform,
    survival: &'a Survival,
    group: &Group,
) -> Option<&'a Element> {
    let several_zones = survival::zones_in_use(platform).len() > 1;
    survival.elements.iter().zip(0..).find_map(|(element, index)| {
        let counts = match element {
            Element::Machine(_) | Element::Node(_) => true,
            Element::Zone(_) => several_zones,
            _ => false,
        };
        (counts && group.alive(&[index]) <= group.members.len() / 2).then_some(element)
    })
}

fn uncounted(name: &Name, component: &Component) -> Finding {
    Finding::unknown(NAME, Severity::Medium, name)
        .says(format!("nothing says how many members of `{name}` vote"))
        .witness("with fewer than three the loss of one ends the majority")
        .repair("state `replicas: 3`")
        .at(component.topology.origin().unwrap_or(&component.meta.origin), "a quorum is stated here")
}

fn two_voters(name: &Name, component: &Component) -> Finding {
    Finding::broken(NAME, Severity::High, name)
        .says(format!("`{name}` has two voters, and a majority of two is two"))
        .witness("either one's loss stops the other")
        .repair("add a third voter, or one that only votes")
        .at(component.replicas.origin().unwrap_or(&component.meta.origin), "two voters here")
}

fn lost_majority(name: &Name, component: &Component, group: &Group, element: &Element) -> Finding {
    let count = group.members.len();
    Finding::broken(NAME, Severity::High, name)
        .says(format!(
            "{element} holds so many of the {count} voters of `{name}` that no majority outlives it"
        ))
        .witness(format!("{} must be left of {count}", count / 2 + 1))
        .repair("spread the voters over three nodes in three zones, or add a voter in a third zone")
        .at(component.on.first().and_then(|on| on.origin()), "placed here")
        .at(component.replicas.origin().unwrap_or(&component.meta.origin), "so many voters")
}
