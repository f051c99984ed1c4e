//! What one filter, or filters that speak together, say of a connection at one end.

use sehat_diagnostic::Origin;
use sehat_platform::filter::{Action, Direction, Filter, FilterKind, Opening, Peer};
use sehat_platform::{Fact, Ports, Protocol};

use crate::decide::Outcome;
use crate::end::{End, Place};

/// What is decided, and the entry or default that decides it.
pub(crate) struct Said {
    pub outcome: Outcome,
    pub origin: Option<Origin>,
}

/// Returns whether the filter stands on the way between `end` and `other`.
pub(crate) fn guards(filter: &Filter, end: &End<'_>, other: &End<'_>) -> bool {
    if filter.on.is_empty() {
        return end.place == Place::Machine;
    }
    let named = filter.on.iter().filter_map(|name| name.get().map(String::as_str));
    // A segment's own filter stands at its border, so neighbours inside do not meet it.
    let at_border = is_derived(filter) || !matches!(kind(filter), FilterKind::Firewall | FilterKind::Acl);
    named.into_iter().any(|name| {
        end.components.contains(name)
            || (end.segments.contains(name) && (at_border || !other.segments.contains(name)))
    })
}

/// Returns whether the filter says anything in this direction.
pub(crate) fn governs(filter: &Filter, direction: Direction) -> bool {
    if is_derived(filter) || filter.directions.iter().any(|stated| stated.get() == Some(&direction)) {
        return true;
    }
    let stated = !filter.directions.is_empty();
    let entries = !entries(filter, direction).is_empty();
    let silent = filter.ingress.is_empty() && filter.egress.is_empty() && !stated;
    // Kubernetes: a policy without types governs ingress always, egress where it has entries for it.
    let policy = kind(filter) == FilterKind::NetworkPolicy && direction == Direction::Ingress && !stated;
    entries || silent || policy
}

/// Returns what the filter says of `ports` from or to `peer`; `needed` opens a derived filter.
pub(crate) fn says(
    filter: &Filter,
    direction: Direction,
    peer: &End<'_>,
    protocol: Protocol,
    port: u16,
    needed: Option<&Origin>,
) -> Said {
    if let Some(origin) = needed.filter(|_| is_derived(filter)) {
        return Said { outcome: Outcome::Allowed, origin: Some(origin.clone()) };
    }
    let mut unsure: Option<&Opening> = None;
    for entry in entries(filter, direction).iter().filter(|entry| has_port(entry, protocol, port)) {
        match has_peer(entry, peer) {
            Some(true) => return settled(entry, unsure),
            Some(false) => {}
            None => unsure = unsure.or(Some(entry)),
        }
    }
    if let Some(entry) = unsure {
        return Said { outcome: Outcome::Unknown, origin: Some(entry.meta.origin.clone()) };
    }
    by_default(filter)
}

/// An earlier entry that may or may not match only matters where it decides otherwise.
fn settled(entry: &Opening, unsure: Option<&Opening>) -> Said {
    match unsure.filter(|earlier| action(earlier) != action(entry)) {
        Some(earlier) => Said { outcome: Outcome::Unknown, origin: Some(earlier.meta.origin.clone()) },
        None => Said { outcome: action(entry), origin: Some(entry.meta.origin.clone()) },
    }
}

fn by_default(filter: &Filter) -> Said {
    let origin = filter.default.origin().unwrap_or(&filter.meta.origin).clone();
    let outcome = match (filter.default.get(), kind(filter)) {
        (Some(Action::Allow), _) => Outcome::Allowed,
        // Only a firewall may have either default; the others deny what no entry allows.
        (None, FilterKind::Firewall) if !is_derived(filter) => Outcome::Unknown,
        (Some(Action::Deny) | None, _) => Outcome::Denied,
    };
    Said { outcome, origin: Some(origin) }
}

fn action(entry: &Opening) -> Outcome {
    if entry.action.get() == Some(&Action::Deny) { Outcome::Denied } else { Outcome::Allowed }
}

pub(crate) fn entries(filter: &Filter, direction: Direction) -> &[Opening] {
    match direction {
        Direction::Ingress => &filter.ingress,
        Direction::Egress => &filter.egress,
    }
}

fn has_port(entry: &Opening, protocol: Protocol, port: u16) -> bool {
    entry.ports.is_empty()
        || entry.ports.iter().filter_map(|ports| ports.get()).any(|ports| ports.contains(protocol, port))
}

fn has_peer(entry: &Opening, end: &End<'_>) -> Option<bool> {
    if entry.peers.is_empty() {
        return Some(true);
    }
    let answers: Vec<Option<bool>> = entry.peers.iter().map(|peer| end.is(peer.get()?)).collect();
    match answers.contains(&Some(true)) {
        true => Some(true),
        false if answers.contains(&None) => None,
        false => Some(false),
    }
}

pub(crate) fn kind(filter: &Filter) -> FilterKind {
    filter.kind.copied().unwrap_or(FilterKind::Firewall)
}

pub(crate) fn is_derived(filter: &Filter) -> bool {
    filter.derived.get() == Some(&true)
}

/// Returns whether some entry tells machines apart by their addresses.
pub(crate) fn names_addresses(filter: &Filter) -> bool {
    let peers = filter.ingress.iter().chain(&filter.egress).flat_map(|entry| &entry.peers);
    peers.filter_map(Fact::get).any(|peer| matches!(peer, Peer::Range(_)))
}

/// Returns every stated port range of the filter, which is where its answer may change.
pub(crate) fn stated_ports(filter: &Filter) -> impl Iterator<Item = Ports> {
    filter.ingress.iter().chain(&filter.egress).flat_map(|entry| &entry.ports).filter_map(Fact::copied)
}
