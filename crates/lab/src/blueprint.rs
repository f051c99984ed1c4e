//! What a lab consists of: everything that its first process must know to build it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;

use ipnet::Ipv4Net;
use sehat_engine::contents::Contents;
use serde::{Deserialize, Serialize};

/// One platform in one environment, ready to be built on one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blueprint {
    pub platform: String,
    pub environment: String,
    /// Joins the segments, filters between them and answers names.
    pub router: Router,
    pub segments: Vec<Segment>,
    pub machines: Vec<Machine>,
    /// Host name to addresses, answered by the lab's own DNS and by `/etc/hosts`.
    pub names: BTreeMap<String, BTreeSet<Ipv4Addr>>,
    pub front_doors: Vec<FrontDoor>,
    pub allowed: Vec<Allowed>,
    /// Prepared data that machines start from.
    pub seeds: Vec<Seed>,
    /// Where the lab differs from the platform; printed in every report.
    pub differs: Vec<Difference>,
}

impl Blueprint {
    /// The lab's name, `health-infraops-production`; folders, sockets and cgroups carry it.
    pub fn name(&self) -> String {
        format!("{}-{}", self.platform, self.environment)
    }

    /// Every Debian package that a machine of this lab wants.
    pub fn packages(&self) -> BTreeSet<String> {
        let instances = self.machines.iter().flat_map(|machine| &machine.instances);
        let wanted = instances.flat_map(|instance| &instance.contents.packages);
        let seeds = self.seeds.iter().flat_map(|seed| &seed.packages);
        wanted.chain(seeds).cloned().collect()
    }

    /// Memory that the machines may use together, their file systems included.
    pub fn memory_bytes_max(&self) -> u64 {
        let machines = self.machines.iter().map(|machine| machine.limits.memory_bytes_max);
        machines.sum::<u64>() + self.router.limits.memory_bytes_max
    }

    pub fn machine(&self, name: &str) -> Option<&Machine> {
        self.machines.iter().find(|machine| machine.name == name)
    }

    pub fn segment(&self, name: &str) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.name == name)
    }
}

/// The machine with a leg in every segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Router {
    pub name: String,
    pub limits: Limits,
}

/// A network with an address range, a bridge of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    pub name: String,
    pub cidr: Ipv4Net,
    /// The router's address in this segment.
    pub gateway: Ipv4Addr,
    /// Sources here are anyone's, but never those of another segment.
    pub faces_internet: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    pub name: String,
    pub node: String,
    pub zone: String,
    pub segment: String,
    pub address: Ipv4Addr,
    /// Addresses of the same segment that this machine takes over when it has to (VRRP).
    pub virtual_addresses: BTreeSet<Ipv4Addr>,
    pub instances: Vec<Instance>,
    pub limits: Limits,
    /// Names of the seeds that its file system starts from.
    pub seeds: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    pub name: String,
    pub contents: Contents,
}

/// What a machine may use at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Of its processes and of its files together, because its upper layer lies in memory.
    pub memory_bytes_max: u64,
    /// Of the files that it writes.
    pub upper_bytes_max: u64,
    pub pid_count_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes_max: 256 << 20, upper_bytes_max: 128 << 20, pid_count_max: 512 }
    }
}

/// A port of 127.0.0.1 of the real machine that leads to an address of the lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrontDoor {
    pub name: String,
    /// The machine whose network the connection comes from, so that filters apply to it.
    pub through: String,
    pub target: SocketAddrV4,
}

/// Connections that the platform's filters let through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    pub clients: BTreeSet<Ipv4Net>,
    pub servers: BTreeSet<Ipv4Net>,
    pub protocol: Protocol,
    /// `None` for every port, and for protocols without ports.
    pub ports: Option<Ports>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Tcp,
    Udp,
    Icmp,
    Vrrp,
}

/// An inclusive range of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ports {
    pub first: u16,
    pub last: u16,
}

/// Data that is made once per root by real commands and then cached as a layer, such as an empty database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seed {
    pub name: String,
    /// Part of the key, so that new versions make a new seed.
    pub packages: BTreeSet<String>,
    /// Run as root, one after another, on a machine without a network.
    pub commands: Vec<Vec<String>>,
    /// The folder that is kept.
    pub path: PathBuf,
}

/// One point in which the lab is not the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub subject: String,
    pub platform: String,
    pub lab: String,
    pub reason: String,
}
