//! What a workload may exchange with addresses outside, range by range.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use sehat_platform::Cidr;
use sehat_platform::inventory::network::PeerKind;

use super::Cluster;
use super::end::{End, Meets};
use super::judge::Judge;
use super::pods::number;
use super::policies::Way;
use super::space::{self, Span};

/// Addresses of IPv4 over which nothing changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    pub first: Ipv4Addr,
    pub last: Ipv4Addr,
    pub ports: Vec<sehat_platform::Ports>,
}

impl Cluster<'_> {
    /// Returns the addresses outside that a workload surely may reach, or that surely may reach it, in order.
    pub fn outside(&self, workload: usize, way: Way) -> Vec<Interval> {
        let starts = self.starts(workload, way);
        let ends = starts.iter().skip(1).map(|next| next - 1).chain([u32::MAX]);
        let mut found: Vec<(u32, u32, Vec<Span>)> = Vec::new();
        for (first, last) in starts.iter().copied().zip(ends) {
            let spans = self.allowed_outside(workload, way, IpAddr::V4(first.into()));
            match found.last_mut() {
                Some(before) if before.2 == spans => before.1 = last,
                _ => found.push((first, last, spans)),
            }
        }
        let open = found.into_iter().filter(|(_, _, spans)| !spans.is_empty());
        open.map(|(first, last, spans)| Interval {
            first: first.into(),
            last: last.into(),
            ports: spans.into_iter().map(space::ports).collect(),
        })
        .collect()
    }

    fn allowed_outside(&self, workload: usize, way: Way, address: IpAddr) -> Vec<Span> {
        let server = if way == Way::Out { None } else { Some(&self.pods.workloads[workload].pod) };
        let end = End::Address(address);
        let mut judge = Judge::default();
        judge.ask(
            &self.policies,
            (self.policies.governing(number(workload), way), way),
            server,
            |_, rule| {
                let denies = rule.action() == sehat_platform::inventory::network::RuleAction::Deny;
                match self.meets(rule, &end) {
                    Meets::Yes => true,
                    Meets::Maybe => denies && !knows_only_nodes(rule.stated),
                    Meets::No => false,
                }
            },
        );
        let mut spans: Vec<Span> =
            judge.said.iter().filter(|said| said.allowed).map(|said| said.span).collect();
        spans.sort_unstable();
        join_within_protocol(&mut spans);
        spans
    }

    /// Returns the first addresses of the ranges over which no answer can change.
    fn starts(&self, workload: usize, way: Way) -> BTreeSet<u32> {
        let governing = self.policies.governing(number(workload), way).iter();
        let rules = governing.flat_map(|policy| self.policies.rules_of(*policy, way));
        let peers = rules.flat_map(|rule| self.policies.rules[rule as usize].stated.peers.iter().flatten());
        let ranges = peers.flat_map(|peer| match &peer.kind {
            PeerKind::Block { cidr, except } => std::iter::once(cidr).chain(except).collect::<Vec<_>>(),
            _ => Vec::new(),
        });
        ranges.flat_map(bounds).chain([0]).collect()
    }
}

/// Nodes are a few addresses among many, so that a rule about them closes no range.
fn knows_only_nodes(rule: &sehat_platform::inventory::network::PolicyRule) -> bool {
    rule.peers.iter().flatten().all(|peer| !matches!(peer.kind, PeerKind::Unknown(_)))
}

fn bounds(range: &Cidr) -> impl Iterator<Item = u32> + use<> {
    let (first, last) = match (range.network(), range.broadcast()) {
        (IpAddr::V4(first), IpAddr::V4(last)) => (Some(u32::from(first)), u32::from(last).checked_add(1)),
        _ => (None, None),
    };
    first.into_iter().chain(last)
}

/// Spans of different protocols never touch, because no port is 0.
fn join_within_protocol(spans: &mut Vec<Span>) {
    space::join(spans);
}
