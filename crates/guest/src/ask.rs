//! One question to one server, answered by the exit code, for checks that a server of the field starts: keepalived's
//! script, a readiness probe by meaning.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::http::{Client, Outgoing};
use crate::redis_start::RedisStart;
use crate::store::{Patience, redis};

/// How many others a sentinel has to know before it is of use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SentinelReady {
    pub address: SocketAddr,
    pub password: Option<String>,
    pub primary: String,
    pub replicas_min: u64,
    pub other_sentinels_min: u64,
}

/// The servers asked are on this machine, so silence means that they are not well. keepalived's shortest interval is 1 s.
const PATIENCE: Patience = Patience { connect_ms: 500, answer_ms: 500 };

/// `http ADDRESS PATH`, `redis --config FILE`, `primary --config FILE`, `sentinel --config FILE`: 0 where all is well, else 1 with the reason.
pub fn run(args: &[String]) -> Result<i32, Failure> {
    let outcome = match args {
        [kind, address, path] if kind == "http" => http(address, path),
        [kind, ..] if kind == "redis" => redis_well(&crate::config(args)?),
        [kind, ..] if kind == "primary" => redis_leads(&crate::config(args)?),
        [kind, ..] if kind == "sentinel" => sentinel_well(&crate::config(args)?),
        _ => {
            return Err(Failure::new(
                "ask http ADDRESS PATH, ask redis --config FILE, ask primary --config FILE, ask sentinel --config FILE",
            ));
        }
    };
    let mut output = std::io::stdout().lock();
    match outcome {
        Ok(()) => writeln!(output, "well").map(|()| 0),
        Err(failure) => writeln!(output, "not so: {failure}").map(|()| 1),
    }
    .map_err(Failure::from)
}

fn http(address: &str, path: &str) -> Result<(), Failure> {
    let address = address.parse().map_err(|_| Failure::new(format!("`{address}` is no address")))?;
    let request = Outgoing { method: "GET", target: path.to_owned() };
    let limit = Duration::from_millis(PATIENCE.answer_ms);
    let reply = Client::new(address, "localhost", None, 0).send(&request, limit);
    match reply.map_err(|error| Failure::new(error.to_string()))?.status {
        200..=299 => Ok(()),
        status => Err(Failure::new(format!("status {status}"))),
    }
}

/// A primary is well when it has loaded its data; a replica when it is connected to its primary too.
fn redis_well(config: &RedisStart) -> Result<(), Failure> {
    let mut connection = redis::open(config.local(), config.password.as_deref(), PATIENCE)?;
    let text: String = ::redis::cmd("INFO").query(&mut connection)?;
    let facts = facts(&text);
    let fact = |name: &str| facts.get(name).copied().unwrap_or("unknown");
    if fact("loading") != "0" {
        return Err(Failure::new("it is loading its data"));
    }
    match (fact("role"), fact("master_link_status")) {
        ("master", _) | ("slave", "up") => Ok(()),
        (role, link) => Err(Failure::new(format!("role {role}, link to the primary {link}"))),
    }
}

/// Whether the server takes writes.
fn redis_leads(config: &RedisStart) -> Result<(), Failure> {
    let mut connection = redis::open(config.local(), config.password.as_deref(), PATIENCE)?;
    let text: String = ::redis::cmd("INFO").arg("replication").query(&mut connection)?;
    match facts(&text).get("role") {
        Some(&"master") => Ok(()),
        role => Err(Failure::new(format!("role {}", role.unwrap_or(&"unknown")))),
    }
}

fn facts(info: &str) -> BTreeMap<&str, &str> {
    info.lines().filter_map(|line| line.trim_end().split_once(':')).collect()
}

fn sentinel_well(config: &SentinelReady) -> Result<(), Failure> {
    let local = SocketAddr::from(([127, 0, 0, 1], config.address.port()));
    let mut connection = redis::open(local, config.password.as_deref(), PATIENCE)?;
    let facts: BTreeMap<String, String> =
        ::redis::cmd("SENTINEL").arg("master").arg(&config.primary).query(&mut connection)?;
    let number = |name: &str| facts.get(name).and_then(|value| value.parse().ok()).unwrap_or(0);
    let (replicas, others): (u64, u64) = (number("num-slaves"), number("num-other-sentinels"));
    let flags = facts.get("flags").map_or("", String::as_str);
    if replicas < config.replicas_min || others < config.other_sentinels_min || flags != "master" {
        return Err(Failure::new(format!("{replicas} replicas, {others} other sentinels, primary {flags}")));
    }
    // After a pause of two seconds, on a loaded machine, a sentinel does nothing for thirty.
    let state: String = ::redis::cmd("INFO").arg("sentinel").query(&mut connection)?;
    if !state.lines().any(|line| line.trim_end() == "sentinel_tilt:0") {
        return Err(Failure::new("it is in TILT mode after a pause"));
    }
    // Counts alone are kept over a restart; the quorum is asked for over the network.
    let quorum: String =
        ::redis::cmd("SENTINEL").arg("ckquorum").arg(&config.primary).query(&mut connection)?;
    if quorum.starts_with("OK") { Ok(()) } else { Err(Failure::new(quorum)) }
}
