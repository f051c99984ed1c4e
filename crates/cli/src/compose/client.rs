//! The two machines that the lab adds: users in the internet, and the observer inside.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::Ipv4Net;
use sehat_engine::contents::{Contents, Directory, File, Probe, Process};
use sehat_guest::alerts::Alerts;
use sehat_lab::blueprint::{Allowed, Instance, Limits, Machine, Ports, Protocol, Segment};
use sehat_platform::component::Kind;

use super::site::Site;
use super::{GUEST_PROGRAM, Server};

/// The machine that users' requests come from.
pub const CLIENT: &str = "client";
/// The machine that writes ledgers and receives alerts.
pub const OBSERVER: &str = "observer";
/// Addresses for documentation (RFC 5737), so no platform has them.
pub const INTERNET_RANGE: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(203, 0, 113, 0), 24);
const INTERNET: &str = "internet";
const CLIENT_ADDRESS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);
/// Addresses for documentation too, for what watches from beside the platform.
const OBSERVER_RANGE: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(198, 51, 100, 0), 24);
const OBSERVER_ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 10);
/// Where Alertmanager delivers.
pub const ALERTS_PORT: u16 = 9099;
/// What drills write on these machines.
pub const WORK_FOLDER: &str = "/var/lib/sehat";

const LIMITS: Limits = Limits { memory_bytes_max: 160 << 20, upper_bytes_max: 64 << 20, pid_count_max: 256 };

/// The segments that the lab adds.
pub fn segments() -> [Segment; 2] {
    [
        Segment {
            name: INTERNET.to_owned(),
            cidr: INTERNET_RANGE,
            gateway: Ipv4Addr::new(203, 0, 113, 1),
            faces_internet: true,
        },
        Segment {
            name: OBSERVER.to_owned(),
            cidr: OBSERVER_RANGE,
            gateway: Ipv4Addr::new(198, 51, 100, 1),
            faces_internet: false,
        },
    ]
}

pub fn machines(site: &Site<'_>) -> Vec<Machine> {
    let names = site.machine_names();
    let free = |name: &str| !names.contains(name);
    [(CLIENT, INTERNET, CLIENT_ADDRESS, work()), (OBSERVER, OBSERVER, OBSERVER_ADDRESS, alerts())]
        .into_iter()
        .filter(|(name, ..)| free(name))
        .map(|(name, segment, address, contents)| Machine {
            name: name.to_owned(),
            node: "outside".to_owned(),
            zone: "outside".to_owned(),
            segment: segment.to_owned(),
            address,
            virtual_addresses: BTreeSet::new(),
            instances: vec![Instance { name: name.to_owned(), contents }],
            limits: LIMITS,
            seeds: Vec::new(),
        })
        .collect()
}

fn work() -> Contents {
    Contents { directories: vec![Directory::new(WORK_FOLDER, "root", 0o755)], ..Contents::default() }
}

fn alerts() -> Contents {
    let config = Alerts {
        listens: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), ALERTS_PORT),
        log_path: format!("{WORK_FOLDER}/alerts.jsonl").into(),
    };
    let path = "/etc/sehat/alerts.json";
    let process = Process::new("alerts", "root", &[GUEST_PROGRAM, "guest", "alerts", "--config", path])
        .ready(Probe::Tcp { port: ALERTS_PORT }, 10_000);
    let text = serde_json::to_string_pretty(&config).unwrap_or_default();
    Contents { files: vec![File::plain(path, text)], processes: vec![process], ..work() }
}

/// Where alerts are delivered.
pub fn alerts_address() -> SocketAddr {
    (OBSERVER_ADDRESS, ALERTS_PORT).into()
}

/// What the observer may reach beyond the platform's own flows: the stores that its ledgers write to, as their clients
/// do; and who may tell it of alerts.
pub fn allowed(site: &Site<'_>) -> Vec<Allowed> {
    let observer: BTreeSet<Ipv4Net> = [Ipv4Net::from(OBSERVER_ADDRESS)].into();
    let mut allowed = Vec::new();
    for (name, component) in site.platform.draft.components.iter().filter(|(name, _)| site.runs(name)) {
        let is_store = matches!(site.server(name), Some(Server::Mariadb | Server::Redis));
        let leads_to_store = component.kind.get() == Some(&Kind::LoadBalancer)
            && component
                .routes
                .values()
                .any(|route| route.to.get().is_some_and(|to| site.server(to) == Some(Server::Mariadb)));
        if is_store || leads_to_store {
            let servers: BTreeSet<Ipv4Net> = site
                .addresses(name)
                .into_iter()
                .chain(site.moving_address(name))
                .map(Ipv4Net::from)
                .collect();
            for listener in component.listens.values().filter_map(|listener| listener.port.get()) {
                let ports = Some(Ports { first: listener.first, last: listener.last });
                allowed.push(Allowed {
                    clients: observer.clone(),
                    servers: servers.clone(),
                    protocol: Protocol::Tcp,
                    ports,
                });
            }
        }
        if site.server(name) == Some(Server::Alertmanager) {
            let clients = site.addresses(name).into_iter().map(Ipv4Net::from).collect();
            let ports = Some(Ports { first: ALERTS_PORT, last: ALERTS_PORT });
            allowed.push(Allowed { clients, servers: observer.clone(), protocol: Protocol::Tcp, ports });
        }
    }
    allowed
}
