//! What an engine writes for a part of the guest, the part can read.

use std::net::{Ipv4Addr, SocketAddr};

use sehat_engine::contents::{Contents, SEHAT};
use sehat_engine::{mariadb, redis, sentinel};
use sehat_guest::ask::SentinelReady;
use sehat_guest::galera_start::GaleraStart;
use sehat_guest::redis_start::RedisStart;
use sehat_guest::wsrep_health::WsrepHealth;
use serde::de::DeserializeOwned;

fn server(last: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([192, 168, 20, last], port))
}

/// Reads the file that the process which runs this part of the guest is given.
fn config<T: DeserializeOwned>(contents: &Contents, part: &[&str]) -> T {
    let commands = contents.processes.iter().flat_map(|process| {
        let probe = match &process.ready {
            sehat_engine::contents::Probe::Command { command, .. } => Some(command),
            _ => None,
        };
        [Some(&process.command), probe].into_iter().flatten()
    });
    let start: Vec<String> = [SEHAT, "guest"].iter().chain(part).map(|word| (*word).to_owned()).collect();
    let command = commands.into_iter().find(|command| command.starts_with(&start)).unwrap();
    let file =
        contents.files.iter().find(|file| Some(file.path.as_os_str()) == command.last().map(AsRef::as_ref));
    serde_json::from_str(&file.unwrap().text).unwrap()
}

#[test]
fn a_galera_member() {
    let members: Vec<Ipv4Addr> = (1..=3).map(|last| Ipv4Addr::new(192, 168, 30, last)).collect();
    let evs = mariadb::Evs {
        keepalive_ms: 300,
        suspect_ms: 1500,
        inactive_ms: 4000,
        inactive_check_ms: 200,
        install_ms: 3000,
        join_retransmit_ms: 300,
    };
    let galera = mariadb::Galera {
        cluster: "records".to_owned(),
        members: members.clone(),
        evs,
        state_transfer: mariadb::StateTransfer::Rsync,
        gtid_domain: 1,
        accept_donor: false,
        applier_threads: 2,
    };
    let contents = mariadb::contents(&mariadb::Input {
        name: "records-2".to_owned(),
        address: members[1],
        port: 3306,
        health_port: 9200,
        health_ms_max: 50,
        ready_ms_max: 60_000,
        server_id: 1,
        sizes: mariadb::Sizes {
            buffer_pool_bytes: 64 << 20,
            log_file_bytes: 24 << 20,
            galera_cache_bytes: 32 << 20,
        },
        connections_max: 120,
        binlog_keep_ms: 86_400_000,
        durable: true,
        accounts: Vec::new(),
        galera: Some(galera),
    });
    let start: GaleraStart = config(&contents, &["galera-start"]);
    let health: WsrepHealth = config(&contents, &["wsrep-health"]);
    assert!(!start.founder);
    assert_eq!(start.peers, ["192.168.30.1:9200".parse().unwrap(), "192.168.30.3:9200".parse().unwrap()]);
    assert_eq!(start.position_path, health.position_path);
}

#[test]
fn a_redis_server_and_its_sentinel() {
    let sentinels = redis::Sentinels {
        primary: "sessions".to_owned(),
        addresses: vec![server(1, 26379)],
        password: None,
    };
    let contents = redis::contents(&redis::Input {
        address: server(2, 6379),
        first_primary: server(1, 6379),
        sentinels: Some(sentinels),
        password: Some("secret".to_owned()),
        replicas_min: None,
        memory_bytes_max: 32 << 20,
        eviction: "noeviction".to_owned(),
        append_only: true,
    });
    let start: RedisStart = config(&contents, &["redis-start"]);
    assert_eq!(start, config(&contents, &["ask", "redis"]));
    assert_eq!(start.first_primary, server(1, 6379));
    let contents = sentinel::contents(&sentinel::Input {
        address: server(1, 26379),
        primary: "sessions".to_owned(),
        first_primary: server(1, 6379),
        servers: vec![server(1, 6379), server(2, 6379)],
        sentinels: vec![server(1, 26379), server(2, 26379), server(3, 26379)],
        quorum: 2,
        down_after_ms: 1000,
        failover_ms_max: 5000,
        parallel_syncs: 1,
        password: None,
        sentinel_password: None,
    });
    let ask: SentinelReady = config(&contents, &["ask", "sentinel"]);
    assert_eq!((ask.replicas_min, ask.other_sentinels_min), (1, 2));
}
