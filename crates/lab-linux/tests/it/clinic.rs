//! A small platform: a client in the internet, an edge in the DMZ, two web servers behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};

use ipnet::Ipv4Net;
use sehat_engine::contents::{Contents, File, Probe, Process, Restart, Stop};
use sehat_lab::Blueprint;
use sehat_lab::blueprint::{
    Allowed, FrontDoor, Instance, Limits, Machine, Ports, Protocol, Router, Seed, Segment,
};
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

/// The root and the seeds of a blueprint.
pub fn layers_of(blueprint: &Blueprint) -> Layers {
    let root = prepared_root();
    let seeds = blueprint.seeds.iter().map(|seed| {
        let path = root::prepare_seed(&root, seed, &mut |_| {}).unwrap();
        (seed.name.clone(), path)
    });
    Layers { root: root.file_system(), seeds: seeds.collect() }
}

/// The clinic with a MariaDB that starts from a prepared, empty database, and a web server that waits for it.
pub fn with_database(platform: &str) -> Blueprint {
    let mut blueprint = clinic(platform);
    blueprint.machines.truncate(3);
    let mut database = machine("db-1", "application", WEB_2, mariadb());
    database.seeds = vec!["mariadb".into()];
    database.limits = Limits { memory_bytes_max: 512 << 20, upper_bytes_max: 256 << 20, pid_count_max: 512 };
    blueprint.machines.push(database);
    blueprint.machines[1].instances[0].contents = nginx("edge", 80, &["web-1/nginx"]);
    blueprint.machines[2].instances[0].contents = nginx("web-1", 8080, &["db-1/mariadb"]);
    blueprint.seeds = vec![empty_database()];
    blueprint
}

fn empty_database() -> Seed {
    let install =
        ["mariadb-install-db", "--no-defaults", "--user=mysql", "--datadir=/srv/mysql", "--skip-test-db"];
    let log_size = "--innodb-log-file-size=8M";
    let commands = vec![install.iter().chain(&[log_size]).map(ToString::to_string).collect()];
    Seed {
        name: "mariadb".into(),
        packages: ["mariadb-server".into()].into(),
        commands,
        path: "/srv/mysql".into(),
    }
}

fn mariadb() -> Contents {
    let words = |text: &str| text.split(' ').map(ToString::to_string).collect();
    let process = Process {
        name: "mariadb".into(),
        user: "mysql".into(),
        command: words(
            "/usr/sbin/mariadbd --no-defaults --datadir=/srv/mysql --socket=/run/mysqld/mysqld.sock \
             --innodb-log-file-size=8M --innodb-buffer-pool-size=16M --performance-schema=OFF",
        ),
        environment: BTreeMap::new(),
        before_start: vec![words("install -d -o mysql -g mysql /run/mysqld")],
        after: Vec::new(),
        restart: Restart::Always { delay_ms: 500 },
        ready: Probe::Command {
            command: words("mariadb --no-defaults -Ne SELECT(41+1)"),
            contains: "42".into(),
        },
        ready_ms_max: 30_000,
        stop: Stop { signal: 15, limit_ms: 10_000 },
    };
    Contents { processes: vec![process], ..Contents::default() }
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
