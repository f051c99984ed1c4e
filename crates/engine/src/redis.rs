//! Redis: a primary and its replicas.
//!
//! A primary that was replaced and comes back would be a second primary until a sentinel tells it otherwise, which takes
//! up to ten seconds; so `sehat guest redis-start` asks the sentinels first and starts it as a replica.

use std::net::SocketAddr;

use serde_json::json;

use crate::contents::{Contents, Directory, File, Opening, Party, Probe, Process, SEHAT};
use crate::write::{Lines, Quoting, json, seconds_up};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub address: SocketAddr,
    /// The primary at the very first start; this server itself where the addresses are the same.
    pub first_primary: SocketAddr,
    pub sentinels: Option<Sentinels>,
    pub password: Option<String>,
    /// The primary refuses writes with fewer replicas that heard of them in time.
    pub replicas_min: Option<ReplicasMin>,
    pub memory_bytes_max: u64,
    /// What happens when the memory is used up: `noeviction`, `allkeys-lru` ...
    pub eviction: String,
    /// Each write is appended to a log, which reaches the disk once a second.
    pub append_only: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentinels {
    pub primary: String,
    pub addresses: Vec<SocketAddr>,
    pub password: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicasMin {
    pub count: u32,
    /// Rounded up to whole seconds, the unit that Redis takes.
    pub lag_ms_max: u64,
}

/// The operating system's user of servers and sentinels.
pub const USER: &str = "redis";
const DATA_DIR: &str = "/var/lib/redis";
const CONFIG_DIR: &str = "/etc/redis";
const CONFIG: &str = "/etc/redis/sehat.conf";
const START: &str = "/etc/redis/sehat-start.json";
/// A replica copies the primary's data first, which takes under a second for the data of a lab.
const READY_MS_MAX: u64 = 30_000;
/// Time in which a sentinel answers the start of a server, on a loaded machine too.
const SENTINEL_MS_MAX: u64 = 500;

pub fn contents(input: &Input) -> Contents {
    let process = Process::new("redis", USER, &[SEHAT, "guest", "redis-start", "--config", START])
        .ready(Probe::Command { command: answers(), contains: "well".to_owned() }, READY_MS_MAX);
    Contents {
        packages: ["redis-server".to_owned(), "redis-tools".to_owned()].into(),
        directories: vec![Directory::new(DATA_DIR, USER, 0o750), Directory::new(CONFIG_DIR, USER, 0o750)],
        files: vec![
            File::secret(CONFIG, USER, config(input)),
            File::secret(START, USER, json(&start(input))),
        ],
        processes: vec![process],
        ..Contents::default()
    }
}

pub fn openings(input: &Input) -> Vec<Opening> {
    [Party::Clients, Party::Peers].map(|party| Opening::tcp(input.address.port(), party)).to_vec()
}

fn answers() -> Vec<String> {
    [SEHAT, "guest", "ask", "redis", "--config", START].map(str::to_owned).to_vec()
}

fn config(input: &Input) -> String {
    let append = if input.append_only { "yes" } else { "no" };
    let lines = Lines::new()
        .line(["bind", "0.0.0.0"])
        .line(["port".to_owned(), input.address.port().to_string()])
        .line(["dir", DATA_DIR])
        // Filters and passwords protect the server, not the address that it listens on.
        .line(["protected-mode", "no"])
        .line(["maxmemory".to_owned(), input.memory_bytes_max.to_string()])
        .line(["maxmemory-policy", &input.eviction])
        .line(["appendonly", append])
        .line(["save", ""])
        // By default a primary waits five seconds for further replicas before it sends its data to the first one.
        .line(["repl-diskless-sync-delay", "0"])
        .line(["replica-announce-ip".to_owned(), input.address.ip().to_string()])
        .line_if(input.password.as_ref().map(|password| ["requirepass", password]))
        .line_if(input.password.as_ref().map(|password| ["masterauth", password]));
    let count = input.replicas_min.map(|min| ["min-replicas-to-write".to_owned(), min.count.to_string()]);
    let lag = input
        .replicas_min
        .map(|min| ["min-replicas-max-lag".to_owned(), seconds_up(min.lag_ms_max).to_string()]);
    lines.line_if(count).line_if(lag).text(Quoting::Double)
}

fn start(input: &Input) -> serde_json::Value {
    let sentinels = input.sentinels.as_ref();
    json!({
        "command": ["redis-server", CONFIG],
        "address": input.address,
        "password": input.password,
        "first-primary": input.first_primary,
        "primary": sentinels.map(|sentinels| &sentinels.primary),
        "sentinels": sentinels.map(|sentinels| sentinels.addresses.clone()).unwrap_or_default(),
        "sentinel-password": sentinels.and_then(|sentinels| sentinels.password.as_ref()),
        "sentinel-ms-max": SENTINEL_MS_MAX,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replica() -> Input {
        Input {
            address: "192.168.20.52:6379".parse().unwrap(),
            first_primary: "192.168.20.51:6379".parse().unwrap(),
            sentinels: None,
            password: Some("a \"b".to_owned()),
            replicas_min: Some(ReplicasMin { count: 1, lag_ms_max: 1500 }),
            memory_bytes_max: 32 << 20,
            eviction: "noeviction".to_owned(),
            append_only: true,
        }
    }

    #[test]
    fn a_replica() {
        insta::assert_snapshot!(contents(&replica()).files[0].text);
    }

    #[test]
    fn redis_takes_it() {
        let Some(root) = crate::real::root("redis-server") else { return };
        // Redis has no option that only checks, so it runs for a moment, alone.
        let check = "redis-server /etc/redis/sehat.conf --dir /tmp & sleep 0.5; kill $!; wait $!";
        root.accepts(&contents(&replica()), &["sh", "-c", check], "Ready to accept connections");
    }
}
