//! Policies in the order in which they are judged, with the pods that each rule means.

use std::hash::Hasher;

use sehat_platform::inventory::network::{
    PeerKind, Policy, PolicyPorts, PolicyRule, RuleAction, Subject, Tier,
};
use sehat_platform::inventory::workload::Pod;
use sehat_platform::inventory::{Inventory, Selector};

use super::hash::Fast;
use super::pods::{Pods, number};
use super::sets::{Finder, Set, Sets};
use super::space::{self, Span};

/// A rule that was read, with its sets.
pub(crate) struct Rule<'a> {
    pub stated: &'a PolicyRule,
    pub policy: u32,
    /// Into `Policies::peers`; every peer where the rule names none.
    peers: (u32, u32),
    pub every_peer: bool,
    /// Into `Policies::spans`; every port where the rule names none.
    spans: (u32, u32),
    pub every_port: bool,
    pub names_ports: bool,
    /// A number for its place that is the same in every run.
    pub hash: u64,
}

/// One direction of one policy.
#[derive(Clone, Copy, Default)]
struct Half {
    governs: bool,
    rules: (u32, u32),
}

pub(crate) struct Judged<'a> {
    pub stated: &'a Policy,
    pub subject: Set,
    halves: [Half; 2],
    /// A number for its place that is the same in every run.
    pub hash: u64,
}

/// The way out of a client, or the way into a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Out,
    In,
}

/// All policies of an inventory.
#[derive(Default)]
pub(crate) struct Policies<'a> {
    pub all: Vec<Judged<'a>>,
    pub rules: Vec<Rule<'a>>,
    peers: Vec<Set>,
    spans: Vec<Span>,
    pub sets: Sets,
    /// By direction and workload: which policies govern it, in the order of judging.
    governing: [Lists; 2],
}

/// Lists of numbers, one after the other.
#[derive(Default)]
struct Lists {
    starts: Vec<u32>,
    items: Vec<u32>,
}

/// Below this many policies a second core does not pay.
const CHUNK_MIN: usize = 1024;

impl<'a> Policies<'a> {
    pub fn new(inventory: &'a Inventory, pods: &Pods<'a>) -> Self {
        let mut stated: Vec<&Policy> = inventory.network.policies.iter().collect();
        stated.sort_by_key(|policy| policy.tier);
        let mut policies = in_parts(&stated, pods);
        policies.governing = [Way::Out, Way::In].map(|way| policies.lists(pods.len(), way));
        policies
    }

    /// Returns the policies that govern a workload in a direction, in the order of judging.
    pub fn governing(&self, workload: u32, way: Way) -> &[u32] {
        let lists = &self.governing[way as usize];
        let at = workload as usize;
        &lists.items[lists.starts[at] as usize..lists.starts[at + 1] as usize]
    }

    pub fn governs(&self, policy: u32, way: Way) -> bool {
        self.all[policy as usize].halves[way as usize].governs
    }

    /// Returns the numbers of a policy's rules.
    pub fn rules_of(&self, policy: u32, way: Way) -> std::ops::Range<u32> {
        let (start, end) = self.all[policy as usize].halves[way as usize].rules;
        start..end
    }

    pub fn peers(&self, rule: &Rule<'a>) -> &[Set] {
        &self.peers[rule.peers.0 as usize..rule.peers.1 as usize]
    }

    /// Returns whether the rule means this workload as a peer.
    pub fn means(&self, rule: &Rule<'a>, workload: u32) -> bool {
        rule.every_peer || self.peers(rule).iter().any(|set| self.sets.holds(*set, workload))
    }

    /// Returns the ports that the rule opens, or closes, at a server.
    pub fn spans<'s>(
        &'s self,
        rule: &'s Rule<'a>,
        server: Option<&'s Pod>,
    ) -> impl Iterator<Item = Span> + 's {
        let all = rule.every_port.then_some(&space::ALL).into_iter().flatten();
        let fixed = &self.spans[rule.spans.0 as usize..rule.spans.1 as usize];
        let named = server.filter(|_| rule.names_ports).into_iter().flat_map(|pod| named(rule.stated, pod));
        all.chain(fixed).copied().chain(named)
    }

    fn add(&mut self, policy: &'a Policy, finder: &mut Finder<'_, 'a>) {
        let at = number(self.all.len());
        let namespace = policy.object.id.namespace.as_str();
        let subject = finder.subject(namespace, &policy.subject);
        let halves = [(policy.governs_egress, &policy.egress), (policy.governs_ingress, &policy.ingress)]
            .map(|(governs, rules)| {
                let start = number(self.rules.len());
                rules.iter().for_each(|rule| self.add_rule(at, namespace, rule, finder));
                Half { governs, rules: (start, number(self.rules.len())) }
            });
        self.all.push(Judged { stated: policy, subject, halves, hash: place(&policy.object.origin) });
    }

    fn add_rule(&mut self, policy: u32, namespace: &str, rule: &'a PolicyRule, finder: &mut Finder<'_, 'a>) {
        let first_peer = number(self.peers.len());
        let stated = rule.peers.iter().flatten();
        self.peers.extend(stated.map(|peer| finder.peer(namespace, &peer.kind)));
        let first_span = number(self.spans.len());
        let mut fixed: Vec<Span> =
            rule.ports.iter().flatten().filter_map(|port| fixed_span(&port.ports)).collect();
        space::join(&mut fixed);
        self.spans.append(&mut fixed);
        let ports = || rule.ports.iter().flatten();
        self.rules.push(Rule {
            stated: rule,
            policy,
            peers: (first_peer, number(self.peers.len())),
            every_peer: rule.peers.is_none(),
            spans: (first_span, number(self.spans.len())),
            every_port: rule.ports.is_none(),
            names_ports: ports().any(|port| matches!(port.ports, PolicyPorts::Named(..))),
            hash: place(&rule.origin),
        });
    }

    /// Takes over what was read of later policies.
    fn append(&mut self, other: Self, rename: impl Fn(Set) -> Set) {
        let (policies, rules) = (number(self.all.len()), number(self.rules.len()));
        let (peers, spans) = (number(self.peers.len()), number(self.spans.len()));
        let up = |range: (u32, u32), by: u32| (range.0 + by, range.1 + by);
        self.peers.extend(other.peers.into_iter().map(&rename));
        self.spans.extend(other.spans);
        self.rules.extend(other.rules.into_iter().map(|rule| Rule {
            policy: rule.policy + policies,
            peers: up(rule.peers, peers),
            spans: up(rule.spans, spans),
            ..rule
        }));
        self.all.extend(other.all.into_iter().map(|policy| Judged {
            subject: rename(policy.subject),
            halves: policy.halves.map(|half| Half { rules: up(half.rules, rules), ..half }),
            ..policy
        }));
    }

    fn lists(&self, workloads: usize, way: Way) -> Lists {
        let governing = || {
            let all = self.all.iter().enumerate();
            all.filter(move |(_, policy)| policy.halves[way as usize].governs)
        };
        let mut starts = vec![0_u32; workloads + 1];
        for (_, policy) in governing() {
            for workload in self.sets.members(policy.subject) {
                starts[*workload as usize + 1] += 1;
            }
        }
        for at in 0..workloads {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut items = vec![0_u32; starts[workloads] as usize];
        for (at, policy) in governing() {
            for workload in self.sets.members(policy.subject) {
                let place = &mut next[*workload as usize];
                items[*place as usize] = number(at);
                *place += 1;
            }
        }
        Lists { starts, items }
    }
}

/// Reads policies on as many cores as there are.
fn in_parts<'a>(stated: &[&'a Policy], pods: &Pods<'a>) -> Policies<'a> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let chunk = stated.len().div_ceil(cores).max(CHUNK_MIN);
    let read = |part: &[&'a Policy]| {
        let (mut policies, mut finder) = (Policies::default(), Finder::new(pods));
        part.iter().for_each(|policy| policies.add(policy, &mut finder));
        (policies, finder)
    };
    let mut parts = std::thread::scope(|scope| {
        let (first, others) = stated.split_at(chunk.min(stated.len()));
        let others: Vec<_> = others.chunks(chunk).map(|part| scope.spawn(move || read(part))).collect();
        let mut parts = vec![Ok(read(first))];
        parts.extend(others.into_iter().map(std::thread::ScopedJoinHandle::join));
        parts.into_iter()
    });
    let (mut policies, mut finder) = parts.next().and_then(Result::ok).unwrap_or_else(|| read(&[]));
    for part in parts {
        match part {
            Ok((more, found)) => {
                let rename = finder.adopt(found);
                policies.append(more, rename);
            }
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    policies.sets = finder.sets;
    policies
}

fn fixed_span(ports: &PolicyPorts) -> Option<Span> {
    match ports {
        PolicyPorts::All(protocol) => space::span(*protocol, 1, u16::MAX),
        PolicyPorts::Range(protocol, first, last) => space::span(*protocol, *first, *last),
        PolicyPorts::Named(..) => None,
    }
}

/// Source: Kubernetes API, `NetworkPolicyPort`: a name means the container port of the target that has it, where the
/// protocol is the same.
fn named<'s>(rule: &'s PolicyRule, pod: &'s Pod) -> impl Iterator<Item = Span> + 's {
    let names = rule.ports.iter().flatten().filter_map(|port| match &port.ports {
        PolicyPorts::Named(protocol, name) => Some((*protocol, name)),
        _ => None,
    });
    names.flat_map(move |(protocol, name)| {
        let has = move |port: &&sehat_platform::inventory::workload::ContainerPort| {
            port.name.as_ref() == Some(name) && protocol.is_none_or(|protocol| protocol == port.protocol)
        };
        pod.ports().filter(has).filter_map(|port| space::span(port.protocol, port.number, port.number))
    })
}

fn place(origin: &sehat_diagnostic::Origin) -> u64 {
    let mut hasher = Fast::default();
    hasher.write(origin.path.as_bytes());
    hasher.write_usize(origin.line);
    hasher.write_usize(origin.column);
    hasher.finish()
}

/// Returns every selector of pods that some policy has.
pub(crate) fn pod_selectors(inventory: &Inventory) -> impl Iterator<Item = &Selector> {
    inventory.network.policies.iter().flat_map(|policy| {
        let (Subject::Own(subject) | Subject::Namespaces(_, subject)) = &policy.subject;
        let rules = policy.ingress.iter().chain(&policy.egress);
        let peers = rules.flat_map(|rule| rule.peers.iter().flatten());
        let of_peers = peers.filter_map(|peer| match &peer.kind {
            PeerKind::Pods { pods, .. } => pods.as_ref(),
            _ => None,
        });
        std::iter::once(subject).chain(of_peers)
    })
}

impl Judged<'_> {
    pub const fn tier(&self) -> Tier {
        self.stated.tier
    }
}

impl Rule<'_> {
    pub const fn action(&self) -> RuleAction {
        self.stated.action
    }
}
