//! What passes until others have taken over from a lost process, leader or node.

use std::collections::{BTreeMap, BTreeSet};

use sehat_catalog as catalog;
use sehat_platform::component::{Component, Topology};
use sehat_platform::{Name, Platform};

use super::Observation;
use super::bound::Bound;
use super::detect::{self, Loss, Pause};
use super::timers::Timers;
use crate::path;
use crate::survival::{needed, topology_entry};

/// Lost members by component.
type Losses = BTreeMap<Name, usize>;

pub fn of_process(
    platform: &Platform,
    required: &BTreeSet<Name>,
    instance: &str,
    observation: &Observation,
) -> Option<Bound> {
    let component = &platform.instances.get(instance)?.component;
    of_losses(platform, required, &BTreeMap::from([(component.clone(), 1)]), Loss::Process, observation)
}

pub fn of_leader(
    platform: &Platform,
    required: &BTreeSet<Name>,
    component: &str,
    observation: &Observation,
) -> Option<Bound> {
    of_losses(platform, required, &BTreeMap::from([(component.to_owned(), 1)]), Loss::Process, observation)
}

pub fn of_node(
    platform: &Platform,
    required: &BTreeSet<Name>,
    node: &str,
    observation: &Observation,
) -> Option<Bound> {
    let mut losses = Losses::new();
    for machine in platform.machines.values().filter(|machine| machine.node.as_deref() == Some(node)) {
        for instance in machine.instances.iter().filter_map(|name| platform.instances.get(name)) {
            *losses.entry(instance.component.clone()).or_default() += 1;
        }
    }
    of_losses(platform, required, &losses, Loss::Silent, observation)
}

/// Returns nothing where the journey needs none of the lost.
fn of_losses(
    platform: &Platform,
    required: &BTreeSet<Name>,
    losses: &Losses,
    loss: Loss,
    observation: &Observation,
) -> Option<Bound> {
    losses
        .iter()
        .filter(|(name, _)| required.contains(*name))
        .map(|(name, lost)| of_component(platform, name, *lost, loss, observation))
        .reduce(Pause::and)
        .map(Pause::bound)
}

fn of_component(
    platform: &Platform,
    name: &str,
    lost: usize,
    loss: Loss,
    observation: &Observation,
) -> Pause {
    let Some(component) = platform.components.get(name) else { return Pause::none() };
    let members = platform.instances_of(name).count();
    if members.saturating_sub(lost) < needed(platform, name, component, members) {
        return Pause::active(not_survived(name, lost, members));
    }
    let own = own_failover(platform, name, component, loss);
    let followed = followed(platform, name, component, loss, observation);
    let callers = callers_hang(platform, name, loss, observation);
    match (own, followed) {
        (Some(own), Some(followed)) => Pause::active(own).and(followed).and(callers),
        (Some(own), None) => Pause::active(own).and(callers),
        (None, Some(followed)) => followed.and(callers),
        (None, None) => {
            Pause::active(Bound::unknown(format!("what carries requests for `{name}` past a lost member")))
        }
    }
}

fn not_survived(name: &str, lost: usize, members: usize) -> Bound {
    Bound::unknown(format!(
        "`{name}` does not survive the loss of {lost} of {members}: it is away until it is repaired"
    ))
}

/// The time in which the members agree on who serves now.
fn own_failover(platform: &Platform, name: &str, component: &Component, loss: Loss) -> Option<Bound> {
    match component.topology.get()? {
        Topology::Galera => Some(galera(name, component)),
        Topology::Sentinel => Some(sentinel(platform, name, component)),
        Topology::ReplicaSet => Some(replica_set(name, component)),
        Topology::PrimaryReplica => Some(promotion(name, component, loss)),
        _ => None,
    }
}

/// Virtual synchrony: commits wait until the silent member has left the view.
fn galera(name: &str, component: &Component) -> Bound {
    let timers = Timers { name, component, product: "galera" };
    ["evs-suspect", "evs-inactive-check", "evs-keepalive", "evs-join-retrans"]
        .into_iter()
        .map(|key| timers.ms(key))
        .fold(Bound::none(), Bound::then)
}

/// Seen down, agreed on, elected, promoted, seen promoted: each step waits for a timer of the Sentinels.
fn sentinel(platform: &Platform, name: &str, component: &Component) -> Bound {
    let voters = crate::survival::voters_elsewhere(platform, name, component);
    let (owner, stated) = voters.map_or((name, component), |(owner, stated)| (owner.as_str(), stated));
    let here = Timers { name, component, product: "redis-sentinel" };
    let there = Timers { name: owner, component: stated, product: "redis-sentinel" };
    let key = |key: &str| if here.is_stated(key) { here.ms(key) } else { there.ms(key) };
    let ping = match (key("ping"), key("down-after").ms) {
        // Sentinels ping more often where the limit is shorter than their period.
        (ping, Some(down_after)) if ping.ms.is_some_and(|ms| ms > down_after) => {
            Bound { ms: Some(down_after), ..ping }
        }
        (ping, _) => ping,
    };
    [key("down-after"), ping, key("start-desync")].into_iter().fold(promoted(), Bound::then)
}

/// While a failover runs, Sentinels ask once per second, and their clock ticks ten times per second.
fn promoted() -> Bound {
    Bound::because(
        1_000,
        "Sentinels see the promotion within 1000 ms (sentinel.c: INFO each second during a failover)",
    )
}

fn replica_set(name: &str, component: &Component) -> Bound {
    let timers = Timers { name, component, product: "mongodb" };
    ["election-timeout", "heartbeat-interval"]
        .into_iter()
        .map(|key| timers.ms(key))
        .fold(Bound::none(), Bound::then)
}

fn promotion(name: &str, component: &Component, loss: Loss) -> Bound {
    let by = component.failover.as_ref().and_then(|failover| failover.by.get()).map_or("", String::as_str);
    let actor = topology_entry(component).map(|row| row.actor);
    let timers = Timers { name, component, product: by };
    match actor {
        _ if component.failover.as_ref().is_some_and(|failover| failover.automatic.get() == Some(&false)) => {
            Bound::unknown(format!("how soon a person promotes a replica of `{name}`"))
        }
        Some(catalog::Actor::Patroni) => {
            let restart = if loss == Loss::Process { timers.ms("loop-wait") } else { Bound::none() };
            timers.ms("ttl").then(timers.ms("loop-wait")).then(restart)
        }
        _ => Bound::unknown(format!("who promotes a replica of `{name}`, and within which time")),
    }
}

/// How requests come to the survivors: the address moves, or what stands in front looks.
fn followed(
    platform: &Platform,
    name: &str,
    component: &Component,
    loss: Loss,
    observation: &Observation,
) -> Option<Pause> {
    let moves_address = component.failover.as_ref().is_some_and(|failover| {
        failover.address.get().is_some() || failover.by.get().is_some_and(|by| by == "keepalived")
    });
    let moved = moves_address.then(|| Pause::active(vrrp(name, component, loss)));
    let seen = detect::by_those_in_front(platform, name, loss, observation);
    let driver = topology_entry(component)
        .filter(|row| row.follower == catalog::Follower::Driver)
        .map(|_| Pause::none());
    match (moved, seen) {
        (Some(moved), Some(seen)) => Some(moved.and(seen)),
        (moved, seen) => moved.or(seen).or(driver),
    }
}

/// A dead host is missed for three advertisements and the skew time; a dead service behind a live
/// keepalived is first seen by its check.
fn vrrp(name: &str, component: &Component, loss: Loss) -> Bound {
    let timers = Timers { name, component, product: "keepalived" };
    let advert = timers.ms("advert");
    let Some(ms) = advert.ms else { return advert };
    if loss == Loss::Silent {
        let missed = timers.count("advert-missed");
        return Bound { ms: Some(ms * (missed + 1)), ..advert };
    }
    let check = component.health.values().find_map(|check| {
        let every = check.every.get()?.ms();
        let fall = check.fall.get().and_then(|range| range.max).unwrap_or(1);
        let timeout = check.timeout.get().map_or(every, |timeout| timeout.ms());
        Some(Bound::because(
            every * fall + timeout,
            format!("`{name}` is checked every {every} ms, down after {fall}"),
        ))
    });
    let check = check.unwrap_or_else(|| {
        let every = timers.ms("script-interval");
        let fall = timers.count("script-fall");
        // A run that hangs is ended after one more interval.
        Bound { ms: every.ms.map(|ms| ms * (fall + 1)), ..every }
    });
    check.then(Bound { ms: Some(2 * ms), ..advert })
}

/// A client whose connection leads to a silent machine learns it when its own limit ends.
fn callers_hang(platform: &Platform, name: &str, loss: Loss, observation: &Observation) -> Pause {
    if loss == Loss::Process {
        return Pause::none();
    }
    let waits = path::direct_clients(platform, name).into_iter().filter_map(|(client, stated)| {
        let limit = stated.uses.get(name)?.timeout.get()?.ms();
        let ms = limit.min(observation.held_ms.unwrap_or(limit));
        Some(Bound::because(ms, format!("`{client}` waits {limit} ms for `{name}` (stated)")))
    });
    waits.reduce(Bound::or_longer).map_or_else(Pause::none, Pause::passive)
}
