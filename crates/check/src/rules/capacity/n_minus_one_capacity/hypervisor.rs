//! Memory of guests, against what nodes have. The files do not say that, so the user may.

use std::collections::BTreeMap;

use sehat_platform::Bytes;
use sehat_platform::inventory::hypervisor::Guest;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

/// What a user answers: the memory of each node.
const ANSWER: &str = "node-memory";

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let hypervisor = &context.inventory.hypervisor;
    let mut by_node: BTreeMap<&str, u64> = BTreeMap::new();
    for node in &hypervisor.quorum.nodes {
        by_node.entry(&node.name.value).or_default();
    }
    let guests: Vec<&Guest> = hypervisor.guests.iter().filter(|guest| !guest.is_template).collect();
    for guest in &guests {
        *by_node.entry(&guest.node).or_default() += guest.memory.as_ref().map_or(0, |memory| memory.value.0);
    }
    if by_node.len() < 2 || guests.is_empty() {
        return Vec::new();
    }
    let asked: u64 = by_node.values().sum();
    let answer = context.inventory.answers.get(ANSWER).and_then(|answer| answer.value.parse::<Bytes>().ok());
    let nodes = by_node.len() as u64;
    match answer {
        Some(memory) if asked <= memory.0.saturating_mul(nodes - 1) => Vec::new(),
        Some(memory) => vec![too_much(&guests, asked, nodes, memory)],
        None => vec![unknown(&guests, asked, nodes)],
    }
}

fn too_much(guests: &[&Guest], asked: u64, nodes: u64, memory: Bytes) -> Finding {
    let finding = Finding::broken(NAME, Severity::High, "nodes")
        .says(format!(
            "{} guests ask for {} of memory, and {} nodes of {memory} have {}",
            guests.len(),
            Bytes(asked),
            nodes - 1,
            Bytes(memory.0.saturating_mul(nodes - 1))
        ))
        .witness("after the loss of one node not all guests can be started")
        .repair("add memory or a node, or name the guests that may stay off");
    places(finding, guests)
}

fn unknown(guests: &[&Guest], asked: u64, nodes: u64) -> Finding {
    let least = Bytes(asked.div_ceil(nodes - 1));
    let finding = Finding::unknown(NAME, Severity::Medium, "nodes")
        .says("whether the other nodes can hold every guest when one is lost is not known")
        .witness(format!(
            "the guests ask for {} of memory, which is {least} on each of the other nodes",
            Bytes(asked)
        ))
        .repair("say how much memory each node has")
        .asks(format!("{ANSWER}: 128Gi"));
    places(finding, guests)
}

/// The largest ones.
fn places(finding: Finding, guests: &[&Guest]) -> Finding {
    let mut sized: Vec<_> = guests.iter().filter_map(|guest| guest.memory.as_ref()).collect();
    sized.sort_by_key(|memory| std::cmp::Reverse(memory.value));
    sized.into_iter().take(3).fold(finding, |finding, memory| finding.at(&memory.origin, "asks for so much"))
}
