//! The two ends of a connection, and what filters see of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use sehat_platform::filter::Peer;
use sehat_platform::{Cidr, Component, Fact, Name, Platform};

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    Machine(Name),
    /// A component without a machine of its own: managed by a provider, or run by another party.
    Outside(Name),
    /// Users, and everything else that no segment holds.
    Internet,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine(name) | Self::Outside(name) => f.write_str(name),
            Self::Internet => f.write_str("internet"),
        }
    }
}

/// What filters see of a party. Parties that are alike here are treated alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct End<'a> {
    pub components: BTreeSet<&'a str>,
    /// Its segment and those around it.
    pub segments: BTreeSet<&'a str>,
    pub addresses: BTreeSet<IpAddr>,
    /// The range that its address lies in, where the address itself is not known.
    pub range: Option<Cidr>,
    pub place: Place,
    /// Private ways to it that the platform declares without saying what they lead to.
    pub endpoints: BTreeSet<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Machine,
    /// Run by a provider; filters guard it only where they name it.
    Managed,
    /// Beyond every segment.
    Beyond,
}

/// Returns every party of the platform with what filters see of it.
pub(crate) fn ends(platform: &Platform) -> BTreeMap<Party, End<'_>> {
    let machines =
        platform.machines.keys().map(|name| (Party::Machine(name.clone()), machine(platform, name)));
    let placed: BTreeSet<&str> =
        platform.instances.values().map(|instance| instance.component.as_str()).collect();
    let outside =
        platform.components.iter().filter(|(name, _)| !placed.contains(name.as_str())).map(
            |(name, component)| (Party::Outside(name.clone()), without_machine(platform, name, component)),
        );
    machines.chain(outside).chain([(Party::Internet, internet())]).collect()
}

fn machine<'a>(platform: &'a Platform, name: &str) -> End<'a> {
    let machine = &platform.machines[name];
    let instances = machine.instances.iter().filter_map(|instance| platform.instances.get(instance));
    End {
        components: instances.map(|instance| instance.component.as_str()).collect(),
        segments: segments_around(platform, machine.segment.as_deref()),
        addresses: machine.address.into_iter().collect(),
        range: range_of(platform, machine.segment.as_deref()),
        place: Place::Machine,
        endpoints: BTreeSet::new(),
    }
}

fn without_machine<'a>(platform: &'a Platform, name: &'a str, component: &'a Component) -> End<'a> {
    let segment = component.segment.get().map(String::as_str);
    let external = component.external.get() == Some(&true);
    End {
        components: BTreeSet::from([name]),
        segments: segments_around(platform, segment),
        addresses: component.addresses.iter().filter_map(Fact::copied).collect(),
        range: range_of(platform, segment),
        place: if external || segment.is_none() { Place::Beyond } else { Place::Managed },
        endpoints: if segment.is_none() { endpoints(platform, component) } else { BTreeSet::new() },
    }
}

fn internet<'a>() -> End<'a> {
    End {
        components: BTreeSet::new(),
        segments: BTreeSet::new(),
        addresses: BTreeSet::new(),
        range: None,
        place: Place::Beyond,
        endpoints: BTreeSet::new(),
    }
}

/// A provider's service may be reached through an endpoint inside a segment.
fn endpoints<'a>(platform: &'a Platform, component: &Component) -> BTreeSet<&'a str> {
    let Some(provider) = component.managed.as_ref().and_then(|managed| managed.by.get()) else {
        return BTreeSet::new();
    };
    let is_endpoint = |other: &Component| {
        let same = other.managed.as_ref().is_some_and(|managed| managed.by.get() == Some(provider));
        same && other.product.get().is_some_and(|product| product.ends_with("endpoint"))
    };
    platform
        .components
        .iter()
        .filter(|(_, other)| is_endpoint(other))
        .map(|(name, _)| name.as_str())
        .collect()
}

fn range_of(platform: &Platform, segment: Option<&str>) -> Option<Cidr> {
    platform.segments.get(segment?)?.cidr.copied()
}

fn segments_around<'a>(platform: &'a Platform, segment: Option<&'a str>) -> BTreeSet<&'a str> {
    let mut around = BTreeSet::new();
    let mut next = segment;
    // A segment that is met twice ends the walk, because a document may nest in a circle.
    while let Some(name) = next.filter(|name| around.insert(*name)) {
        next = platform.segments.get(name).and_then(|segment| segment.within.get()).map(String::as_str);
    }
    around
}

impl End<'_> {
    /// Returns whether an entry's peer means this end; none where that depends on an unknown address.
    pub fn is(&self, peer: &Peer) -> Option<bool> {
        match peer {
            Peer::Any => Some(true),
            Peer::Internet => Some(self.place == Place::Beyond),
            Peer::Named(name) if self.endpoints.contains(name.as_str()) => None,
            Peer::Named(name) => {
                Some(self.components.contains(name.as_str()) || self.segments.contains(name.as_str()))
            }
            Peer::Range(range) => self.lies_in(range),
        }
    }

    fn lies_in(&self, range: &Cidr) -> Option<bool> {
        if range.prefix_len() == 0 {
            return Some(true);
        }
        if !self.addresses.is_empty() {
            return Some(self.addresses.iter().all(|address| range.contains(address)));
        }
        match self.range {
            Some(own) if range.contains(&own) => Some(true),
            Some(own) if own.contains(range) => None,
            Some(_) => Some(false),
            // An address beyond all segments is not known, but it is none of the private ranges.
            None if self.place == Place::Beyond && is_private(range) => Some(false),
            None => None,
        }
    }
}

/// RFC 1918 and RFC 4193.
fn is_private(range: &Cidr) -> bool {
    match range.network() {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.is_unique_local(),
    }
}
