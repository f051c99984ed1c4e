//! Redis Sentinel: names the primary, and makes a replica the primary when a quorum sees it gone.

use std::net::SocketAddr;

use serde_json::json;
use sha1::{Digest, Sha1};

use crate::contents::{Contents, Directory, File, Opening, Party, Probe, Process, SEHAT};
use crate::redis::USER;
use crate::write::{Lines, Quoting, hexadecimal, json};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub address: SocketAddr,
    /// Name of the primary and its replicas, `sessions`.
    pub primary: String,
    pub first_primary: SocketAddr,
    /// All servers, the first primary too.
    pub servers: Vec<SocketAddr>,
    /// All sentinels, this one too.
    pub sentinels: Vec<SocketAddr>,
    pub quorum: usize,
    pub down_after_ms: u64,
    pub failover_ms_max: u64,
    /// Replicas that copy from a new primary at the same time.
    pub parallel_syncs: u32,
    /// Of the servers. It must hold no blank: a sentinel writes it back to its file without quotes, and would not start
    /// again.
    pub password: Option<String>,
    /// Of the sentinels.
    pub sentinel_password: Option<String>,
}

/// The sentinel rewrites its own file.
const CONFIG: &str = "/etc/sentinel/sehat.conf";
const CONFIG_DIR: &str = "/etc/sentinel";
const ASK: &str = "/etc/sentinel/sehat-ask.json";
/// Sentinels ask the servers for their replicas every ten seconds (Redis documentation, "Sentinel: tasks"), and three
/// rounds leave room on a loaded machine.
const READY_MS_MAX: u64 = 30_000;

pub fn contents(input: &Input) -> Contents {
    let probe = [SEHAT, "guest", "ask", "sentinel", "--config", ASK].map(str::to_owned).to_vec();
    let process = Process::new("sentinel", USER, &["redis-sentinel", CONFIG])
        .ready(Probe::Command { command: probe, contains: "well".to_owned() }, READY_MS_MAX);
    Contents {
        packages: ["redis-sentinel".to_owned(), "redis-tools".to_owned()].into(),
        directories: vec![Directory::new(CONFIG_DIR, USER, 0o750)],
        files: vec![File::secret(CONFIG, USER, config(input)), File::secret(ASK, USER, json(&ask(input)))],
        processes: vec![process],
        ..Contents::default()
    }
}

pub fn openings(input: &Input) -> Vec<Opening> {
    [Party::Clients, Party::Peers].map(|party| Opening::tcp(input.address.port(), party)).to_vec()
}

fn config(input: &Input) -> String {
    let name = &input.primary;
    let set = |key: &str, value: String| ["sentinel".to_owned(), key.to_owned(), name.clone(), value];
    let lines = Lines::new()
        .line(["bind", "0.0.0.0"])
        .line(["port".to_owned(), input.address.port().to_string()])
        .line(["dir", "/tmp"])
        .line(["protected-mode", "no"])
        .line_if(input.sentinel_password.as_ref().map(|password| ["requirepass", password]))
        .line_if(input.sentinel_password.as_ref().map(|password| ["sentinel", "sentinel-pass", password]))
        .line(["sentinel".to_owned(), "announce-ip".to_owned(), input.address.ip().to_string()])
        .line(["sentinel".to_owned(), "myid".to_owned(), identity(input.address)])
        .line(monitor(input))
        .line_if(input.password.clone().map(|password| set("auth-pass", password)))
        .line(set("down-after-milliseconds", input.down_after_ms.to_string()))
        .line(set("failover-timeout", input.failover_ms_max.to_string()))
        .line(set("parallel-syncs", input.parallel_syncs.to_string()));
    known(lines, input).text(Quoting::Double)
}

fn monitor(input: &Input) -> Vec<String> {
    let (address, port) = (input.first_primary.ip().to_string(), input.first_primary.port().to_string());
    vec![
        "sentinel".to_owned(),
        "monitor".to_owned(),
        input.primary.clone(),
        address,
        port,
        input.quorum.to_string(),
    ]
}

/// What sentinels would otherwise find out within ten seconds, in the words in which they write it down themselves.
fn known(lines: Lines, input: &Input) -> Lines {
    let words = |kind: &str, address: &SocketAddr| {
        let (ip, port) = (address.ip().to_string(), address.port().to_string());
        vec!["sentinel".to_owned(), kind.to_owned(), input.primary.clone(), ip, port]
    };
    let replicas = input.servers.iter().filter(|server| **server != input.first_primary);
    let lines = replicas.fold(lines, |lines, server| lines.line(words("known-replica", server)));
    let others = input.sentinels.iter().filter(|sentinel| **sentinel != input.address);
    others.fold(lines, |lines, sentinel| {
        let mut line = words("known-sentinel", sentinel);
        line.push(identity(*sentinel));
        lines.line(line)
    })
}

/// Returns forty hexadecimal digits that differ from one sentinel to the next.
fn identity(address: SocketAddr) -> String {
    hexadecimal(&Sha1::digest(address.to_string().as_bytes()))
}

fn ask(input: &Input) -> serde_json::Value {
    json!({
        "address": input.address,
        "password": input.sentinel_password,
        "primary": input.primary,
        "replicas-min": input.servers.len().saturating_sub(1),
        "other-sentinels-min": input.sentinels.len().saturating_sub(1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8, port: u16) -> SocketAddr {
        SocketAddr::from(([192, 168, 20, last], port))
    }

    #[test]
    fn one_of_three() {
        let input = Input {
            address: address(51, 26379),
            primary: "sessions".to_owned(),
            first_primary: address(51, 6379),
            servers: [51, 52].map(|last| address(last, 6379)).to_vec(),
            sentinels: [51, 52].map(|last| address(last, 26379)).to_vec(),
            quorum: 2,
            down_after_ms: 1000,
            failover_ms_max: 5000,
            parallel_syncs: 1,
            password: Some("secret".to_owned()),
            sentinel_password: None,
        };
        insta::assert_snapshot!(contents(&input).files[0].text);
    }
}
