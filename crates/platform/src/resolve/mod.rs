//! From what is stated to what follows: instances, machines, addresses, needs.

mod addresses;
mod needs;
mod placement;
mod references;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Deref;

use sehat_diagnostic::{Diagnostic, Origin};

use crate::{Draft, Name, Ports};

/// A platform for one environment: what is stated, and what follows from it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Platform {
    pub draft: Draft,
    /// By name, `records-1`.
    pub instances: BTreeMap<Name, Instance>,
    pub machines: BTreeMap<Name, Machine>,
    /// Sorted, each once.
    pub needs: Vec<Need>,
}

impl Deref for Platform {
    type Target = Draft;

    fn deref(&self) -> &Draft {
        &self.draft
    }
}

/// One process of a component. Managed and external components have none.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    pub component: Name,
    /// Counts from 1.
    pub index: usize,
    pub machine: Name,
}

/// A virtual machine, pod or server. Its instances share its address and its fate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Machine {
    pub segment: Option<Name>,
    pub address: Option<IpAddr>,
    /// Addresses that it may hold when others fail.
    pub virtual_addresses: Vec<IpAddr>,
    /// Absent where the document names no nodes.
    pub node: Option<Name>,
    pub zone: Option<Name>,
    pub site: Option<Name>,
    pub instances: Vec<Name>,
}

/// A connection that a dependency needs. Parties are components, or `internet`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    pub client: Name,
    pub server: Name,
    pub ports: Ports,
    pub reason: Reason,
    /// Where the dependency is stated.
    pub origin: Origin,
}

/// Why a connection is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The first component of a journey, reached by users.
    Users,
    Uses,
    Routes,
    /// Members of one component among themselves.
    Peers,
    Health,
    Scrapes,
    Collects,
    Backup,
    Alerts,
    Administers,
}

/// The party that stands for users and everything outside.
pub const INTERNET: &str = "internet";

impl Platform {
    /// Returns the names of a component's instances, in order of their index.
    pub fn instances_of<'a>(&'a self, component: &'a str) -> impl Iterator<Item = (&'a Name, &'a Instance)> {
        self.instances.iter().filter(move |(_, instance)| instance.component == component)
    }

    /// Returns the machine that an instance runs on.
    pub fn machine_of(&self, instance: &str) -> Option<&Machine> {
        self.machines.get(&self.instances.get(instance)?.machine)
    }

    /// Returns the country of a site, zone, managed region or component's machines where it is stated.
    pub fn site_of_node(&self, node: &str) -> Option<&Name> {
        self.sites
            .iter()
            .find(|(_, site)| site.zones.values().any(|zone| zone.nodes.contains_key(node)))
            .map(|(name, _)| name)
    }
}

/// Derives everything that follows from the draft, and reports every reference that leads nowhere.
pub fn resolve(draft: Draft) -> (Platform, Vec<Diagnostic>) {
    let diagnostics = references::check(&draft);
    let mut platform = Platform { draft, ..Platform::default() };
    placement::place(&mut platform);
    let mut diagnostics: Vec<_> = diagnostics.into_iter().chain(addresses::assign(&mut platform)).collect();
    needs::derive(&mut platform);
    diagnostics.sort_by(|a, b| a.origin.cmp(&b.origin));
    (platform, diagnostics)
}
