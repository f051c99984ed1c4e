//! How many of a component's members must live for it to serve.

use sehat_catalog as catalog;
use sehat_platform::component::{Component, Topology};
use sehat_platform::{Name, Platform};

/// Returns how many of `members` must live.
///
/// A quorum system needs its majority, and every member where it has too few to lose one; other
/// components serve while one member lives. A lost role that nobody takes over is not counted
/// here: it is a matter of the failover's actor.
pub fn needed(platform: &Platform, name: &str, component: &Component, members: usize) -> usize {
    let entry = topology_entry(component);
    if !has_quorum(component, entry) || voters_elsewhere(platform, name, component).is_some() {
        return 1.min(members);
    }
    let least =
        entry.and_then(|row| row.members_min_for_one_loss).and_then(|least| usize::try_from(least).ok());
    // The least number counts all shards together.
    let shards = component.shards.get().and_then(|range| usize::try_from(range.min).ok()).unwrap_or(1).max(1);
    if least.is_some_and(|least| members * shards < least) { members } else { members / 2 + 1 }
}

/// Returns whether the members, or voters beside them, must hear a majority.
pub fn has_quorum(component: &Component, entry: Option<&catalog::Topology>) -> bool {
    use Topology::{Cluster, Galera, ReplicaSet, Sentinel, ShardedCluster};
    matches!(component.topology.get(), Some(Galera | ReplicaSet | ShardedCluster | Cluster | Sentinel))
        || entry.is_some_and(|row| {
            row.quorum == catalog::Quorum::Majority && row.voters == catalog::Voters::Members
        })
}

/// Returns the component whose members vote on behalf of this one: Sentinels, etcd.
pub fn voters_elsewhere<'a>(
    platform: &'a Platform,
    name: &str,
    component: &Component,
) -> Option<(&'a Name, &'a Component)> {
    let actor = component.failover.as_ref().and_then(|failover| failover.by.get());
    let beside = |(_, other): &(&Name, &Component)| {
        other.beside.get().is_some_and(|host| host == name)
            && other.product.get().is_some_and(|product| is_voter(product))
    };
    actor
        .filter(|actor| actor.as_str() != name)
        .and_then(|actor| platform.components.get_key_value(actor))
        .or_else(|| platform.components.iter().find(beside))
}

fn is_voter(product: &str) -> bool {
    catalog::product(product).is_some_and(|known| matches!(known.name, "redis-sentinel" | "etcd"))
}

/// Returns what the catalog knows of the component's product in its topology.
pub fn topology_entry(component: &Component) -> Option<&'static catalog::Topology> {
    let product = component.product.get()?;
    let actor = component.failover.as_ref().and_then(|failover| failover.by.get());
    let by_actor = actor.and_then(|actor| catalog::topology(product, actor));
    by_actor.or_else(|| catalog::topology(product, component.topology.get()?.name()))
}
