//! The start of one Galera member: it begins a new cluster only where Galera itself says that this member may, and no
//! other member is in a cluster already; otherwise it joins. So a member that comes back never makes a second cluster.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::http::{Client, Outgoing};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct GaleraStart {
    /// The server with its arguments.
    pub command: Vec<String>,
    pub data_dir: PathBuf,
    /// This member begins a cluster that has never run.
    pub founder: bool,
    /// Health servers (`sehat guest wsrep-health`) of the other members.
    pub peers: Vec<SocketAddr>,
    pub peer_ms_max: u64,
}

/// What Galera left in `grastate.dat` when it last ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct SavedState {
    uuid: String,
    seqno: i64,
    safe_to_bootstrap: bool,
}

/// Becomes the server; returns only where that failed.
pub fn run(config: &GaleraStart) -> Result<(), Failure> {
    let state = saved_state(&config.data_dir)?;
    let mut command = Command::new(&config.command[0]);
    command.args(&config.command[1..]);
    if may_begin(config, &state) && !cluster_exists(config) {
        command.arg("--wsrep-new-cluster");
    } else if let Some(position) = position(config, &state)? {
        command.arg(format!("--wsrep-start-position={position}"));
    }
    Err(Failure::from(command.exec()))
}

/// All members start from one seed, whose state allows each of them to begin. Once a member has run, its state is its
/// own, and what Galera says in it holds.
fn may_begin(config: &GaleraStart, state: &SavedState) -> bool {
    let read = |name: &str| std::fs::read(config.data_dir.join(name)).ok();
    let seeded = read("grastate.seed").is_some_and(|seed| read("grastate.dat") == Some(seed));
    state.safe_to_bootstrap && (config.founder || !seeded)
}

fn saved_state(data_dir: &Path) -> Result<SavedState, Failure> {
    let path = data_dir.join("grastate.dat");
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(parse_state(&text)),
        // A member whose disk is new takes its whole state from another member.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(SavedState::default()),
        Err(error) => Err(Failure::new(crate::told(&path, "reading", &error))),
    }
}

fn parse_state(text: &str) -> SavedState {
    let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).map_or("", str::trim);
    SavedState {
        uuid: value("uuid:").to_owned(),
        seqno: value("seqno:").parse().unwrap_or(-1),
        safe_to_bootstrap: value("safe_to_bootstrap:") == "1",
    }
}

/// Asks all other members at once whether they are in a cluster.
fn cluster_exists(config: &GaleraStart) -> bool {
    let limit = Duration::from_millis(config.peer_ms_max);
    let asked: Vec<_> = config.peers.iter().map(|peer| (*peer, limit)).collect();
    let threads: Vec<_> =
        asked.into_iter().map(|(peer, limit)| thread::spawn(move || in_cluster(peer, limit))).collect();
    threads.into_iter().any(|thread| thread.join().unwrap_or(false))
}

fn in_cluster(peer: SocketAddr, limit: Duration) -> bool {
    let request = Outgoing { method: "GET", target: "/primary".to_owned() };
    Client::new(peer, "peer", None, 0).send(&request, limit).is_ok_and(|reply| reply.status == 200)
}

/// Returns the position that the tables are at after a crash, because Galera did not get to write it down; with it the
/// member catches up from another one's cache instead of copying everything.
fn position(config: &GaleraStart, state: &SavedState) -> Result<Option<String>, Failure> {
    if state.seqno >= 0 || state.uuid.is_empty() {
        return Ok(None);
    }
    let output = Command::new(&config.command[0])
        .args(&config.command[1..])
        .args(["--wsrep-recover", "--log-error=", "--skip-log-bin"])
        .output()
        .map_err(|error| Failure::from(error).during("recovering the position"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    Ok(recovered_position(&text).filter(|position| !position.ends_with(":-1")))
}

fn recovered_position(text: &str) -> Option<String> {
    let (_, after) = text.rsplit_once("WSREP: Recovered position:")?;
    after.split_whitespace().next().map(|position| position.split(',').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_saved_state_is_read() {
        let text =
            "# GALERA saved state\nversion: 2.1\nuuid:    c87e-71\nseqno:   -1\nsafe_to_bootstrap: 0\n";
        let expected = SavedState { uuid: "c87e-71".to_owned(), seqno: -1, safe_to_bootstrap: false };
        assert_eq!(parse_state(text), expected);
        assert!(parse_state(&text.replace(": 0", ": 1")).safe_to_bootstrap);
    }

    #[test]
    fn only_the_founder_begins_from_the_seed() {
        let place = tempfile::tempdir().unwrap();
        let allowed = "uuid: c8\nseqno: 2\nsafe_to_bootstrap: 1\n";
        std::fs::write(place.path().join("grastate.seed"), allowed).unwrap();
        let mut config = GaleraStart {
            command: vec!["mariadbd".to_owned()],
            data_dir: place.path().to_owned(),
            founder: false,
            peers: Vec::new(),
            peer_ms_max: 10,
        };
        let begins = |config: &GaleraStart, text: &str| {
            std::fs::write(place.path().join("grastate.dat"), text).unwrap();
            may_begin(config, &saved_state(place.path()).unwrap())
        };
        assert!(!begins(&config, allowed));
        // The member that stopped last.
        assert!(begins(&config, &allowed.replace(": 2", ": 9")));
        config.founder = true;
        assert!(begins(&config, allowed));
        // A member that was killed.
        assert!(!begins(&config, "uuid: c8\nseqno: -1\nsafe_to_bootstrap: 0\n"));
    }

    #[test]
    fn the_position_is_found_among_other_lines() {
        let text = "x\n2026-11-21 [Note] WSREP: Recovered position: c87e-71:42,1-1-40\nlast\n";
        assert_eq!(recovered_position(text).as_deref(), Some("c87e-71:42"));
        assert_eq!(recovered_position("nothing"), None);
    }
}
