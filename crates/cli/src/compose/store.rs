//! Servers that keep data: MariaDB and Redis.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::Ipv4Net;
use sehat_engine::{mariadb, redis, sentinel};
use sehat_guest::store::{LEDGER_TABLE_SQL, Store};
use sehat_lab::blueprint::{Allowed, Limits, Ports, Protocol, Seed};
use sehat_platform::component::Topology;
use sehat_platform::{Component, Duration, Fact};

use super::site::Site;
use super::{Part, Server, join, vault};

/// The database that stand-ins and ledgers write to.
pub const DATABASE: &str = "sehat";
/// Where ledgers write.
pub const LEDGER: [&str; 2] = [DATABASE, "ledger"];
const APP: &str = "app";
pub const MONITOR: &str = "monitor";
pub const BACKUP: &str = "backup";

/// A member of a small cluster uses about 120 MB, its files lie in memory too.
const MARIADB_LIMITS: Limits =
    Limits { memory_bytes_max: 640 << 20, upper_bytes_max: 320 << 20, pid_count_max: 400 };
const REDIS_LIMITS: Limits =
    Limits { memory_bytes_max: 128 << 20, upper_bytes_max: 32 << 20, pid_count_max: 200 };

const SIZES: mariadb::Sizes =
    mariadb::Sizes { buffer_pool_bytes: 64 << 20, log_file_bytes: 24 << 20, galera_cache_bytes: 32 << 20 };
/// The health server's port, where the document names none.
const HEALTH_PORT: u16 = 9200;
const SENTINEL_PORT: u16 = 26379;

/// Returns the store as its clients see it, through the proxy that they use.
pub fn client(site: &Site<'_>, name: &str, through: Option<&str>) -> Option<Store> {
    match site.server(name)? {
        Server::Mariadb => Some(Store::Mariadb {
            address: site.way(name, through)?,
            user: APP.to_owned(),
            password: site.secret(&format!("{name}-{APP}")),
            database: DATABASE.to_owned(),
        }),
        Server::Redis if is_sentinel(site, name) => Some(Store::RedisSentinel {
            sentinels: sentinels(site, name),
            primary: name.to_owned(),
            password: Some(site.secret(name)),
            sentinel_password: Some(site.secret(&format!("{name}-sentinel"))),
        }),
        Server::Redis => {
            Some(Store::Redis { address: site.way(name, None)?, password: Some(site.secret(name)) })
        }
        _ => None,
    }
}

fn is_sentinel(site: &Site<'_>, name: &str) -> bool {
    site.component(name).is_some_and(|component| component.topology.get() == Some(&Topology::Sentinel))
}

pub fn health_port(site: &Site<'_>, name: &str) -> u16 {
    site.port(name, Some("health")).unwrap_or(HEALTH_PORT)
}

pub fn mariadb(site: &Site<'_>, name: &str, component: &Component, index: usize) -> Result<Part, String> {
    let galera = component.topology.get() == Some(&Topology::Galera);
    let members = site.addresses(name);
    let address = *members.get(index - 1).ok_or_else(|| format!("`{name}-{index}` has no address"))?;
    let mut contents = mariadb::contents(&mariadb::Input {
        name: format!("{name}-{index}"),
        address,
        port: site.port(name, Some("sql")).or_else(|| site.port(name, None)).unwrap_or(3306),
        health_port: health_port(site, name),
        health_ms_max: 250,
        ready_ms_max: 60_000,
        server_id: 1,
        sizes: SIZES,
        connections_max: 200,
        binlog_keep_ms: 86_400_000,
        durable: true,
        accounts: accounts(site, name),
        galera: galera.then(|| galera_input(site, name, component, members.clone())),
    });
    if let Some(backup) = vault::backup(site, name, component, index) {
        join(&mut contents, backup);
    }
    let tables = [(DATABASE.to_owned(), vec![LEDGER_TABLE_SQL.trim_end_matches(';').to_owned()])];
    let seed = mariadb::seed(galera, SIZES.log_file_bytes, &tables);
    let seed = Seed {
        name: seed.name,
        packages: seed.packages.into_iter().collect(),
        commands: seed.commands,
        path: seed.path.into(),
    };
    Ok(Part { contents, seeds: vec![seed], limits: MARIADB_LIMITS })
}

fn accounts(site: &Site<'_>, name: &str) -> Vec<mariadb::Account> {
    let account = |user: &str, rights| mariadb::Account {
        user: user.to_owned(),
        host: "%".to_owned(),
        password: site.secret(&format!("{name}-{user}")),
        rights,
    };
    vec![
        account(APP, mariadb::Rights::Application { database: DATABASE.to_owned() }),
        account(MONITOR, mariadb::Rights::Monitoring),
        account(BACKUP, mariadb::Rights::Backup),
    ]
}

fn galera_input(
    site: &Site<'_>,
    name: &str,
    component: &Component,
    members: Vec<Ipv4Addr>,
) -> mariadb::Galera {
    let timer = |key: &str| site.timer(name, "galera", key);
    mariadb::Galera {
        cluster: component
            .settings
            .get("wsrep_cluster_name")
            .and_then(|fact| fact.get())
            .cloned()
            .unwrap_or_else(|| name.to_owned()),
        members,
        evs: mariadb::Evs {
            keepalive_ms: timer("evs-keepalive"),
            suspect_ms: timer("evs-suspect"),
            inactive_ms: timer("evs-inactive"),
            inactive_check_ms: timer("evs-inactive-check"),
            install_ms: timer("evs-install"),
            join_retransmit_ms: timer("evs-join-retrans"),
        },
        state_transfer: state_transfer(site, name, component),
        gtid_domain: 1,
        accept_donor: true,
        applier_threads: 2,
    }
}

fn state_transfer(site: &Site<'_>, name: &str, component: &Component) -> mariadb::StateTransfer {
    match component.settings.get("wsrep_sst_method").and_then(|fact| fact.get()).map(String::as_str) {
        Some("mariabackup") => mariadb::StateTransfer::Mariabackup {
            user: BACKUP.to_owned(),
            password: site.secret(&format!("{name}-{BACKUP}")),
        },
        _ => mariadb::StateTransfer::Rsync,
    }
}

fn redis_port(site: &Site<'_>, name: &str) -> u16 {
    site.port(name, Some("redis")).unwrap_or(6379)
}

fn sentinels(site: &Site<'_>, name: &str) -> Vec<SocketAddr> {
    let port = site.port(name, Some("sentinel")).unwrap_or(SENTINEL_PORT);
    with_port(site, name, port)
}

fn with_port(site: &Site<'_>, name: &str, port: u16) -> Vec<SocketAddr> {
    site.addresses(name).into_iter().map(|address| SocketAddr::new(IpAddr::V4(address), port)).collect()
}

pub fn redis(site: &Site<'_>, name: &str, component: &Component, index: usize) -> Result<Part, String> {
    let servers = with_port(site, name, redis_port(site, name));
    let (Some(address), Some(first)) = (servers.get(index - 1), servers.first()) else {
        return Err(format!("`{name}-{index}` has no address"));
    };
    let with_sentinels = is_sentinel(site, name);
    let sentinel_password = Some(site.secret(&format!("{name}-sentinel")));
    let mut contents = redis::contents(&redis::Input {
        address: *address,
        first_primary: *first,
        sentinels: with_sentinels.then(|| redis::Sentinels {
            primary: name.to_owned(),
            addresses: sentinels(site, name),
            password: sentinel_password.clone(),
        }),
        password: Some(site.secret(name)),
        replicas_min: None,
        memory_bytes_max: 48 << 20,
        eviction: "noeviction".to_owned(),
        append_only: true,
    });
    if with_sentinels {
        let sentinel = sentinel_input(site, name, component, index, &servers, sentinel_password);
        join(&mut contents, sentinel::contents(&sentinel));
    }
    Ok(Part { contents, seeds: Vec::new(), limits: REDIS_LIMITS })
}

fn sentinel_input(
    site: &Site<'_>,
    name: &str,
    component: &Component,
    index: usize,
    servers: &[SocketAddr],
    sentinel_password: Option<String>,
) -> sentinel::Input {
    let sentinels = sentinels(site, name);
    let stated = component.failover.as_ref().and_then(|failover| failover.timers.get("down-after"));
    sentinel::Input {
        address: sentinels[index - 1],
        primary: name.to_owned(),
        first_primary: servers[0],
        servers: servers.to_vec(),
        quorum: sentinels.len() / 2 + 1,
        sentinels,
        down_after_ms: stated
            .and_then(Fact::copied)
            .map_or_else(|| site.timer(name, "sentinel", "down-after"), Duration::ms),
        failover_ms_max: site.timer(name, "sentinel", "failover-timeout"),
        parallel_syncs: 1,
        password: Some(site.secret(name)),
        sentinel_password,
    }
}

/// A member that starts asks the health servers of the others before it begins a cluster.
pub fn allowed(site: &Site<'_>) -> Vec<Allowed> {
    let galera = site.platform.draft.components.iter().filter(|(name, component)| {
        site.server(name) == Some(Server::Mariadb) && component.topology.get() == Some(&Topology::Galera)
    });
    galera
        .map(|(name, _)| {
            let members: BTreeSet<Ipv4Net> = site.addresses(name).into_iter().map(Ipv4Net::from).collect();
            let port = health_port(site, name);
            let ports = Some(Ports { first: port, last: port });
            Allowed { clients: members.clone(), servers: members, protocol: Protocol::Tcp, ports }
        })
        .collect()
}
