//! Who must reach whom, from what components use, route, watch and save.
//!
//! Names and time are not among them: a lab and a network offer both by themselves. A restore is
//! pulled over the connection that carried the copy, so it needs none of its own.

use std::collections::BTreeSet;

use sehat_diagnostic::Origin;

use super::{INTERNET, Need, Reason};
use crate::component::{Backup, Component, Kind};
use crate::{Fact, Name, Platform, Ports, products};

pub fn derive(platform: &mut Platform) {
    let mut needs = Needs { platform, found: BTreeSet::new() };
    for (name, component) in &platform.draft.components {
        needs.uses(name, component);
        needs.routes(name, component);
        needs.peers(name, component);
        needs.watches(name, component);
        needs.backups(name, component);
    }
    needs.alerts();
    needs.administrators();
    needs.journeys();
    platform.needs = needs.found.into_iter().collect();
}

/// Listeners that only the platform itself asks.
const INNER_LISTENERS: [&str; 4] = ["metrics", "health", "status", "admin"];

struct Needs<'a> {
    platform: &'a Platform,
    found: BTreeSet<Need>,
}

impl<'a> Needs<'a> {
    /// A use goes to the component itself, or to what stands between and from there to the component.
    fn uses(&mut self, client: &str, component: &Component) {
        for (server, stated) in &component.uses {
            let origin = &stated.meta.origin;
            let Some(target) = self.component(server) else { continue };
            let direct =
                || stated.port.copied().map_or_else(|| served(target, &stated.listener), |port| vec![port]);
            match stated.through.get().and_then(|name| Some((name, self.component(name)?))) {
                // The sidecars of a mesh connect client and server without a hop between.
                Some((_, mesh)) if mesh.kind.get() == Some(&Kind::Mesh) => {
                    self.add(client, server, direct(), Reason::Uses, origin);
                }
                Some((between, proxy)) => {
                    self.add(client, between, entry_towards(proxy, server), Reason::Uses, origin);
                    if !routes_to(proxy, server) {
                        self.add(between, server, direct(), Reason::Uses, origin);
                    }
                }
                None => self.add(client, server, direct(), Reason::Uses, origin),
            }
        }
    }

    fn routes(&mut self, client: &str, component: &Component) {
        if component.kind.get() == Some(&Kind::Mesh) {
            return;
        }
        for route in component.routes.values() {
            let Some(server) = route.to.get() else { continue };
            let Some(target) = self.component(server) else { continue };
            let origin = route.to.origin().unwrap_or(&route.meta.origin);
            self.add(client, server, served(target, &route.listener), Reason::Routes, origin);
            if let Some((check, port)) =
                route.check.as_ref().and_then(|check| Some((check, check.port.copied()?)))
            {
                self.add(client, server, vec![port], Reason::Health, &check.meta.origin);
            }
        }
    }

    /// Members of one component, and components that are parts of the same whole.
    fn peers(&mut self, name: &str, component: &Component) {
        if component.managed.is_some() {
            return;
        }
        let ports = products::peer_ports(component);
        if component.replicas.get().is_some_and(|range| range.min > 1) {
            let origin = component.replicas.origin().unwrap_or(&component.meta.origin);
            self.add(name, name, ports.clone(), Reason::Peers, origin);
        }
        let Some((whole, origin)) = component.part_of.get().zip(component.part_of.origin()) else { return };
        let platform = self.platform;
        let siblings = platform.components.iter().filter(|(other, sibling)| {
            *other != name && (*other == whole || sibling.part_of.get() == Some(whole))
        });
        for (other, _) in siblings {
            self.add(name, other, ports.clone(), Reason::Peers, origin);
            self.add(other, name, ports.clone(), Reason::Peers, origin);
        }
    }

    fn watches(&mut self, name: &str, component: &Component) {
        for stated in &component.scrapes {
            let (Some(other), Some(origin)) = (stated.get(), stated.origin()) else { continue };
            let Some(target) = self.component(other) else { continue };
            self.add(name, other, figures(component, target), Reason::Scrapes, origin);
        }
        // Collectors ship from where the lines arise to the store.
        for stated in &component.collects {
            let (Some(other), Some(origin)) = (stated.get(), stated.origin()) else { continue };
            self.add(other, name, served(component, &Fact::default()), Reason::Collects, origin);
        }
    }

    fn backups(&mut self, name: &str, component: &Component) {
        let Some(backup) = &component.backup else { return };
        if component.managed.is_some() {
            return;
        }
        for to in places(backup) {
            let (Some(vault), Some(origin)) = (to.get(), to.origin()) else { continue };
            let Some(target) = self.component(vault) else { continue };
            let mut ports = served(target, &Fact::default());
            if ports.is_empty() && target.kind.get() == Some(&Kind::BackupStore) {
                ports = products::shell_ports();
            }
            self.add(name, vault, ports, Reason::Backup, origin);
        }
    }

    /// A metrics server tells the alert manager, which tells the channels that are components.
    fn alerts(&mut self) {
        let platform = self.platform;
        let by: Vec<(&Name, &Origin)> =
            platform.alerts.by.iter().filter_map(|name| Some((name.get()?, name.origin()?))).collect();
        let of_kind = |kind: Kind| {
            let by = by.clone();
            by.into_iter().filter(move |(name, _)| {
                platform.components.get(*name).is_some_and(|c| c.kind.get() == Some(&kind))
            })
        };
        for (manager, origin) in of_kind(Kind::Alerts) {
            for (watcher, _) in of_kind(Kind::Metrics) {
                let ports =
                    self.component(manager).map_or_else(Vec::new, |target| served(target, &Fact::default()));
                self.add(watcher, manager, ports, Reason::Alerts, origin);
            }
        }
        let senders: Vec<&Name> = match of_kind(Kind::Alerts).next() {
            Some(_) => of_kind(Kind::Alerts).map(|(name, _)| name).collect(),
            None => by.iter().map(|(name, _)| *name).collect(),
        };
        for channel in platform.alerts.channels.values() {
            let (Some(to), Some(origin)) = (channel.to.get(), channel.to.origin()) else { continue };
            let Some(target) = self.component(to) else { continue };
            for sender in &senders {
                self.add(sender, to, served(target, &Fact::default()), Reason::Alerts, origin);
            }
        }
    }

    /// Administrators come from outside to the first of `through`, from each to the next, and from the last
    /// to a shell of every machine that they may reach.
    fn administrators(&mut self) {
        let platform = self.platform;
        for access in platform.access.values() {
            let steps: Vec<(&Name, &Origin)> =
                access.through.iter().filter_map(|name| Some((name.get()?, name.origin()?))).collect();
            let mut from = INTERNET;
            for (name, origin) in steps {
                let Some(target) = self.component(name) else { continue };
                if target.managed.is_none() {
                    self.add(from, name, served(target, &Fact::default()), Reason::Administers, origin);
                }
                from = name;
            }
            if from == INTERNET || self.component(from).is_none_or(|last| last.managed.is_some()) {
                continue;
            }
            for to in &access.to {
                let (Some(place), Some(origin)) = (to.get(), to.origin()) else { continue };
                for server in shells_in(platform, place).filter(|server| *server != from) {
                    self.add(from, server, products::shell_ports(), Reason::Administers, origin);
                }
            }
        }
    }

    /// Users reach the first component of a journey. A later one that nothing before it uses or routes to
    /// is reached from its neighbour.
    fn journeys(&mut self) {
        let platform = self.platform;
        for journey in platform.journeys.values() {
            let steps: Vec<(&Name, &Origin)> =
                journey.through.iter().filter_map(|name| Some((name.get()?, name.origin()?))).collect();
            if let Some((first, origin)) = steps.first()
                && let Some(target) =
                    self.component(first).filter(|target| target.external.get() != Some(&true))
            {
                self.add(INTERNET, first, public(target), Reason::Users, origin);
            }
            for (index, (name, origin)) in steps.iter().enumerate().skip(1) {
                let reached =
                    steps[..index].iter().any(|(before, _)| before == name || self.is_needed(before, name));
                if let Some(target) = self.component(name).filter(|_| !reached) {
                    self.add(
                        steps[index - 1].0,
                        name,
                        served(target, &Fact::default()),
                        Reason::Uses,
                        origin,
                    );
                }
            }
        }
    }

    fn is_needed(&self, client: &str, server: &str) -> bool {
        self.found.iter().any(|need| need.client == client && need.server == server)
    }

    fn component(&self, name: &str) -> Option<&'a Component> {
        self.platform.draft.components.get(name)
    }

    fn add(&mut self, client: &str, server: &str, ports: Vec<Ports>, reason: Reason, origin: &Origin) {
        for ports in ports {
            let (client, server) = (client.to_owned(), server.to_owned());
            self.found.insert(Need { client, server, ports, reason, origin: origin.clone() });
        }
    }
}

/// A proxy may listen under the name of what it leads to.
fn entry_towards(proxy: &Component, server: &str) -> Vec<Ports> {
    let leads = |route: &crate::component::Route| route.to.get().is_some_and(|to| to == server);
    let route = proxy.routes.iter().find(|(_, route)| leads(route)).map_or(server, |(name, _)| name);
    match proxy.listens.get(route).and_then(|listener| listener.port.copied()) {
        Some(port) => vec![port],
        None => served(proxy, &Fact::default()),
    }
}

fn routes_to(proxy: &Component, server: &str) -> bool {
    proxy.routes.values().any(|route| route.to.get().is_some_and(|to| to == server))
}

/// What a watcher reads on its target: the named listener, the product's own figures, those of its machine.
fn figures(watcher: &Component, target: &Component) -> Vec<Ports> {
    let agent = products::agent_ports(watcher);
    if !agent.is_empty() {
        return agent;
    }
    let mut ports = match target.listens.get("metrics").and_then(|listener| listener.port.copied()) {
        Some(port) => vec![port],
        None => products::metrics_ports(target),
    };
    if ports.is_empty() {
        ports = served(target, &Fact::default());
    }
    if has_own_machines(target) {
        ports.extend(products::machine_metrics_ports());
    }
    ports
}

/// Pods and parts that a provider runs have no machine that anybody could log in to.
fn has_own_machines(component: &Component) -> bool {
    component.managed.is_none()
        && component.external.get() != Some(&true)
        && component.cluster.get().is_none()
        && component.namespace.get().is_none()
}

fn shells_in<'a>(platform: &'a Platform, place: &'a str) -> impl Iterator<Item = &'a str> {
    platform
        .draft
        .components
        .iter()
        .filter(move |(name, component)| {
            *name == place || component.segment.get().is_some_and(|segment| segment == place)
        })
        .filter(|(_, component)| has_own_machines(component))
        .map(|(name, _)| name.as_str())
}

fn places(backup: &Backup) -> impl Iterator<Item = &Fact<Name>> {
    let copies = [&backup.full, &backup.incremental, &backup.snapshot, &backup.archive];
    let places = copies.into_iter().flatten().flat_map(|copy| &copy.to);
    backup.to.iter().chain(places).chain(backup.log.iter().flat_map(|log| &log.to))
}

/// Users come to the listeners that are not for the platform's own watching.
fn public(target: &Component) -> Vec<Ports> {
    let outer = target.listens.iter().filter(|(name, _)| !INNER_LISTENERS.contains(&name.as_str()));
    let ports: Vec<Ports> = outer.filter_map(|(_, listener)| listener.port.copied()).collect();
    if ports.is_empty() { products::client_ports(target) } else { ports }
}

/// Returns the port of the named listener, else of the only one, else of the product.
fn served(target: &Component, listener: &Fact<Name>) -> Vec<Ports> {
    let stated: Vec<_> = match listener.get() {
        Some(name) => target.listens.get(name).into_iter().collect(),
        None => main_listeners(target),
    };
    let ports: Vec<Ports> = stated.into_iter().filter_map(|listener| listener.port.copied()).collect();
    if ports.is_empty() { products::client_ports(target) } else { ports }
}

/// Without a name, the listener is the only one that is not for watching, else the one with a common name.
fn main_listeners(target: &Component) -> Vec<&crate::component::Listener> {
    let outer: Vec<_> =
        target.listens.iter().filter(|(name, _)| !INNER_LISTENERS.contains(&name.as_str())).collect();
    if let [(_, only)] = outer[..] {
        return vec![only];
    }
    let common = ["http", "https", "sql"].into_iter().find_map(|name| target.listens.get(name));
    match common {
        Some(listener) => vec![listener],
        None => outer.into_iter().map(|(_, listener)| listener).collect(),
    }
}
