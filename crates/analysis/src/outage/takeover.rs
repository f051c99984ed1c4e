//! What passes until others have taken over from a lost process, leader or node.

use std::collections::{BTreeMap, BTreeSet};

use sehat_catalog as catalog;
use sehat_platform::component::{Component, Topology, Use};
use sehat_platform::{Name, Platform};

use super::Observation;
use super::bound::Bound;
use super::data;
use super::detect::{self, Loss, Pause, Scene};
use super::timers::Timers;
use crate::survival::{needed, topology_entry};

/// Lost instances by component.
type Losses = BTreeMap<Name, BTreeSet<Name>>;

pub fn of_process(
    platform: &Platform,
    required: &BTreeSet<&Name>,
    instance: &str,
    observation: &Observation,
) -> Option<Bound> {
    let component = platform.instances.get(instance)?.component.clone();
    let losses = Losses::from([(component, BTreeSet::from([instance.to_owned()]))]);
    of_losses(Scene { platform, loss: Loss::Process, observation }, required, &losses)
}

/// Where nobody knows who leads, the first member does: it was placed and started first.
pub fn of_leader(
    platform: &Platform,
    required: &BTreeSet<&Name>,
    component: &str,
    observation: &Observation,
) -> Option<Bound> {
    let known = observation.leaders.get(component).cloned();
    let leader = known.or_else(|| platform.instances_of(component).next().map(|(name, _)| name.clone()))?;
    of_process(platform, required, &leader, observation)
}

pub fn of_node(
    platform: &Platform,
    required: &BTreeSet<&Name>,
    node: &str,
    observation: &Observation,
) -> Option<Bound> {
    let mut losses = Losses::new();
    for machine in platform.machines.values().filter(|machine| machine.node.as_deref() == Some(node)) {
        for (name, instance) in
            machine.instances.iter().filter_map(|name| platform.instances.get_key_value(name))
        {
            losses.entry(instance.component.clone()).or_default().insert(name.clone());
        }
    }
    of_losses(Scene { platform, loss: Loss::Silent, observation }, required, &losses)
}

/// Returns nothing where the journey needs none of the lost.
fn of_losses(scene: Scene<'_>, required: &BTreeSet<&Name>, losses: &Losses) -> Option<Bound> {
    losses
        .iter()
        .filter(|(name, _)| required.contains(name))
        .filter_map(|(name, lost)| {
            Some(of_component(scene, name, scene.platform.components.get(name)?, lost))
        })
        .reduce(Pause::and)
        .map(Pause::bound)
}

fn of_component(scene: Scene<'_>, name: &str, component: &Component, lost: &BTreeSet<Name>) -> Pause {
    let members = scene.platform.instances_of(name).count();
    if members.saturating_sub(lost.len()) < needed(scene.platform, name, component, members) {
        return Pause::active(not_survived(scene, name, component, lost.len(), members));
    }
    // Where another instance leads, no role and no address has to move.
    let led = scene.observation.leaders.get(name).is_none_or(|leader| lost.contains(leader));
    if led && by_person(component) {
        return Pause::active(Bound::unknown(format!(
            "how soon a person lets another member of `{name}` take over"
        )));
    }
    let own = own_failover(scene, name, component)
        .map(|own| if led || stalls_all(component) { own } else { Bound::none() });
    let callers = callers_hang(scene, name);
    match (own, followed(scene, name, component, led)) {
        (Some(own), Some(followed)) => Pause::active(own).and(followed).and(callers),
        (Some(own), None) => Pause::active(own).and(callers),
        (None, Some(followed)) => followed.and(callers),
        (None, None) => {
            Pause::active(Bound::unknown(format!("what carries requests for `{name}` past a lost member")))
        }
    }
}

fn by_person(component: &Component) -> bool {
    component.failover.as_ref().is_some_and(|failover| failover.automatic.get() == Some(&false))
}

/// The members of a Galera cluster wait for any of them, not only for a leader.
fn stalls_all(component: &Component) -> bool {
    component.topology.get() == Some(&Topology::Galera)
}

/// It comes back when the fault is healed, and then has to start.
fn not_survived(scene: Scene<'_>, name: &str, component: &Component, lost: usize, members: usize) -> Bound {
    let away =
        format!("`{name}` does not survive the loss of {lost} of {members}: it is away until it is repaired");
    match scene.observation.held_ms {
        Some(held) => Bound::because(held, away).then(data::rejoined(name, component)),
        None => Bound::unknown(away),
    }
}

/// The time in which the members agree on who serves now.
fn own_failover(scene: Scene<'_>, name: &str, component: &Component) -> Option<Bound> {
    match component.topology.get()? {
        Topology::Galera => Some(galera(name, component)),
        Topology::Sentinel => Some(sentinel(scene.platform, name, component)),
        Topology::ReplicaSet => Some(replica_set(name, component)),
        Topology::PrimaryReplica => Some(promotion(name, component, scene.loss)),
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
    let bound = [key("down-after"), ping, key("start-desync")].into_iter().fold(promoted(), Bound::then);
    bound.then(tried_once(name, key("failover-timeout").ms))
}

/// With the second try the bound would lie so far above every usual failover that it said nothing of them.
fn tried_once(name: &str, failover_timeout_ms: Option<u64>) -> Bound {
    let again = failover_timeout_ms.map_or_else(|| "later".to_owned(), |ms| format!("after {} ms", 2 * ms));
    Bound::because(
        0,
        format!(
            "left out: a vote of the Sentinels of `{name}` that none of them wins, which they repeat {again} \
             (2 x failover-timeout), and TILT, in which a Sentinel that slept for 2 s does nothing for 30 s"
        ),
    )
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
        Some(catalog::Actor::Patroni) => {
            let restart = if loss == Loss::Process { timers.ms("loop-wait") } else { Bound::none() };
            timers.ms("ttl").then(timers.ms("loop-wait")).then(restart)
        }
        _ => Bound::unknown(format!("who promotes a replica of `{name}`, and within which time")),
    }
}

/// How requests come to the survivors: the address moves, or what stands in front looks.
fn followed(scene: Scene<'_>, name: &str, component: &Component, led: bool) -> Option<Pause> {
    let failover = component.failover.as_ref();
    let moves_address = failover.is_some_and(|failover| {
        failover.address.get().is_some() || failover.by.get().is_some_and(|by| by == "keepalived")
    });
    // Where the address itself moves, those in front ask the address and see no members.
    if moves_address {
        return Some(if led { Pause::active(vrrp(name, component, scene.loss)) } else { Pause::none() });
    }
    let driven = || topology_entry(component).is_some_and(|row| row.follower == catalog::Follower::Driver);
    detect::by_those_in_front(scene, name).or_else(|| driven().then(Pause::none))
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
    checked_by_script(&timers).then(Bound { ms: Some(2 * ms), ..advert })
}

/// The check of the service that keepalived carries; a dead process fails it without delay.
fn checked_by_script(timers: &Timers<'_>) -> Bound {
    let stated = timers
        .component
        .health
        .values()
        .find_map(|check| Some((check.every.get()?.ms(), check.fall.get().and_then(|range| range.max))));
    if let Some((every, fall)) = stated {
        let fall = fall.unwrap_or(1);
        let reason = format!("`{}` is checked every {every} ms, down after {fall} (stated)", timers.name);
        return Bound::because(every * fall, reason);
    }
    let every = timers.ms("script-interval");
    Bound { ms: every.ms.map(|ms| ms * timers.count("script-fall")), ..every }
}

/// A client whose connection leads to a silent machine learns it when its own limit ends. Up to the
/// patience of its own client that is the same failed request.
fn callers_hang(scene: Scene<'_>, name: &str) -> Pause {
    if scene.loss == Loss::Process {
        return Pause::none();
    }
    let uses = scene.platform.components.iter().flat_map(|(client, component)| {
        component.uses.iter().map(move |(server, stated)| (client, server, stated))
    });
    let met = uses.filter(|(_, server, stated)| stated.through.get().unwrap_or(server) == name);
    met.filter_map(|(client, server, stated)| hang(client, server, stated, scene.observation))
        .reduce(Bound::or_longer)
        .map_or_else(Pause::none, Pause::passive)
}

pub fn hang(client: &str, server: &str, stated: &Use, observation: &Observation) -> Option<Bound> {
    let limit = stated.timeout.get()?.ms();
    let ms = limit.saturating_sub(observation.request_timeout_ms);
    (ms > 0).then(|| Bound::because(ms, format!("`{client}` waits {limit} ms for `{server}` (stated)")))
}
