//! A small platform: a client in the internet, an edge in the DMZ, two web servers behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};

use ipnet::Ipv4Net;
use sehat_engine::contents::{Contents, File, Probe, Process, Restart, Stop};
use sehat_lab::Blueprint;
use sehat_lab::blueprint::{Allowed, FrontDoor, Instance, Limits, Machine, Ports, Protocol, Router, Segment};
use sehat_lab_linux::Layers;
use sehat_lab_linux::root::{self, Root};

pub const EDGE: Ipv4Addr = Ipv4Addr::new(192, 168, 10, 10);
pub const WEB_1: Ipv4Addr = Ipv4Addr::new(192, 168, 20, 11);
pub const WEB_2: Ipv4Addr = Ipv4Addr::new(192, 168, 20, 12);
pub const CLIENT: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// The root of these tests, built on first use and kept in the cache.
pub fn prepared_root() -> Root {
    root::prepare(&packages(), &root::Sources::of_machine().unwrap(), &mut |_| {}).unwrap()
}

pub fn packages() -> BTreeSet<String> {
    PACKAGES.map(Into::into).into()
}

const PACKAGES: [&str; 4] = ["curl", "mariadb-server", "nginx-light", "openssh-client"];

pub fn layers() -> Layers {
    Layers { root: prepared_root().file_system(), seeds: BTreeMap::new() }
}

pub fn clinic(platform: &str) -> Blueprint {
    Blueprint {
        platform: platform.into(),
        environment: "test".into(),
        router: Router { name: "router".into(), limits: Limits::default() },
        segments: vec![
            segment("internet", "203.0.113.0/24", [203, 0, 113, 1], true),
            segment("dmz", "192.168.10.0/24", [192, 168, 10, 1], false),
            segment("application", "192.168.20.0/24", [192, 168, 20, 1], false),
        ],
        machines: vec![
            machine("client", "internet", CLIENT, Contents::default()),
            machine("edge", "dmz", EDGE, nginx("edge", 80, &["web-1/nginx", "web-2/nginx"])),
            machine("web-1", "application", WEB_1, nginx("web-1", 8080, &[])),
            machine("web-2", "application", WEB_2, nginx("web-2", 8080, &[])),
        ],
        names: [("edge".to_string(), [EDGE].into()), ("web".to_string(), [WEB_1, WEB_2].into())].into(),
        front_doors: vec![FrontDoor {
            name: "edge".into(),
            through: "client".into(),
            target: SocketAddrV4::new(EDGE, 80),
        }],
        allowed: vec![
            allow("0.0.0.0/0", "192.168.10.10/32", Protocol::Tcp, Some(80)),
            allow("192.168.10.0/24", "192.168.20.0/24", Protocol::Tcp, Some(8080)),
            allow("192.168.10.0/24", "192.168.20.0/24", Protocol::Icmp, None),
        ],
        seeds: Vec::new(),
        differs: Vec::new(),
    }
}

pub fn segment(name: &str, cidr: &str, gateway: [u8; 4], faces_internet: bool) -> Segment {
    Segment { name: name.into(), cidr: cidr.parse().unwrap(), gateway: gateway.into(), faces_internet }
}

pub fn machine(name: &str, segment: &str, address: Ipv4Addr, contents: Contents) -> Machine {
    Machine {
        name: name.into(),
        node: "pve-01".into(),
        zone: "room-1".into(),
        segment: segment.into(),
        address,
        virtual_addresses: BTreeSet::new(),
        instances: vec![Instance { name: name.into(), contents }],
        limits: Limits::default(),
        seeds: Vec::new(),
    }
}

pub fn allow(clients: &str, servers: &str, protocol: Protocol, port: Option<u16>) -> Allowed {
    let network = |text: &str| BTreeSet::from([text.parse::<Ipv4Net>().unwrap()]);
    let ports = port.map(|port| Ports { first: port, last: port });
    Allowed { clients: network(clients), servers: network(servers), protocol, ports }
}

pub fn nginx(name: &str, port: u16, after: &[&str]) -> Contents {
    let text = format!(
        "daemon off; worker_processes 1; pid /run/nginx.pid; error_log stderr;\n\
         events {{ worker_connections 64; }}\n\
         http {{ access_log off; server {{ listen {port}; location / {{ return 200 \"{name}\\n\"; }} }} }}\n"
    );
    let file =
        File { path: "/etc/nginx/lab.conf".into(), owner: "root".into(), mode: 0o644, text, secret: false };
    let process = Process {
        name: "nginx".into(),
        user: "root".into(),
        command: ["/usr/sbin/nginx", "-c", "/etc/nginx/lab.conf"].map(Into::into).to_vec(),
        environment: BTreeMap::new(),
        before_start: Vec::new(),
        after: after.iter().map(ToString::to_string).collect(),
        restart: Restart::Always { delay_ms: 200 },
        ready: Probe::Http { port, path: "/".into(), status: 200 },
        ready_ms_max: 20_000,
        stop: Stop { signal: 3, limit_ms: 5_000 },
    };
    Contents { files: vec![file], processes: vec![process], ..Contents::default() }
}
