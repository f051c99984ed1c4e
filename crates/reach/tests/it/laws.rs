//! Laws that hold for every platform.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sehat_platform::filter::{Filter, FilterKind};
use sehat_platform::{Draft, Platform};
use sehat_reach::{Party, allowed};

use crate::world::{component, platform, segment, stated, uses};

fn drafts() -> impl Strategy<Value = Draft> {
    let part = (0..3_usize, 1..4_u64, 1000..1010_u16, prop::collection::vec(0..6_usize, 0..3));
    prop::collection::vec(part, 1..6).prop_map(|parts| {
        let mut draft = Draft::default();
        for index in 0..3 {
            draft.segments.insert(format!("s{index}"), segment(&format!("10.0.{index}.0/24")));
        }
        for (index, (place, replicas, port, used)) in parts.iter().enumerate() {
            let mut part = component(&format!("s{place}"), *replicas, &port.to_string());
            for other in used.iter().filter(|other| **other < parts.len()) {
                part = uses(part, &format!("c{other}"));
            }
            draft.components.insert(format!("c{index}"), part);
        }
        draft
    })
}

fn with_derived_filter(mut draft: Draft) -> Draft {
    let filter = Filter { kind: stated(FilterKind::Firewall), derived: stated(true), ..Filter::default() };
    draft.filters.insert("all".into(), filter);
    draft
}

/// Every connection that some need wants, written out by hand.
fn wanted(platform: &Platform) -> BTreeSet<(Party, Party, String)> {
    let mut wanted = BTreeSet::new();
    for need in &platform.needs {
        for (_, client) in platform.instances_of(&need.client) {
            for (_, server) in
                platform.instances_of(&need.server).filter(|(_, server)| server.machine != client.machine)
            {
                let ends = (Party::Machine(client.machine.clone()), Party::Machine(server.machine.clone()));
                wanted.insert((ends.0, ends.1, need.ports.to_string()));
            }
        }
    }
    wanted
}

fn granted(platform: &Platform) -> BTreeSet<(Party, Party, String)> {
    let permits = allowed(platform).permits;
    let lines = permits.into_iter().flat_map(|((client, server), permits)| {
        permits.into_iter().map(move |permit| (client.clone(), server.clone(), permit.ports.to_string()))
    });
    lines.collect()
}

proptest! {
    #[test]
    fn derived_filters_allow_every_need_and_nothing_else(draft in drafts()) {
        let platform = platform(with_derived_filter(draft));
        prop_assert_eq!(granted(&platform), wanted(&platform));
    }

    #[test]
    fn no_filter_allows_what_derived_filters_allow(draft in drafts()) {
        prop_assert_eq!(granted(&platform(draft.clone())), granted(&platform(with_derived_filter(draft))));
    }

    #[test]
    fn connections_cover_the_permits_exactly(draft in drafts()) {
        let platform = platform(draft);
        let allowed = allowed(&platform);
        let connections = allowed.connections(&platform, &BTreeSet::new());
        for (client, from) in &platform.machines {
            for (server, to) in platform.machines.iter().filter(|(server, _)| *server != client) {
                let ends = (Party::Machine(client.clone()), Party::Machine(server.clone()));
                for port in 999..1011_u16 {
                    let by_address = connections.iter().any(|connection| {
                        let has = |ranges: &BTreeSet<sehat_platform::Cidr>, address: Option<std::net::IpAddr>| {
                            ranges.iter().any(|range| address.is_some_and(|address| range.contains(&address)))
                        };
                        has(&connection.clients, from.address) && has(&connection.servers, to.address)
                            && connection.ports.contains(sehat_platform::Protocol::Tcp, port)
                    });
                    let by_name = allowed.allows(&ends.0, &ends.1, sehat_platform::Protocol::Tcp, port);
                    prop_assert_eq!(by_address, by_name);
                }
            }
        }
    }
}
