//! From a platform to what the lab builds.

mod balance;
mod client;
mod role;
mod site;
mod stand_in;
mod store;
mod vault;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use sehat_engine::contents::Contents;
use sehat_lab::blueprint::{
    Allowed, Blueprint, Difference, FrontDoor, Instance, Limits, Machine, Ports, Protocol, Router, Seed,
    Segment,
};
use sehat_platform::{Name, Platform};

pub use client::{CLIENT, INTERNET_RANGE, OBSERVER};
pub use role::{Role, Server};
pub use store::LEDGER;
pub use vault::{SCRATCH, SCRATCH_LIMITS, copies_key, scratch_machine, vault_machine};

use site::{Site, difference};

/// Where the binary lies on every lab machine.
pub const GUEST_PROGRAM: &str = "/usr/local/libexec/sehat";
/// A machine has one link.
const LINK: &str = "eth0";

/// A platform, ready for the lab.
#[derive(Clone, Debug, PartialEq)]
pub struct Composed {
    pub blueprint: Blueprint,
    pub roles: BTreeMap<Name, Role>,
}

/// What one instance, or one machine, needs beside its contents.
pub struct Part {
    pub contents: Contents,
    pub seeds: Vec<Seed>,
    pub limits: Limits,
}

impl From<Contents> for Part {
    fn from(contents: Contents) -> Self {
        Self { contents, seeds: Vec::new(), limits: SMALL }
    }
}

/// A proxy, a stand-in or a cache.
const SMALL: Limits = Limits { memory_bytes_max: 96 << 20, upper_bytes_max: 32 << 20, pid_count_max: 600 };

/// Maps the platform to a blueprint. `secret` returns a random text, the same for the same name.
pub fn compose(platform: &Platform, secret: &dyn Fn(&str) -> String) -> Result<Composed, String> {
    let site = Site::new(platform, secret);
    let mut seeds: BTreeMap<String, Seed> = BTreeMap::new();
    let mut machines = Vec::new();
    for name in site.machine_names() {
        machines.push(machine(&site, &name, &mut seeds)?);
    }
    if machines.is_empty() {
        return Err(
            "nothing of this platform can run in the lab: no component has machines and an engine".to_owned()
        );
    }
    let segments = segments(&site, &machines)?;
    machines.extend(vault::scratch(&site, &segments, &machines));
    machines.extend(client::machines(&site));
    let blueprint = Blueprint {
        platform: platform.name.clone(),
        environment: environment(platform),
        router: Router { name: "router".to_owned(), limits: SMALL },
        segments,
        machines,
        names: names(&site),
        front_doors: front_doors(&site),
        allowed: allowed(&site),
        seeds: seeds.into_values().collect(),
        differs: differences(&site),
    };
    Ok(Composed { blueprint, roles: site.roles })
}

/// Returns every store that a ledger can write to, as its clients reach it.
pub fn ledger_stores(
    platform: &Platform,
    secret: &dyn Fn(&str) -> String,
) -> BTreeMap<Name, sehat_guest::store::Store> {
    let site = Site::new(platform, secret);
    let stores = platform.components.keys().filter(|name| site.runs(name));
    stores.filter_map(|name| Some((name.clone(), stand_in::ledger_store(&site, name)?))).collect()
}

/// Returns the environment's name; `default` where the document has none.
pub fn environment(platform: &Platform) -> String {
    platform.environment.clone().unwrap_or_else(|| "default".to_owned())
}

fn machine(site: &Site<'_>, name: &str, seeds: &mut BTreeMap<String, Seed>) -> Result<Machine, String> {
    let stated = &site.platform.machines[name];
    let segment = stated
        .segment
        .clone()
        .ok_or_else(|| format!("`{name}` has no segment: state `segment:` for its component"))?;
    let Some(IpAddr::V4(address)) = stated.address else {
        return Err(format!("`{name}` has no IPv4 address: state `cidr:` for the segment `{segment}`"));
    };
    let mut made = Machine {
        name: name.to_owned(),
        node: stated.node.clone().unwrap_or_else(|| "unplaced".to_owned()),
        zone: stated.zone.clone().unwrap_or_else(|| "unplaced".to_owned()),
        segment,
        address,
        virtual_addresses: stated.virtual_addresses.iter().filter_map(ipv4).collect(),
        instances: Vec::new(),
        limits: Limits { memory_bytes_max: 0, upper_bytes_max: 0, pid_count_max: 0 },
        seeds: Vec::new(),
    };
    for instance in &stated.instances {
        if let Some(part) = part(site, instance)? {
            add(&mut made, instance, part, seeds);
        }
    }
    Ok(made)
}

fn ipv4(address: &IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(*address),
        IpAddr::V6(_) => None,
    }
}

fn add(machine: &mut Machine, instance: &str, part: Part, seeds: &mut BTreeMap<String, Seed>) {
    machine.limits.memory_bytes_max += part.limits.memory_bytes_max;
    machine.limits.upper_bytes_max += part.limits.upper_bytes_max;
    machine.limits.pid_count_max += part.limits.pid_count_max;
    machine.seeds.extend(part.seeds.iter().map(|seed| seed.name.clone()));
    machine.instances.push(Instance { name: instance.to_owned(), contents: part.contents });
    seeds.extend(part.seeds.into_iter().map(|seed| (seed.name.clone(), seed)));
}

/// Returns what an instance is made of; nothing where it does not run in the lab.
fn part(site: &Site<'_>, instance: &str) -> Result<Option<Part>, String> {
    let stated = &site.platform.instances[instance];
    let (name, index) = (stated.component.as_str(), stated.index);
    let Some(component) = site.component(name) else { return Ok(None) };
    let part = match site.roles.get(name) {
        Some(Role::Server(Server::Nginx)) => balance::nginx(site, name, component).into(),
        Some(Role::Server(Server::Haproxy)) => balance::haproxy(site, name, component).into(),
        Some(Role::Server(Server::Mariadb)) => store::mariadb(site, name, component, index)?,
        Some(Role::Server(Server::Redis)) => store::redis(site, name, component, index)?,
        Some(Role::Server(Server::Prometheus)) => watch::prometheus(site, name, component)?,
        Some(Role::Server(Server::Alertmanager)) => watch::alertmanager(site, name, component)?,
        Some(Role::Server(Server::Vault)) => vault::vault(site, name),
        Some(Role::StandIn) => stand_in::contents(site, name, component, index).into(),
        Some(Role::NotRun { .. }) | None => return Ok(None),
    };
    Ok(Some(with_helpers(site, part, name, index)))
}

/// Adds the address that moves and the exporters to an instance.
fn with_helpers(site: &Site<'_>, mut part: Part, name: &str, index: usize) -> Part {
    let Some(component) = site.component(name) else { return part };
    if let Some(keepalived) = balance::keepalived(site, name, component, index, LINK) {
        join(&mut part.contents, keepalived);
        part.contents.packages.insert("curl".to_owned());
    }
    for exporter in watch::exporters(site, name, component) {
        join(&mut part.contents, exporter);
    }
    part
}

/// One instance runs several processes: the server and what watches over it.
pub fn join(contents: &mut Contents, other: Contents) {
    contents.packages.extend(other.packages);
    contents.directories.extend(other.directories);
    contents.files.extend(other.files);
    contents.certificates.extend(other.certificates);
    contents.processes.extend(other.processes);
}

fn segments(site: &Site<'_>, machines: &[Machine]) -> Result<Vec<Segment>, String> {
    let used: BTreeSet<&str> = machines.iter().map(|machine| machine.segment.as_str()).collect();
    let mut segments = client::segments().to_vec();
    for (name, stated) in site.platform.draft.segments.iter().filter(|(name, _)| used.contains(name.as_str()))
    {
        let Some(sehat_platform::Cidr::V4(cidr)) = stated.cidr.copied() else {
            return Err(format!("segment `{name}` has no IPv4 range: state `cidr:`"));
        };
        let gateway =
            cidr.hosts().next().ok_or_else(|| format!("segment `{name}` has no room for a router"))?;
        segments.push(Segment { name: name.clone(), cidr, gateway, faces_internet: false });
    }
    Ok(segments)
}

fn names(site: &Site<'_>) -> BTreeMap<String, BTreeSet<Ipv4Addr>> {
    let mut names: BTreeMap<String, BTreeSet<Ipv4Addr>> = BTreeMap::new();
    for name in site.machine_names() {
        names
            .entry(name.clone())
            .or_default()
            .extend(site.platform.machines[&name].address.as_ref().and_then(ipv4));
    }
    for (name, component) in site.platform.draft.components.iter().filter(|(name, _)| site.runs(name)) {
        let entry: Vec<Ipv4Addr> =
            site.moving_address(name).map_or_else(|| site.addresses(name), |address| vec![address]);
        let host = component.host.get().into_iter().cloned();
        for known in host.chain([format!("{name}.lab")]) {
            names.entry(known).or_default().extend(&entry);
        }
    }
    names
}

/// The first component of each journey is reached from the real machine.
fn front_doors(site: &Site<'_>) -> Vec<FrontDoor> {
    let first = site.platform.journeys.values().filter_map(|journey| journey.through.first()?.get());
    let doors: BTreeSet<&Name> = first.filter(|name| site.runs(name)).collect();
    doors
        .into_iter()
        .filter_map(|name| {
            let target = std::net::SocketAddrV4::new(site.entry(name)?, site.port(name, None)?);
            Some(FrontDoor { name: name.clone(), through: CLIENT.to_owned(), target })
        })
        .collect()
}

/// What the platform allows, and what the lab itself needs to measure.
fn allowed(site: &Site<'_>) -> Vec<Allowed> {
    let internet: BTreeSet<sehat_platform::Cidr> = [sehat_platform::Cidr::V4(INTERNET_RANGE)].into();
    let platform = sehat_reach::allowed(site.platform).connections(site.platform, &internet);
    platform
        .iter()
        .filter_map(of_connection)
        .chain(client::allowed(site))
        .chain(store::allowed(site))
        .collect()
}

fn of_connection(connection: &sehat_reach::Connection) -> Option<Allowed> {
    let protocol = match connection.ports.protocol {
        sehat_platform::Protocol::Tcp => Protocol::Tcp,
        sehat_platform::Protocol::Udp => Protocol::Udp,
        sehat_platform::Protocol::Icmp => Protocol::Icmp,
        sehat_platform::Protocol::Vrrp => Protocol::Vrrp,
        sehat_platform::Protocol::Sctp => return None,
    };
    let ports = matches!(protocol, Protocol::Tcp | Protocol::Udp)
        .then_some(Ports { first: connection.ports.first, last: connection.ports.last });
    let v4 = |ranges: &BTreeSet<sehat_platform::Cidr>| {
        let v4 = ranges.iter().filter_map(|range| match range {
            sehat_platform::Cidr::V4(range) => Some(*range),
            sehat_platform::Cidr::V6(_) => None,
        });
        v4.collect::<BTreeSet<_>>()
    };
    Some(Allowed { clients: v4(&connection.clients), servers: v4(&connection.servers), protocol, ports })
}

/// Every point in which the lab is not the platform.
fn differences(site: &Site<'_>) -> Vec<Difference> {
    let mut differs = Vec::new();
    for (name, role) in &site.roles {
        let Some(component) = site.component(name) else { continue };
        let product = component.product.get().map_or("a program of its own", String::as_str);
        match role {
            Role::StandIn => differs.push(difference(
                name,
                product,
                "Sehat's stand-in",
                "the service's program is not at hand",
            )),
            Role::NotRun { reason } => differs.push(difference(name, product, "not run", reason)),
            Role::Server(_) => {
                differs.extend(size(name, component));
                differs.extend(whole_seconds(site, name, component));
            }
        }
    }
    differs.push(difference(
        "certificates",
        "as the document names them",
        "the lab's own authority",
        "no public authority issues for a lab",
    ));
    let kept = "a machine that is switched off loses nothing that was written, synced or not";
    differs.push(difference("disks", "disks", "memory", kept));
    differs.push(difference("nodes", "separate machines", "namespaces of one machine", "a copy on one host"));
    differs
}

/// keepalived's checks know no parts of a second. A subject that names component and key leaves every verdict unknown
/// whose prediction uses the value.
fn whole_seconds(site: &Site<'_>, name: &str, component: &sehat_platform::Component) -> Option<Difference> {
    let by = component.failover.as_ref()?.by.get()?;
    let ms = site.timer(name, "keepalived", "script-interval");
    (by == "keepalived" && !ms.is_multiple_of(1000)).then(|| {
        let lab = format!("{} s", ms.div_ceil(1000));
        difference(
            &format!("{name}.script-interval"),
            format!("{ms} ms"),
            lab,
            "keepalived checks at whole seconds",
        )
    })
}

fn size(name: &str, component: &sehat_platform::Component) -> Option<Difference> {
    let memory = component.size.memory.get()?;
    Some(difference(name, format!("{memory} of memory"), "less", "the whole platform shares one machine"))
}
