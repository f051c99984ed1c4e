//! The start of one Galera member. It begins a new cluster only where no other member is in one already, and Galera's
//! saved state says that this member may, or all members have crashed and this one got furthest. Otherwise it joins. So a
//! member that comes back never makes a second cluster.

mod peers;

use std::net::{IpAddr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Failure;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct GaleraStart {
    /// The server with its arguments.
    pub command: Vec<String>,
    pub data_dir: PathBuf,
    /// Of this member.
    pub address: IpAddr,
    /// This member begins a cluster that has never run.
    pub founder: bool,
    /// Health servers (`sehat guest wsrep-health`) of the other members.
    pub peers: Vec<SocketAddr>,
    pub peer_ms_max: u64,
    /// Where the health server finds how far this member got, while it waits for the others.
    pub position_path: PathBuf,
}

/// While all members are down, they ask each other this often.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// How a member starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Begin,
    Join,
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
    let position = position(config, &state)?;
    let start = decide(config, &state, position.as_deref())?;
    let mut command = Command::new(&config.command[0]);
    command.args(&config.command[1..]);
    if start == Start::Begin {
        command.arg("--wsrep-new-cluster");
    }
    if let Some(position) = position {
        command.arg(format!("--wsrep-start-position={position}"));
    }
    Err(Failure::from(command.exec()))
}

fn decide(config: &GaleraStart, state: &SavedState, position: Option<&str>) -> Result<Start, Failure> {
    if peers::any_in_cluster(config) {
        forget_view(&config.data_dir)?;
        return Ok(Start::Join);
    }
    if may_begin(config, state) {
        return Ok(Start::Begin);
    }
    match position {
        Some(position) if state.seqno < 0 => after_crash_of_all(config, position),
        _ => Ok(Start::Join),
    }
}

/// Waits until a cluster exists, or a server of another member runs (they find each other then), or all others have
/// said how far they got. Then the one that got furthest begins, as Galera's manual has an operator do it by hand.
fn after_crash_of_all(config: &GaleraStart, position: &str) -> Result<Start, Failure> {
    std::fs::write(&config.position_path, position)
        .map_err(|error| Failure::new(crate::told(&config.position_path, "writing", &error)))?;
    let start = loop {
        if let Some(start) = peers::vote(config, position) {
            break start;
        }
        thread::sleep(ASK_EVERY);
    };
    std::fs::remove_file(&config.position_path)?;
    if start == Start::Begin {
        allow_beginning(&config.data_dir)?;
    }
    Ok(start)
}

/// Says to Galera what `decide` found out.
fn allow_beginning(data_dir: &Path) -> Result<(), Failure> {
    let path = data_dir.join("grastate.dat");
    let text = std::fs::read_to_string(&path)?;
    Ok(std::fs::write(&path, text.replace("safe_to_bootstrap: 0", "safe_to_bootstrap: 1"))?)
}

/// All members start from one seed, whose state allows each of them to begin. Once a member has run, its state is its
/// own, and what Galera says in it holds.
fn may_begin(config: &GaleraStart, state: &SavedState) -> bool {
    state.safe_to_bootstrap && (config.founder || !seeded(&config.data_dir))
}

fn seeded(data_dir: &Path) -> bool {
    let read = |name: &str| std::fs::read(data_dir.join(name)).ok();
    read("grastate.seed").is_some_and(|seed| read("grastate.dat") == Some(seed))
}

/// The view that Galera saved brings a cluster back that has ended. Where the cluster lives on, a member that comes back
/// under its old identity is taken for the one just lost, and let in seconds later.
fn forget_view(data_dir: &Path) -> Result<(), Failure> {
    let path = data_dir.join("gvwstate.dat");
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(crate::told(&path, "removing", &error)))
        }
        _ => Ok(()),
    }
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

/// Returns the position that the tables are at, with the identity of the last transaction, which Galera does not write
/// down. With it a member catches up from another one's cache instead of copying everything, and numbers later
/// transactions as the others do.
fn position(config: &GaleraStart, state: &SavedState) -> Result<Option<String>, Failure> {
    if state.uuid.is_empty() || seeded(&config.data_dir) {
        return Ok(None);
    }
    let output = Command::new(&config.command[0])
        .args(&config.command[1..])
        .arg("--wsrep-recover")
        .output()
        .map_err(|error| Failure::from(error).during("recovering the position"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    Ok(recovered_position(&text).filter(|position| !position.contains(":-1")))
}

fn recovered_position(text: &str) -> Option<String> {
    let (_, after) = text.rsplit_once("WSREP: Recovered position:")?;
    after.split_whitespace().next().map(str::to_owned)
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
            address: [10, 0, 0, 1].into(),
            founder: false,
            peers: Vec::new(),
            peer_ms_max: 10,
            position_path: place.path().join("position"),
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
        assert_eq!(recovered_position(text).as_deref(), Some("c87e-71:42,1-1-40"));
        assert_eq!(recovered_position("nothing"), None);
    }
}
