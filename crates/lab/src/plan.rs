//! From a blueprint to what each machine's first process is told: network, files, processes, rules.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use sehat_engine::contents::{Contents, Directory, File, Probe, Process, Restart, Stop};
use serde::{Deserialize, Serialize};

use crate::blueprint::{Blueprint, Instance, Limits, Machine};
use crate::filters::{machine_ruleset, router_ruleset};
use crate::names::{MACHINE_LINK, bridge, leg, leg_port, machine_port};

/// Everything that one machine is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachinePlan {
    pub name: String,
    pub links: Vec<Link>,
    pub gateway: Option<Ipv4Addr>,
    /// Forwards packets between its links.
    pub forwards: bool,
    /// For `nft -j -f -`.
    pub ruleset: String,
    /// Written before anything starts, over what the root holds.
    pub system_files: Vec<SystemFile>,
    pub instances: Vec<Instance>,
    pub limits: Limits,
    /// Names of cached layers between the root and the machine's own.
    pub seeds: Vec<String>,
}

/// One end in the machine, the other in a segment's bridge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub name: String,
    pub port: String,
    pub bridge: String,
    pub address: Ipv4Net,
    /// The hardware address, derived from the IP address, so that it is the same in every run.
    pub hardware: [u8; 6],
}

/// A world-readable file of the machine that no instance owns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemFile {
    pub path: String,
    pub text: String,
}

/// Plans of all machines, the router's first, because every other needs it.
pub fn plan_machines(blueprint: &Blueprint) -> Vec<MachinePlan> {
    let machines = blueprint.machines.iter().enumerate();
    let planned = machines.filter_map(|(index, machine)| plan_machine(blueprint, index, machine));
    [plan_router(blueprint)].into_iter().chain(planned).collect()
}

fn plan_machine(blueprint: &Blueprint, index: usize, machine: &Machine) -> Option<MachinePlan> {
    let segment_index = blueprint.segments.iter().position(|segment| segment.name == machine.segment)?;
    let segment = &blueprint.segments[segment_index];
    Some(MachinePlan {
        name: machine.name.clone(),
        links: vec![Link {
            name: MACHINE_LINK.into(),
            port: machine_port(index),
            bridge: bridge(segment_index),
            address: within(machine.address, segment.cidr),
            hardware: hardware(machine.address),
        }],
        gateway: Some(segment.gateway),
        forwards: false,
        ruleset: machine_ruleset(blueprint, machine).to_json(),
        system_files: system_files(blueprint, &machine.name, segment.gateway),
        instances: machine.instances.clone(),
        limits: machine.limits,
        seeds: machine.seeds.clone(),
    })
}

fn plan_router(blueprint: &Blueprint) -> MachinePlan {
    let router = &blueprint.router;
    let legs = blueprint.segments.iter().enumerate().map(|(index, segment)| Link {
        name: leg(index),
        port: leg_port(index),
        bridge: bridge(index),
        address: within(segment.gateway, segment.cidr),
        hardware: hardware(segment.gateway),
    });
    MachinePlan {
        name: router.name.clone(),
        links: legs.collect(),
        gateway: None,
        forwards: true,
        ruleset: router_ruleset(blueprint).to_json(),
        system_files: system_files(blueprint, &router.name, Ipv4Addr::LOCALHOST),
        instances: vec![Instance { name: "resolver".into(), contents: resolver(blueprint) }],
        limits: router.limits,
        seeds: Vec::new(),
    }
}

/// A host's address with the length of its segment's range.
fn within(address: Ipv4Addr, range: Ipv4Net) -> Ipv4Net {
    Ipv4Net::new(address, range.prefix_len()).unwrap_or(range)
}

/// 02 marks an address that no vendor owns (IEEE 802, locally administered).
fn hardware(address: Ipv4Addr) -> [u8; 6] {
    let [a, b, c, d] = address.octets();
    [0x02, 0x5e, a, b, c, d]
}

/// The same for a machine without a network, which knows itself only.
pub fn lone_system_files(machine: &str) -> Vec<SystemFile> {
    let file = |path: &str, text: String| SystemFile { path: path.into(), text };
    vec![
        file("/etc/hostname", format!("{machine}\n")),
        file("/etc/hosts", format!("127.0.0.1 localhost {machine}\n")),
        file("/etc/resolv.conf", String::new()),
        file("/etc/nsswitch.conf", NSSWITCH.replace("files dns", "files")),
    ]
}

fn system_files(blueprint: &Blueprint, machine: &str, resolver: Ipv4Addr) -> Vec<SystemFile> {
    let file = |path: &str, text: String| SystemFile { path: path.into(), text };
    vec![
        file("/etc/hostname", format!("{machine}\n")),
        file("/etc/hosts", format!("127.0.0.1 localhost\n{}", hosts(&blueprint.names))),
        // A resolver that does not answer stalls clusters for seconds, hence the short timeout.
        file("/etc/resolv.conf", format!("nameserver {resolver}\noptions timeout:1 attempts:1\n")),
        file("/etc/nsswitch.conf", NSSWITCH.into()),
    ]
}

const NSSWITCH: &str = "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\n\
protocols: files\nservices: files\n";

fn hosts<'a>(
    names: impl IntoIterator<Item = (&'a String, &'a std::collections::BTreeSet<Ipv4Addr>)>,
) -> String {
    let mut by_address: BTreeMap<Ipv4Addr, Vec<&str>> = BTreeMap::new();
    for (name, addresses) in names {
        for address in addresses {
            by_address.entry(*address).or_default().push(name);
        }
    }
    by_address.iter().fold(String::new(), |mut text, (address, names)| {
        let _ = writeln!(text, "{address} {}", names.join(" "));
        text
    })
}

const RESOLVER_NAMES: &str = "/etc/sehat/names";

/// The lab's DNS: it knows the lab's names and asks nobody else.
fn resolver(blueprint: &Blueprint) -> Contents {
    Contents {
        packages: ["dnsmasq-base".into()].into(),
        directories: vec![Directory { path: "/etc/sehat".into(), owner: "root".into(), mode: 0o755 }],
        files: vec![File {
            path: RESOLVER_NAMES.into(),
            owner: "root".into(),
            mode: 0o644,
            text: hosts(&blueprint.names),
            secret: false,
        }],
        processes: vec![dnsmasq()],
        ..Contents::default()
    }
}

fn dnsmasq() -> Process {
    let names = format!("--addn-hosts={RESOLVER_NAMES}");
    // `address=/#/` answers every other name with "no such name" instead of letting the client wait.
    let options = ["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", &names];
    let command = ["/usr/sbin/dnsmasq"].iter().chain(&options).chain(&["--address=/#/", "--user=root"]);
    Process {
        name: "dns".into(),
        user: "root".into(),
        command: command.map(ToString::to_string).collect(),
        environment: BTreeMap::new(),
        before_start: Vec::new(),
        after: Vec::new(),
        restart: Restart::Always { delay_ms: 200 },
        ready: Probe::Tcp { port: 53 },
        ready_ms_max: 10_000,
        stop: Stop { signal: 15, limit_ms: 2_000 },
    }
}

/// Packages that the lab itself wants in every root.
pub const LAB_PACKAGES: [&str; 6] =
    ["ca-certificates", "dnsmasq-base", "iproute2", "iputils-ping", "nftables", "procps"];
