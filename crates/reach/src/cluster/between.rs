//! What may pass between two ends, and because of which rules.

use std::borrow::Cow;
use std::collections::BTreeSet;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Object;
use sehat_platform::inventory::network::{Policy, PolicyRule, RuleAction};
use sehat_platform::{Ports, Protocol};

use super::Cluster;
use super::end::{End, Meets};
use super::judge::{Cause, Judge, Said};
use super::pods::number;
use super::policies::Way;
use super::space::{self, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Allowed,
    Denied,
    /// It depends on an address, a label or a policy that is not known.
    Unsure,
}

/// Ports that share one answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage<'a> {
    pub ports: Ports,
    pub state: State,
    /// What decides at the client's way out, and at the server's way in.
    pub out: Reason<'a>,
    pub into: Reason<'a>,
}

/// What decides at one end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason<'a> {
    /// No policy governs it.
    Open,
    Rule {
        policy: &'a Object,
        rule: &'a PolicyRule,
    },
    /// This policy governs the pod, and no policy has a rule for the connection.
    NoRule(&'a Object),
    /// The ends lie in different networks.
    Apart(Option<&'a Object>),
    /// A policy that is not understood.
    Foreign(&'a Object),
}

impl<'a> Reason<'a> {
    pub const fn origin(&self) -> Option<&'a Origin> {
        match self {
            Self::Rule { rule, .. } => Some(&rule.origin),
            Self::NoRule(object) | Self::Foreign(object) | Self::Apart(Some(object)) => Some(&object.origin),
            Self::Open | Self::Apart(None) => None,
        }
    }

    pub const fn policy(&self) -> Option<&'a Object> {
        match self {
            Self::Rule { policy, .. } => Some(policy),
            Self::NoRule(object) | Self::Foreign(object) | Self::Apart(Some(object)) => Some(object),
            Self::Open | Self::Apart(None) => None,
        }
    }
}

/// What one end says of a span, with and without the benefit of the doubt.
#[derive(Clone, Copy)]
struct Part {
    span: Span,
    state: State,
    cause: Cause,
}

impl<'a> Cluster<'a> {
    /// Returns what may pass from one end to another, sorted by port; what is denied too.
    pub fn between(&self, client: End<'_>, server: End<'_>) -> Vec<Passage<'a>> {
        if let Some(apart) = self.apart(&client, &server) {
            return space::ALL.map(|span| passage(span, State::Denied, (apart, apart))).into();
        }
        let out = self.side(&client, &server, Way::Out);
        let into = self.side(&server, &client, Way::In);
        let mut passages = Vec::new();
        for one in &out {
            for other in &into {
                if let Some(span) = space::meet(one.span, other.span) {
                    let state = both(one.state, other.state);
                    let causes = (self.reason(&client, *one), self.reason(&server, *other));
                    passages.push((span, passage(span, state, causes)));
                }
            }
        }
        passages.sort_by_key(|(span, _)| *span);
        joined(passages.into_iter().map(|(_, passage)| passage))
    }

    /// Returns the ports that pass where a block never means a pod whose address is not known, as other evaluators take
    /// it. What a policy may change that is not understood is left out.
    pub fn passing(&self, client: End<'_>, server: End<'_>) -> Vec<Ports> {
        let is_foreign = self.foreign(&client).is_some() || self.foreign(&server).is_some();
        if is_foreign || self.apart(&client, &server).is_some() {
            return Vec::new();
        }
        let out = self.said(&client, &server, Way::Out, |_| false);
        let into = self.said(&server, &client, Way::In, |_| false);
        let mut spans: Vec<Span> = Vec::new();
        for one in out.iter().filter(|said| said.allowed) {
            let open = into.iter().filter(|said| said.allowed);
            spans.extend(open.filter_map(|other| space::meet(one.span, other.span)));
        }
        space::join(&mut spans);
        spans.into_iter().map(space::ports).collect()
    }

    /// Returns the one passage that holds a port.
    pub fn at_port(
        &self,
        client: End<'_>,
        server: End<'_>,
        protocol: Protocol,
        port: u16,
    ) -> Option<Passage<'a>> {
        let passages = self.between(client, server);
        passages.into_iter().find(|passage| passage.ports.contains(protocol, port))
    }

    /// Returns every rule at one end that allows this port, not only the first.
    pub fn allowing(
        &self,
        (client, server): (End<'_>, End<'_>),
        way: Way,
        protocol: Protocol,
        port: u16,
    ) -> Vec<Reason<'a>> {
        let (at, other) = if way == Way::Out { (client, server) } else { (server, client) };
        let Some(place) = space::place(protocol, port) else { return Vec::new() };
        let pod = self.pod(&server);
        let governing = self.governing(&at, way);
        let governing = governing.iter();
        let rules = governing.flat_map(|policy| self.policies.rules_of(*policy, way));
        let allows = |number: &u32| {
            let rule = &self.policies.rules[*number as usize];
            rule.action() == RuleAction::Allow
                && self.meets(rule, &other) == Meets::Yes
                && self.policies.spans(rule, pod).any(|span| span.0 <= place && place <= span.1)
        };
        rules.filter(allows).map(|number| self.cause(Cause::Rule(number))).collect()
    }

    /// Returns the object that sets the ends apart, where they lie in different networks.
    fn apart(&self, client: &End<'_>, server: &End<'_>) -> Option<Reason<'a>> {
        let (End::Workload(client), End::Workload(server)) = (client, server) else { return None };
        let networks = [client, server].map(|at| self.pods.network_of(number(*at)));
        let named =
            networks.iter().max().and_then(|at| self.pods.networks.get((*at as usize).checked_sub(1)?));
        (networks[0] != networks[1]).then(|| Reason::Apart(named.map(|network| &network.object)))
    }

    fn side(&self, at: &End<'_>, other: &End<'_>, way: Way) -> Vec<Part> {
        let strict = self.said(at, other, way, |action| action == RuleAction::Deny);
        let lenient = self.said(at, other, way, |action| action != RuleAction::Deny);
        compare(&strict, &lenient, self.foreign(at).is_some())
    }

    /// Asks one end; `doubt` says whether a rule that may mean the other end is taken to mean it.
    fn said(&self, at: &End<'_>, other: &End<'_>, way: Way, doubt: fn(RuleAction) -> bool) -> Vec<Said> {
        let server = if way == Way::Out { self.pod(other) } else { self.pod(at) };
        let mut judge = Judge::default();
        judge.ask(&self.policies, (&self.governing(at, way), way), server, |_, rule| {
            match self.meets(rule, other) {
                Meets::Yes => true,
                Meets::Maybe => doubt(rule.action()),
                Meets::No => false,
            }
        });
        judge.said
    }

    /// Returns the policies that govern an end, in the order of judging.
    fn governing(&self, at: &End<'_>, way: Way) -> Cow<'_, [u32]> {
        match at {
            End::Workload(workload) => Cow::Borrowed(self.policies.governing(number(*workload), way)),
            End::Guest(guest) if guest.is_governed => {
                let all = 0..number(self.policies.all.len());
                Cow::Owned(all.filter(|policy| self.governs_guest(*policy, way, guest)).collect())
            }
            End::Guest(_) | End::Address(_) => Cow::Borrowed(&[]),
        }
    }

    fn reason(&self, end: &End<'_>, part: Part) -> Reason<'a> {
        match self.foreign(end).filter(|_| part.state != State::Denied) {
            Some(policy) => Reason::Foreign(&policy.object),
            None => self.cause(part.cause),
        }
    }

    fn cause(&self, cause: Cause) -> Reason<'a> {
        match cause {
            Cause::Open => Reason::Open,
            Cause::NoRule(policy) => Reason::NoRule(&self.policies.all[policy as usize].stated.object),
            Cause::Rule(number) => {
                let rule = &self.policies.rules[number as usize];
                let policy = &self.policies.all[rule.policy as usize].stated.object;
                Reason::Rule { policy, rule: rule.stated }
            }
        }
    }
}

/// Where the strict and the lenient answer differ, nothing is sure.
fn compare(strict: &[Said], lenient: &[Said], foreign: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    for one in strict {
        for other in lenient {
            let Some(span) = space::meet(one.span, other.span) else { continue };
            let state = match (one.allowed, other.allowed) {
                // Another product's policy may also allow what these leave closed, or close it.
                _ if foreign => State::Unsure,
                (true, true) => State::Allowed,
                (false, false) => State::Denied,
                _ => State::Unsure,
            };
            // What gives rise to the doubt is what the lenient answer found.
            let cause = if state == State::Unsure { other.cause } else { one.cause };
            parts.push(Part { span, state, cause });
        }
    }
    parts
}

const fn both(one: State, other: State) -> State {
    match (one, other) {
        (State::Denied, _) | (_, State::Denied) => State::Denied,
        (State::Unsure, _) | (_, State::Unsure) => State::Unsure,
        (State::Allowed, State::Allowed) => State::Allowed,
    }
}

fn passage<'a>(span: Span, state: State, (out, into): (Reason<'a>, Reason<'a>)) -> Passage<'a> {
    Passage { ports: space::ports(span), state, out, into }
}

/// Neighbours with the same answer for the same reason are one.
fn joined<'a>(passages: impl Iterator<Item = Passage<'a>>) -> Vec<Passage<'a>> {
    let mut joined: Vec<Passage<'a>> = Vec::new();
    for next in passages {
        match joined.last_mut() {
            Some(last)
                if last.state == next.state
                    && last.ports.protocol == next.ports.protocol
                    && last.ports.last.checked_add(1) == Some(next.ports.first)
                    && (last.out, last.into) == (next.out, next.into) =>
            {
                last.ports.last = next.ports.last;
            }
            _ => joined.push(next),
        }
    }
    joined
}

impl Passage<'_> {
    /// Returns the places of what decides.
    pub fn origins(&self) -> Vec<Origin> {
        let origins: BTreeSet<&Origin> =
            [self.out.origin(), self.into.origin()].into_iter().flatten().collect();
        origins.into_iter().cloned().collect()
    }
}

impl<'a> Cluster<'a> {
    /// Returns the policies that govern an end in a direction, in the order of judging.
    pub fn policies_of(&self, at: &End<'_>, way: Way) -> Vec<&'a Policy> {
        self.governing(at, way).iter().map(|policy| self.policies.all[*policy as usize].stated).collect()
    }

    /// Returns the policies that govern no pod of the files.
    pub fn idle_policies(&self) -> impl Iterator<Item = &'a Policy> {
        let all = self.policies.all.iter();
        all.filter(|policy| self.policies.sets.members(policy.subject).is_empty()).map(|policy| policy.stated)
    }

    /// Returns the pods of the files that a rule's peers mean; none where it names no peers.
    pub fn peers_of(&self, policy: &Policy, way: Way) -> Vec<(&'a PolicyRule, Vec<usize>)> {
        let found = self.policies.all.iter().position(|known| std::ptr::eq(known.stated, policy)).map(number);
        let rules = found.map_or(0..0, |at| self.policies.rules_of(at, way));
        rules
            .map(|at| {
                let rule = &self.policies.rules[at as usize];
                let sets = self.policies.peers(rule).iter();
                let pods = sets.flat_map(|set| self.policies.sets.members(*set)).map(|at| *at as usize);
                (rule.stated, pods.collect())
            })
            .collect()
    }
}

impl Cluster<'_> {
    /// Returns the pods of the files that a policy governs.
    pub fn governed_by(&self, policy: &Policy) -> Vec<usize> {
        let found = self.policies.all.iter().find(|known| std::ptr::eq(known.stated, policy));
        let pods = found.map_or(&[][..], |known| self.policies.sets.members(known.subject));
        pods.iter().map(|at| *at as usize).collect()
    }

    /// Returns whether one end alone surely closes a port.
    pub fn closes(
        &self,
        (client, server): (End<'_>, End<'_>),
        way: Way,
        protocol: Protocol,
        port: u16,
    ) -> bool {
        let (at, other) = if way == Way::Out { (client, server) } else { (server, client) };
        let Some(place) = space::place(protocol, port) else { return false };
        let mut parts = self.side(&at, &other, way).into_iter();
        parts.any(|part| part.state == State::Denied && part.span.0 <= place && place <= part.span.1)
    }
}
