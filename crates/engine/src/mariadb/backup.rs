//! What saves a server: full copies and its log, encrypted on its own machine and added to the vault.

use std::net::IpAddr;

use serde_json::json;

use super::{BINLOG, DATA_DIR, SOCKET, USER};
use crate::contents::{Contents, Directory, File, Process, SEHAT};
use crate::ssh::KeyPair;
use crate::write::json;

/// What a member needs to save itself.
pub struct Backup {
    /// Name of the machine at the vault, `records-1`.
    pub name: String,
    pub vault: (IpAddr, u16),
    pub vault_user: String,
    /// The vault's public key, so that no other machine can pose as it.
    pub vault_key: String,
    pub key: KeyPair,
    /// Copies are encrypted to this public key; who can open them is not on this machine.
    pub recipient: String,
    /// Kind of copy and its schedule.
    pub schedules: Vec<(String, String)>,
    /// Longest time until a write is at the vault; absent where the log is not saved.
    pub log_every_ms: Option<u64>,
    /// Its address in the group, and how many members there are: one of them makes each full copy.
    pub address: IpAddr,
    pub galera: bool,
}

/// Where the parts lie on the machine.
pub const FOLDER: &str = "/etc/sehat/backup";
pub const STATE: &str = "/var/lib/sehat-backup";
/// The server's process, which must be ready first.
const SERVER: &str = "mariadb";

pub fn contents(backup: &Backup) -> Contents {
    let path = |name: &str| format!("{FOLDER}/{name}");
    let (host, port) = backup.vault;
    let known_hosts = format!("[{host}]:{port} {key}\n{host} {key}\n", key = backup.vault_key);
    let config = path("backup.json");
    // Copies give way to clients' work.
    let command = ["nice", "-n", "10", SEHAT, "guest", "backup", "run", "--config", &config];
    Contents {
        packages: ["age", "mariadb-backup", "openssh-client", "zstd"].map(str::to_owned).into(),
        directories: vec![Directory::new(FOLDER, USER, 0o750), Directory::new(STATE, USER, 0o750)],
        files: vec![
            File::plain(&config, json(&settings(backup))),
            File::plain(path("recipients"), format!("{}\n", backup.recipient)),
            File::plain(path("known_hosts"), known_hosts),
            File::secret(path("ssh-key"), USER, backup.key.private()),
        ],
        processes: vec![Process::new("backup", USER, &command).after(SERVER)],
        ..Contents::default()
    }
}

fn settings(backup: &Backup) -> serde_json::Value {
    let schedules: Vec<_> = backup
        .schedules
        .iter()
        .map(|(kind, schedule)| json!({ "kind": kind, "schedule": schedule }))
        .collect();
    json!({
        "name": backup.name,
        "vault": {
            "host": backup.vault.0,
            "port": backup.vault.1,
            "user": backup.vault_user,
            "key-path": format!("{FOLDER}/ssh-key"),
            "known-hosts-path": format!("{FOLDER}/known_hosts"),
        },
        "recipients-path": format!("{FOLDER}/recipients"),
        "state-dir": STATE,
        "socket": SOCKET,
        "user": USER,
        "data-dir": DATA_DIR,
        "binlog": BINLOG,
        "schedules": schedules,
        "log-every-ms": backup.log_every_ms,
        "address": backup.address,
        "galera": backup.galera,
    })
}
