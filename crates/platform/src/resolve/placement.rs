//! Puts every instance on a machine and every machine on a node.
//!
//! The choice depends on the order of zones and nodes and never on a component's name, so that a
//! renamed component has the same fate.

use crate::component::{Component, Kind, Topology};
use crate::{Instance, Machine, Name, Platform};

/// A node with the zone and site around it.
#[derive(Clone)]
struct Seat {
    site: Name,
    zone: Name,
    node: Name,
}

pub fn place(platform: &mut Platform) {
    let seats = seats(platform);
    let (beside, own): (Vec<_>, Vec<_>) = platform
        .draft
        .components
        .clone()
        .into_iter()
        .filter(|(_, component)| has_instances(component))
        .partition(|(_, component)| component.beside.get().is_some());
    for (name, component) in own {
        place_on_own_machines(platform, &seats, &name, &component);
    }
    for (name, component) in beside {
        place_beside(platform, &name, &component);
    }
}

/// A cluster is made of its nodes and has no machines beside them.
fn has_instances(component: &Component) -> bool {
    component.managed.is_none()
        && component.external.get() != Some(&true)
        && component.kind.get() != Some(&Kind::Cluster)
        && component.replicas.get().is_some()
}

/// Returns the nodes in an order that changes the zone at every step, so that neighbours fail apart.
fn seats(platform: &Platform) -> Vec<Seat> {
    let mut ranked: Vec<(usize, Seat)> = Vec::new();
    for (site, stated) in &platform.sites {
        for (zone, nodes) in &stated.zones {
            ranked.extend(nodes.nodes.keys().enumerate().map(|(rank, node)| {
                (rank, Seat { site: site.clone(), zone: zone.clone(), node: node.clone() })
            }));
        }
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, seat)| seat).collect()
}

fn place_on_own_machines(platform: &mut Platform, seats: &[Seat], name: &str, component: &Component) {
    let allowed: Vec<&Seat> = seats.iter().filter(|seat| may_carry(component, seat)).collect();
    for index in 1..=instance_count(component) {
        let seat = allowed.get((index - 1) % allowed.len().max(1)).copied();
        let instance = format!("{name}-{index}");
        let machine = Machine {
            segment: component.segment.get().cloned(),
            address: component.addresses.get(index - 1).and_then(crate::Fact::copied),
            node: seat.map(|seat| seat.node.clone()),
            zone: seat.map(|seat| seat.zone.clone()),
            site: seat.map(|seat| seat.site.clone()),
            instances: vec![instance.clone()],
            ..Machine::default()
        };
        platform.machines.insert(instance.clone(), machine);
        platform
            .instances
            .insert(instance.clone(), Instance { component: name.to_owned(), index, machine: instance });
    }
}

fn place_beside(platform: &mut Platform, name: &str, component: &Component) {
    let Some(host) = component.beside.get() else { return };
    let hosts: Vec<Name> = platform
        .instances
        .values()
        .filter(|instance| &instance.component == host)
        .map(|i| i.machine.clone())
        .collect();
    for (index, machine) in (1..=instance_count(component)).zip(hosts.iter().cycle()) {
        let instance = format!("{name}-{index}");
        if let Some(stated) = platform.machines.get_mut(machine) {
            stated.instances.push(instance.clone());
        }
        platform
            .instances
            .insert(instance, Instance { component: name.to_owned(), index, machine: machine.clone() });
    }
}

/// A site, zone or node named in `on` admits; where none is named, all do.
fn may_carry(component: &Component, seat: &Seat) -> bool {
    component.on.is_empty()
        || component
            .on
            .iter()
            .filter_map(|name| name.get())
            .any(|name| [&seat.site, &seat.zone, &seat.node].contains(&name))
}

/// More instances than this are counted, not placed.
const INSTANCES_MAX: u64 = 1000;

/// Returns how many instances run: the least promised number, times the shards.
pub(super) fn instance_count(component: &Component) -> usize {
    let replicas = component.replicas.get().map_or(0, |range| range.min);
    let shards = match component.topology.get() {
        Some(Topology::ShardedCluster | Topology::Cluster) => {
            component.shards.get().map_or(1, |range| range.min.max(1))
        }
        _ => 1,
    };
    usize::try_from(replicas.saturating_mul(shards).min(INSTANCES_MAX)).unwrap_or(0)
}
