//! One connection against every filter on its way.

use std::collections::{BTreeMap, BTreeSet};

use sehat_diagnostic::Origin;
use sehat_platform::filter::{Direction, Filter, FilterKind};
use sehat_platform::{INTERNET, Name, Need, Platform, Protocol};

use crate::end::{End, Party, Place, ends};
use crate::filters::{self, Said};

/// What one filter, or all policies of one kind together, say of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Filters that speak together; none where the platform states no filter.
    pub filters: Vec<Name>,
    /// The end at which they stand.
    pub at: Party,
    pub direction: Direction,
    /// The filter forgets connections, and this is about the answer.
    pub is_answer: bool,
    pub outcome: Outcome,
    /// The entry, default or need that decides.
    pub origin: Option<Origin>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Allowed,
    Denied,
    /// It depends on an address or a default that is not stated.
    Unknown,
}

/// A platform's filters, prepared for many questions.
pub struct Reach<'a> {
    pub(crate) platform: &'a Platform,
    pub(crate) ends: BTreeMap<Party, End<'a>>,
    /// By client and server.
    needs: BTreeMap<(&'a str, &'a str), Vec<&'a Need>>,
    by_address: bool,
}

/// One connection.
#[derive(Clone, Copy)]
struct Asked<'a, 'b> {
    client: (&'b Party, &'b End<'a>),
    server: (&'b Party, &'b End<'a>),
    protocol: Protocol,
    port: u16,
    needed: Option<&'a Origin>,
}

// Linux takes the client's port from here (net.ipv4.ip_local_port_range); elsewhere any unprivileged one is in use.
const CLIENT_PORTS: (u16, u16) = (32_768, 60_999);
const CLIENT_PORTS_ELSEWHERE: (u16, u16) = (1_024, 65_535);

impl<'a> Reach<'a> {
    pub fn new(platform: &'a Platform) -> Self {
        let mut needs: BTreeMap<_, Vec<&Need>> = BTreeMap::new();
        for need in &platform.needs {
            needs.entry((need.client.as_str(), need.server.as_str())).or_default().push(need);
        }
        let by_address = platform.filters.values().any(filters::names_addresses);
        Self { platform, ends: ends(platform), needs, by_address }
    }

    /// Returns every party of the platform.
    pub fn parties(&self) -> impl Iterator<Item = &Party> {
        self.ends.keys()
    }

    /// Returns the parties on which a need's client or server runs.
    pub fn parties_of<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b Party> {
        self.ends
            .iter()
            .filter(move |(party, end)| {
                end.components.contains(name) || (**party == Party::Internet && name == INTERNET)
            })
            .map(|(party, _)| party)
    }

    /// Returns the pairs of parties between which a need must pass, one for each way in which they differ.
    pub fn pairs<'b>(&'b self, need: &'b Need) -> Vec<(&'b Party, &'b Party)> {
        let mut seen = BTreeSet::new();
        let mut pairs = Vec::new();
        for client in self.parties_of(&need.client) {
            for server in self.parties_of(&need.server).filter(|server| *server != client) {
                if seen.insert((self.class(client), self.class(server))) {
                    pairs.push((client, server));
                }
            }
        }
        pairs
    }

    /// What filters can tell of a party: not its address, where no filter names one.
    pub(crate) fn class(&self, party: &Party) -> Option<End<'a>> {
        let end = self.ends.get(party)?;
        Some(if self.by_address {
            end.clone()
        } else {
            End { addresses: BTreeSet::new(), range: None, ..end.clone() }
        })
    }

    /// Returns what every filter on the way says, in the order of the way.
    pub fn explain(&self, client: &Party, server: &Party, protocol: Protocol, port: u16) -> Vec<Decision> {
        let (Some(from), Some(to)) = (self.ends.get(client), self.ends.get(server)) else {
            return Vec::new();
        };
        let needed = self.need_between(from, to, protocol, port).map(|need| &need.origin);
        self.decide(Asked { client: (client, from), server: (server, to), protocol, port, needed })
    }

    /// Returns the sum of all decisions: one denial denies.
    pub fn outcome(decisions: &[Decision]) -> Outcome {
        let has = |outcome| decisions.iter().any(|decision| decision.outcome == outcome);
        match (has(Outcome::Denied), has(Outcome::Unknown)) {
            (true, _) => Outcome::Denied,
            (false, true) => Outcome::Unknown,
            (false, false) => Outcome::Allowed,
        }
    }

    /// Returns the needs whose client and server run at these ends.
    pub(crate) fn needs_between<'b>(
        &'b self,
        client: &'b End<'a>,
        server: &'b End<'a>,
    ) -> impl Iterator<Item = &'a Need> + 'b {
        names(client)
            .flat_map(move |from| names(server).filter_map(move |to| self.needs.get(&(from, to))))
            .flatten()
            .copied()
    }

    fn need_between(
        &self,
        client: &End<'a>,
        server: &End<'a>,
        protocol: Protocol,
        port: u16,
    ) -> Option<&'a Need> {
        self.needs_between(client, server).find(|need| need.ports.contains(protocol, port))
    }

    /// Returns the filters on the way between two ends, seen from the first.
    pub(crate) fn filters_at<'b>(
        &'b self,
        end: &'b End<'a>,
        other: &'b End<'a>,
    ) -> impl Iterator<Item = (&'a Name, &'a Filter)> + 'b {
        let platform = self.platform;
        platform.filters.iter().filter(move |(_, filter)| filters::guards(filter, end, other))
    }

    fn decide(&self, asked: Asked<'a, '_>) -> Vec<Decision> {
        if self.platform.filters.is_empty() {
            return vec![by_need(&asked)];
        }
        let mut decisions = self.at_end(&asked, Direction::Egress);
        decisions.extend(self.at_end(&asked, Direction::Ingress));
        decisions.extend(self.answers(&asked));
        decisions
    }

    /// Asks the filters at the client's way out, or at the server's way in.
    fn at_end(&self, asked: &Asked<'a, '_>, direction: Direction) -> Vec<Decision> {
        let ((at, own), (_, other)) = match direction {
            Direction::Egress => (asked.client, asked.server),
            Direction::Ingress => (asked.server, asked.client),
        };
        let said = |filter| filters::says(filter, direction, other, asked.protocol, asked.port, asked.needed);
        let mut single = Vec::new();
        let mut united: BTreeMap<FilterKind, Vec<(&Name, Said)>> = BTreeMap::new();
        for (name, filter) in
            self.filters_at(own, other).filter(|(_, filter)| filters::governs(filter, direction))
        {
            match filters::kind(filter) {
                FilterKind::Firewall | FilterKind::Acl => {
                    single.push(decision(vec![name.clone()], at, direction, said(filter)));
                }
                // What one group or policy allows, no other takes back.
                kind => united.entry(kind).or_default().push((name, said(filter))),
            }
        }
        single.extend(united.into_values().map(|sayings| union(&sayings, at, direction)));
        single
    }

    /// Access lists forget connections, so the answer needs entries of its own at both ends.
    fn answers(&self, asked: &Asked<'a, '_>) -> Vec<Decision> {
        if !matches!(asked.protocol, Protocol::Tcp | Protocol::Udp) {
            return Vec::new();
        }
        let mut decisions = self.answers_at(asked, asked.server, asked.client.1, Direction::Egress);
        decisions.extend(self.answers_at(asked, asked.client, asked.server.1, Direction::Ingress));
        decisions
    }

    fn answers_at(
        &self,
        asked: &Asked<'a, '_>,
        (at, own): (&Party, &End<'a>),
        other: &End<'a>,
        direction: Direction,
    ) -> Vec<Decision> {
        let is_list =
            |filter: &Filter| filters::kind(filter) == FilterKind::Acl && !filters::is_derived(filter);
        self.filters_at(own, other)
            .filter(|(_, filter)| is_list(filter) && filters::governs(filter, direction))
            .map(|(name, filter)| {
                let said =
                    whole_range(filter, direction, other, asked.protocol, client_ports(asked.client.1));
                Decision { is_answer: true, ..decision(vec![name.clone()], at, direction, said) }
            })
            .collect()
    }
}

fn names<'a, 'b>(end: &'b End<'a>) -> impl Iterator<Item = &'a str> + 'b {
    let internet = (end.components.is_empty() && end.place == Place::Beyond).then_some(INTERNET);
    end.components.iter().copied().chain(internet)
}

fn by_need(asked: &Asked<'_, '_>) -> Decision {
    let outcome = if asked.needed.is_some() { Outcome::Allowed } else { Outcome::Denied };
    decision(Vec::new(), asked.server.0, Direction::Ingress, Said { outcome, origin: asked.needed.cloned() })
}

fn decision(filters: Vec<Name>, at: &Party, direction: Direction, said: Said) -> Decision {
    Decision {
        filters,
        at: at.clone(),
        direction,
        is_answer: false,
        outcome: said.outcome,
        origin: said.origin,
    }
}

fn union(sayings: &[(&Name, Said)], at: &Party, direction: Direction) -> Decision {
    let filters: Vec<Name> = sayings.iter().map(|(name, _)| (*name).clone()).collect();
    let of = |outcome| sayings.iter().find(|(_, said)| said.outcome == outcome);
    let best = of(Outcome::Allowed).or_else(|| of(Outcome::Unknown)).or_else(|| of(Outcome::Denied));
    let (filters, outcome, origin) = match best {
        Some((name, said)) if said.outcome == Outcome::Allowed => {
            (vec![(*name).clone()], said.outcome, said.origin.clone())
        }
        Some((_, said)) => (filters, said.outcome, said.origin.clone()),
        None => (filters, Outcome::Denied, None),
    };
    decision(filters, at, direction, Said { outcome, origin })
}

fn client_ports(client: &End<'_>) -> (u16, u16) {
    if client.place == Place::Machine { CLIENT_PORTS } else { CLIENT_PORTS_ELSEWHERE }
}

/// Returns what the filter says of a whole range of ports: the first answer that is no permission, if there is one.
fn whole_range(
    filter: &Filter,
    direction: Direction,
    peer: &End<'_>,
    protocol: Protocol,
    range: (u16, u16),
) -> Said {
    let (first, last) = range;
    let stated = filters::stated_ports(filter).filter(|ports| ports.protocol == protocol);
    let starts = stated.flat_map(|ports| [Some(ports.first), ports.last.checked_add(1)]).flatten();
    let mut asked: Vec<u16> = starts.filter(|start| (first..=last).contains(start)).chain([first]).collect();
    asked.sort_unstable();
    let said = |port| filters::says(filter, direction, peer, protocol, port, None);
    asked
        .iter()
        .map(|port| said(*port))
        .find(|said| said.outcome != Outcome::Allowed)
        .unwrap_or_else(|| said(first))
}
