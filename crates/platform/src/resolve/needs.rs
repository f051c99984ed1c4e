//! Who must reach whom, from what components use, route, watch and save.

use std::collections::BTreeSet;

use sehat_diagnostic::Origin;

use super::{INTERNET, Need, Reason};
use crate::component::{Component, Kind};
use crate::{Fact, Name, Platform, Ports, products};

pub fn derive(platform: &mut Platform) {
    let mut needs = BTreeSet::new();
    for (name, component) in &platform.draft.components {
        uses(platform, name, component, &mut needs);
        routes(platform, name, component, &mut needs);
        peers(name, component, &mut needs);
        watches(platform, name, component, &mut needs);
        backups(platform, name, component, &mut needs);
    }
    users(platform, &mut needs);
    platform.needs = needs.into_iter().collect();
}

/// A use goes to the component itself, or to what stands between and from there to the component.
fn uses(platform: &Platform, client: &str, component: &Component, needs: &mut BTreeSet<Need>) {
    for (server, stated) in &component.uses {
        let origin = &stated.meta.origin;
        let Some(target) = platform.components.get(server) else { continue };
        match stated.through.get().and_then(|name| Some((name, platform.components.get(name)?))) {
            Some((between, proxy)) => {
                let entry = route_entry(proxy, server).or_else(|| served_ports(proxy, &Fact::default()));
                add(needs, client, between, entry, Reason::Uses, origin);
            }
            None => {
                let ports = stated.port.copied().map(|port| vec![port]).or_else(|| served_ports(target, &stated.listener));
                add(needs, client, server, ports, Reason::Uses, origin);
            }
        }
    }
}

/// A proxy may listen under the name of what it leads to.
fn route_entry(proxy: &Component, server: &str) -> Option<Vec<Ports>> {
    let route = proxy.routes.iter().find(|(_, route)| route.to.get().is_some_and(|to| to == server))?;
    proxy.listens.get(route.0).and_then(|listener| listener.port.copied()).map(|port| vec![port])
}

fn routes(platform: &Platform, client: &str, component: &Component, needs: &mut BTreeSet<Need>) {
    for route in component.routes.values() {
        let Some((server, target)) = route.to.get().and_then(|name| Some((name, platform.components.get(name)?))) else {
            continue;
        };
        let origin = route.to.origin().unwrap_or(&route.meta.origin);
        add(needs, client, server, served_ports(target, &route.listener), Reason::Routes, origin);
        if let Some((check, port)) = route.check.as_ref().and_then(|check| Some((check, check.port.copied()?))) {
            add(needs, client, server, Some(vec![port]), Reason::Health, &check.meta.origin);
        }
    }
}

fn peers(name: &str, component: &Component, needs: &mut BTreeSet<Need>) {
    if component.managed.is_some() || component.replicas.get().is_none_or(|range| range.min < 2) {
        return;
    }
    let origin = component.replicas.origin().unwrap_or(&component.meta.origin);
    let product = component.product.get().map_or("", String::as_str);
    let topology = component.topology.get().copied();
    add(needs, name, name, Some(products::peer_ports(product, topology)), Reason::Peers, origin);
    if let Some(by) = component.failover.as_ref().and_then(|failover| failover.by.get()) {
        add(needs, name, name, Some(products::peer_ports(by, topology)), Reason::Peers, origin);
    }
}

fn watches(platform: &Platform, name: &str, component: &Component, needs: &mut BTreeSet<Need>) {
    for (list, reason) in [(&component.scrapes, Reason::Scrapes), (&component.collects, Reason::Collects)] {
        for stated in list {
            let (Some(other), Some(origin)) = (stated.get(), stated.origin()) else { continue };
            let Some(target) = platform.components.get(other) else { continue };
            if reason == Reason::Scrapes {
                add(needs, name, other, Some(metrics_ports(target)), reason, origin);
            } else {
                // Collectors ship from where the lines arise to the store.
                add(needs, other, name, served_ports(component, &Fact::default()), reason, origin);
            }
        }
    }
}

fn metrics_ports(target: &Component) -> Vec<Ports> {
    match target.listens.get("metrics").and_then(|listener| listener.port.copied()) {
        Some(port) => vec![port],
        None => products::metrics_ports(target.product.get().map_or("", String::as_str)),
    }
}

fn backups(platform: &Platform, name: &str, component: &Component, needs: &mut BTreeSet<Need>) {
    let Some(backup) = &component.backup else { return };
    let copies = [&backup.full, &backup.incremental, &backup.snapshot, &backup.archive];
    let places = copies.into_iter().flatten().flat_map(|copy| &copy.to);
    let log = backup.log.iter().flat_map(|log| &log.to);
    for to in backup.to.iter().chain(places).chain(log) {
        let (Some(vault), Some(origin)) = (to.get(), to.origin()) else { continue };
        let Some(target) = platform.components.get(vault) else { continue };
        if component.managed.is_none() {
            add(needs, name, vault, served_ports(target, &Fact::default()), Reason::Backup, origin);
        }
    }
}

/// Users reach the first component of each journey.
fn users(platform: &Platform, needs: &mut BTreeSet<Need>) {
    for journey in platform.journeys.values() {
        let Some(first) = journey.through.first() else { continue };
        let (Some(name), Some(origin)) = (first.get(), first.origin()) else { continue };
        let Some(target) = platform.components.get(name) else { continue };
        if target.kind.get() != Some(&Kind::External) {
            add(needs, INTERNET, name, public_ports(target), Reason::Users, origin);
        }
    }
}

/// Users come to the listeners that are not for the platform's own watching.
fn public_ports(target: &Component) -> Option<Vec<Ports>> {
    let ports: Vec<Ports> = target
        .listens
        .iter()
        .filter(|(name, _)| !["metrics", "health", "status"].contains(&name.as_str()))
        .filter_map(|(_, listener)| listener.port.copied())
        .collect();
    if ports.is_empty() { served_ports(target, &Fact::default()) } else { Some(ports) }
}

/// Returns the ports of the named listener, else of the only one, else of the product.
fn served_ports(target: &Component, listener: &Fact<Name>) -> Option<Vec<Ports>> {
    let stated = match listener.get() {
        Some(name) => target.listens.get(name).into_iter().collect::<Vec<_>>(),
        None => {
            let serving: Vec<_> = target.listens.iter().filter(|(name, _)| *name != "metrics").map(|(_, l)| l).collect();
            if serving.len() == 1 { serving } else { target.listens.get("http").or(target.listens.get("sql")).into_iter().collect() }
        }
    };
    let ports: Vec<Ports> = stated.into_iter().filter_map(|listener| listener.port.copied()).collect();
    if !ports.is_empty() {
        return Some(ports);
    }
    let known = products::client_ports(target.product.get().map_or("", String::as_str));
    (!known.is_empty()).then_some(known)
}

fn add(
    needs: &mut BTreeSet<Need>,
    client: &str,
    server: &str,
    ports: Option<Vec<Ports>>,
    reason: Reason,
    origin: &Origin,
) {
    for ports in ports.unwrap_or_default() {
        needs.insert(Need { client: client.to_owned(), server: server.to_owned(), ports, reason, origin: origin.clone() });
    }
}
