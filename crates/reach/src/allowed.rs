//! Every connection that the filters let through.

use std::collections::{BTreeMap, BTreeSet};

use sehat_diagnostic::Origin;
use sehat_platform::{Platform, Ports, Protocol};

use crate::decide::{Decision, Outcome, Reach};
use crate::end::{End, Party, Place};
use crate::filters;

/// What may pass, by client and server. Two machines that are not in it may not talk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    pub permits: BTreeMap<(Party, Party), Vec<Permit>>,
    /// What may or may not pass, because an address or a default is not stated.
    pub unsure: BTreeMap<(Party, Party), Vec<Permit>>,
}

/// Ports that may pass, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    pub ports: Ports,
    /// The entries, defaults and needs that allow it; none where nothing guards either end.
    pub because: Vec<Origin>,
}

impl Allowed {
    pub fn allows(&self, client: &Party, server: &Party, protocol: Protocol, port: u16) -> bool {
        self.between(client, server).iter().any(|permit| permit.ports.contains(protocol, port))
    }

    /// Returns what may pass from one party to another, sorted by port.
    pub fn between(&self, client: &Party, server: &Party) -> &[Permit] {
        self.permits.get(&(client.clone(), server.clone())).map_or(&[], Vec::as_slice)
    }
}

/// Returns everything that the platform's filters let through, or its needs where it states no filter.
pub fn allowed(platform: &Platform) -> Allowed {
    let reach = Reach::new(platform);
    let classes = classes(&reach);
    let mut allowed = Allowed::default();
    for (client, clients) in &classes {
        for (server, servers) in classes.iter().filter(|(server, _)| !both_beyond(client, server)) {
            let (permits, unsure) =
                between(&reach, clients[0], other_than(clients[0], servers), (client, server));
            spread(&mut allowed.permits, clients, servers, &permits);
            spread(&mut allowed.unsure, clients, servers, &unsure);
        }
    }
    allowed
}

/// Parties that no filter can tell apart, so that each question is asked once.
fn classes<'a, 'b>(reach: &'b Reach<'a>) -> BTreeMap<End<'a>, Vec<&'b Party>> {
    let mut classes: BTreeMap<End<'_>, Vec<&Party>> = BTreeMap::new();
    for party in reach.ends.keys() {
        if let Some(class) = reach.class(party) {
            classes.entry(class).or_default().push(party);
        }
    }
    classes
}

/// What passes between others is none of the platform's concern.
fn both_beyond(client: &End<'_>, server: &End<'_>) -> bool {
    client.place == Place::Beyond && server.place == Place::Beyond
}

fn other_than<'b>(client: &Party, servers: &[&'b Party]) -> Option<&'b Party> {
    servers.iter().copied().find(|server| *server != client)
}

fn spread(
    sum: &mut BTreeMap<(Party, Party), Vec<Permit>>,
    clients: &[&Party],
    servers: &[&Party],
    permits: &[Permit],
) {
    if permits.is_empty() {
        return;
    }
    for client in clients {
        for server in servers.iter().filter(|server| *server != client) {
            sum.insert(((*client).clone(), (*server).clone()), permits.to_vec());
        }
    }
}

type Found = (Vec<Permit>, Vec<Permit>);

/// Asks once for every range of ports over which no answer can change.
fn between(reach: &Reach<'_>, client: &Party, server: Option<&Party>, ends: (&End<'_>, &End<'_>)) -> Found {
    let mut found = Found::default();
    let Some(server) = server else { return found };
    for ports in ranges(reach, ends.0, ends.1) {
        let decisions = reach.explain(client, server, ports.protocol, ports.first);
        let because = reasons(&decisions);
        match Reach::outcome(&decisions) {
            Outcome::Allowed => join(&mut found.0, Permit { ports, because }),
            Outcome::Unknown => join(&mut found.1, Permit { ports, because }),
            Outcome::Denied => {}
        }
    }
    found
}

fn reasons(decisions: &[Decision]) -> Vec<Origin> {
    let origins: BTreeSet<&Origin> =
        decisions.iter().filter_map(|decision| decision.origin.as_ref()).collect();
    origins.into_iter().cloned().collect()
}

/// Neighbours that are allowed for the same reason are one permit.
fn join(permits: &mut Vec<Permit>, next: Permit) {
    match permits.last_mut() {
        Some(last)
            if last.ports.protocol == next.ports.protocol
                && last.because == next.because
                && last.ports.last.checked_add(1) == Some(next.ports.first) =>
        {
            last.ports.last = next.ports.last;
        }
        _ => permits.push(next),
    }
}

const PROTOCOLS: [Protocol; 4] = [Protocol::Tcp, Protocol::Udp, Protocol::Icmp, Protocol::Vrrp];

/// Returns the ranges between the ports that any filter or need on the way names.
fn ranges(reach: &Reach<'_>, client: &End<'_>, server: &End<'_>) -> Vec<Ports> {
    let filters: Vec<_> = reach.filters_at(client, server).chain(reach.filters_at(server, client)).collect();
    let needed = reach.needs_between(client, server).map(|need| need.ports);
    let only_needs =
        reach.platform.filters.is_empty() || filters.iter().any(|(_, filter)| filters::is_derived(filter));
    let stated = filters.iter().flat_map(|(_, filter)| filters::stated_ports(filter));
    let named: Vec<Ports> = needed.chain(stated).collect();
    if only_needs && named.is_empty() {
        return Vec::new();
    }
    PROTOCOLS.into_iter().flat_map(|protocol| cut(protocol, &named)).collect()
}

fn cut(protocol: Protocol, named: &[Ports]) -> Vec<Ports> {
    if matches!(protocol, Protocol::Icmp | Protocol::Vrrp) {
        return vec![Ports { protocol, first: 0, last: 0 }];
    }
    let of_protocol = named.iter().filter(|ports| ports.protocol == protocol);
    let mut starts: BTreeSet<u16> = of_protocol
        .flat_map(|ports| [Some(ports.first.max(1)), ports.last.checked_add(1)])
        .flatten()
        .collect();
    starts.insert(1);
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([u16::MAX]);
    starts.iter().zip(ends).map(|(first, last)| Ports { protocol, first: *first, last }).collect()
}
