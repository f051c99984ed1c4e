//! MariaDB, alone or as a member of a Galera cluster.
//!
//! A member never begins a second cluster: `sehat guest galera-start` lets it begin one only where no other member is in
//! one. That is the founder at the very first start, later the member that stopped last, or, after a crash of all, the
//! one that got furthest, once all have said how far.

mod accounts;
pub mod backup;
mod config;
mod input;
mod seed;

use serde_json::json;

use crate::contents::{Contents, Directory, File, Opening, Party, Probe, Process, SEHAT, SIGTERM};
use crate::write::json;

pub use input::{Account, Evs, Galera, Input, Rights, Sizes, StateTransfer};
pub use seed::{Seed, seed};

/// The operating system's user of the server, and the account that it has in the server without a password.
pub const USER: &str = "mysql";
pub const DATA_DIR: &str = "/var/lib/mysql";
pub const SOCKET: &str = "/run/mysqld/mysqld.sock";
pub const BINLOG: &str = "/var/lib/mysql/binlog";
const RUN_DIR: &str = "/run/mysqld";
const CONFIG: &str = "/etc/mysql/sehat.cnf";
const ACCOUNTS: &str = "/etc/mysql/sehat-accounts.sql";
const START: &str = "/etc/mysql/sehat-start.json";
const HEALTH: &str = "/etc/mysql/sehat-health.json";
/// How far a member got, while it waits for the others.
const POSITION: &str = "/run/mysqld/sehat-position";
/// Galera's ports: the group, the missed writes, a full copy (Galera documentation, "Firewall settings").
const GROUP_PORT: u16 = 4567;
const MISSED_WRITES_PORT: u16 = 4568;
const FULL_COPY_PORT: u16 = 4444;
/// The server writes its buffers before it ends; InnoDB with the small buffers of a lab takes under two seconds.
const STOP_MS_MAX: u64 = 20_000;
/// A member that is in a cluster answers from its memory; a lost one must not delay the start.
const PEER_MS_MAX: u64 = 300;

pub fn contents(input: &Input) -> Contents {
    let mut files = vec![
        File::plain(CONFIG, config::server(input)),
        File::secret(ACCOUNTS, USER, accounts::statements(&input.accounts)),
        File::plain(HEALTH, json(&health(input))),
    ];
    if let Some(galera) = &input.galera {
        files.push(File::plain(START, json(&start(input, galera))));
        files.extend(config::transfer(galera));
    }
    let directories = vec![Directory::new(DATA_DIR, USER, 0o750), Directory::new(RUN_DIR, USER, 0o755)];
    Contents {
        packages: packages(input),
        directories,
        files,
        processes: vec![health_process(), server(input)],
        ..Contents::default()
    }
}

pub fn openings(input: &Input) -> Vec<Opening> {
    let mut openings =
        vec![Opening::tcp(input.port, Party::Clients), Opening::tcp(input.health_port, Party::Balancers)];
    if input.galera.is_some() {
        let ports = [GROUP_PORT, MISSED_WRITES_PORT, FULL_COPY_PORT, input.health_port];
        openings.extend(ports.map(|port| Opening::tcp(port, Party::Peers)));
    }
    openings
}

fn packages(input: &Input) -> std::collections::BTreeSet<String> {
    let mut packages = vec!["mariadb-server", "mariadb-client"];
    match input.galera.as_ref().map(|galera| &galera.state_transfer) {
        Some(StateTransfer::Rsync) => packages.extend(["galera-4", "rsync", "iproute2"]),
        Some(StateTransfer::Mariabackup { .. }) => {
            packages.extend(["galera-4", "mariadb-backup", "socat", "iproute2"]);
        }
        None => {}
    }
    packages.into_iter().map(str::to_owned).collect()
}

fn server_command() -> Vec<String> {
    ["mariadbd".to_owned(), format!("--defaults-file={CONFIG}")].to_vec()
}

fn server(input: &Input) -> Process {
    let command = server_command();
    let command: Vec<&str> = match input.galera {
        Some(_) => vec![SEHAT, "guest", "galera-start", "--config", START],
        None => command.iter().map(String::as_str).collect(),
    };
    let size = input.galera.as_ref().map_or(1, |galera| galera.members.len());
    let ready = Probe::Http { port: input.health_port, path: format!("/ready/{size}"), status: 200 };
    Process::new("mariadb", USER, &command)
        .ready(ready, input.ready_ms_max)
        .stopped_by(SIGTERM, STOP_MS_MAX)
        .after("mariadb-health")
}

/// Runs as the server's own user, so that it reaches the server without a password. It is there before the server,
/// because the start of a member asks the other members' health.
fn health_process() -> Process {
    Process::new("mariadb-health", USER, &[SEHAT, "guest", "wsrep-health", "--config", HEALTH])
}

fn health(input: &Input) -> serde_json::Value {
    json!({
        "listens": format!("0.0.0.0:{}", input.health_port),
        "socket": SOCKET,
        "user": USER,
        "galera": input.galera.is_some(),
        "accept-donor": input.galera.as_ref().is_some_and(|galera| galera.accept_donor),
        "answer-ms-max": input.health_ms_max,
        "position-path": POSITION,
    })
}

fn start(input: &Input, galera: &Galera) -> serde_json::Value {
    let peers = galera.members.iter().filter(|member| **member != input.address);
    let peers: Vec<String> = peers.map(|member| format!("{member}:{}", input.health_port)).collect();
    json!({
        "command": server_command(),
        "data-dir": DATA_DIR,
        "address": input.address,
        "founder": galera.members.first() == Some(&input.address),
        "peers": peers,
        "peer-ms-max": PEER_MS_MAX,
        "position-path": POSITION,
    })
}

#[cfg(test)]
mod tests;
