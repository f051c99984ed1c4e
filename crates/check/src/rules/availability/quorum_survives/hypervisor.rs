//! The nodes of a cluster of hypervisors, by their votes.

use sehat_platform::inventory::hypervisor::{Quorum, VotingNode};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let quorum = &context.inventory.hypervisor.quorum;
    let outside = quorum.device.as_ref().map_or(0, |device| device.value);
    let own: u32 = quorum.nodes.iter().map(|node| node.votes).sum();
    if quorum.nodes.len() < 2 {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = heaviest(quorum, own + outside).into_iter().collect();
    findings.extend(other_number(quorum, own + outside));
    findings
}

/// The node whose loss leaves no majority. Source: votequorum(5).
fn heaviest(quorum: &Quorum, total: u32) -> Option<Finding> {
    let node: &VotingNode = quorum.nodes.iter().max_by_key(|node| node.votes)?;
    let needed = total / 2 + 1;
    let left = total.saturating_sub(node.votes);
    if left >= needed {
        return None;
    }
    let alone = quorum.two_node.as_ref().is_some_and(|stated| stated.value);
    let count = quorum.nodes.len();
    let finding = if alone {
        Finding::broken(NAME, Severity::Medium, &node.name.value)
            .says("two nodes go on alone by `two_node`, so a cut between them leaves two that both believe in themselves")
            .witness("both may start the same guest on shared storage, unless one has fenced the other")
            .at(quorum.two_node.as_ref().map(|stated| &stated.origin), "goes on alone")
    } else {
        Finding::broken(NAME, Severity::High, &node.name.value)
            .says(format!("of {total} votes on {count} nodes {needed} are needed, and the loss of {} leaves {left}", node.name))
            .witness("without a majority `/etc/pve` is read-only, no guest starts, and high availability fences what is left")
    };
    let finding = finding.repair("add a third node, or a QDevice that votes from outside");
    Some(quorum.nodes.iter().take(3).fold(finding, |finding, node| finding.at(&node.name.origin, "votes")))
}

fn other_number(quorum: &Quorum, total: u32) -> Option<Finding> {
    let stated = quorum.expected_votes.as_ref().filter(|stated| stated.value != total)?;
    Some(
        Finding::broken(NAME, Severity::Medium, "corosync")
            .says(format!("{stated} votes are expected, and the nodes have {total}"))
            .witness("the majority is counted from a number that no cluster of these nodes has")
            .repair("leave `expected_votes` out: the node list says it")
            .at(&stated.origin, "another number"),
    )
}
