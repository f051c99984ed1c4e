//! What a machine holds so that an instance runs on it, wherever the machine is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where every machine finds Sehat's own program, for the small servers and tools that stand beside a product.
pub const SEHAT: &str = "/usr/local/libexec/sehat";

/// Everything that one instance wants of its machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Debian packages.
    pub packages: BTreeSet<String>,
    pub directories: Vec<Directory>,
    pub files: Vec<File>,
    /// Certificates of the platform's own authority.
    pub certificates: Vec<Certificate>,
    /// Started in dependency order; an earlier one need not be ready unless `after` says so.
    pub processes: Vec<Process>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    pub path: PathBuf,
    /// User and group of the machine that own it, `mysql`.
    pub owner: String,
    pub mode: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    pub path: PathBuf,
    pub owner: String,
    pub mode: u32,
    pub text: String,
    /// The text holds a secret, so nothing may print it.
    pub secret: bool,
}

/// A key and a certificate chain in PEM, issued where the machine is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    pub certificate_path: PathBuf,
    pub key_path: PathBuf,
    /// Both in one file, as HAProxy wants it.
    pub bundle_path: Option<PathBuf>,
    pub authority_path: PathBuf,
    pub owner: String,
    /// Host names and addresses that the certificate is valid for.
    pub names: Vec<String>,
}

/// A program that pid 1 of the machine starts and watches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Unique on the machine, `mariadb`.
    pub name: String,
    pub user: String,
    pub command: Vec<String>,
    pub environment: BTreeMap<String, String>,
    /// Commands that must succeed, in order, before each start.
    pub before_start: Vec<Vec<String>>,
    /// Waited for before the start: `process` on this machine, or `machine/process`.
    pub after: Vec<String>,
    pub restart: Restart,
    pub ready: Probe,
    /// Time from start in which `ready` must hold.
    pub ready_ms_max: u64,
    pub stop: Stop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Restart {
    Never,
    /// Started again this long after its end.
    Always {
        delay_ms: u64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Number of the signal that asks the process to end.
    pub signal: i32,
    /// Killed when it has not ended by then.
    pub limit_ms: u64,
}

/// Ready by meaning, not by port. Asked every 100 ms from inside the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Probe {
    /// The process runs.
    Running,
    /// The port accepts a connection on 127.0.0.1.
    Tcp { port: u16 },
    /// The path answers with this status on 127.0.0.1, plain HTTP.
    Http { port: u16, path: String, status: u16 },
    /// The command ends with 0 and prints `contains`.
    Command { command: Vec<String>, contains: String },
}

/// A port that an instance listens on, and who has to reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Opening {
    pub protocol: Protocol,
    /// None for a protocol without ports.
    pub port: Option<u16>,
    pub to: Party,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Tcp,
    Udp,
    Vrrp,
}

/// Who reaches an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// Components that use this one.
    Clients,
    /// Other instances of the same component.
    Peers,
    /// Balancers that check its health.
    Balancers,
    /// The component that collects metrics.
    Metrics,
}

impl Opening {
    pub fn tcp(port: u16, to: Party) -> Self {
        Self { protocol: Protocol::Tcp, port: Some(port), to }
    }
}

impl Directory {
    pub fn new(path: impl Into<PathBuf>, owner: &str, mode: u32) -> Self {
        Self { path: path.into(), owner: owner.to_owned(), mode }
    }
}

impl File {
    /// Returns a file that everyone on the machine may read.
    pub fn plain(path: impl Into<PathBuf>, text: String) -> Self {
        Self { path: path.into(), owner: "root".to_owned(), mode: 0o644, text, secret: false }
    }

    /// Returns a file that only its owner may read.
    pub fn secret(path: impl Into<PathBuf>, owner: &str, text: String) -> Self {
        Self { path: path.into(), owner: owner.to_owned(), mode: 0o600, text, secret: true }
    }

    /// Returns a file that its server rewrites and that holds secrets.
    #[must_use]
    pub fn owned_by(mut self, owner: &str) -> Self {
        owner.clone_into(&mut self.owner);
        self
    }
}

impl Process {
    /// Returns a process that is started again when it ends, and counts as ready as soon as it runs.
    pub fn new(name: &str, user: &str, command: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            user: user.to_owned(),
            command: words(command),
            environment: BTreeMap::new(),
            before_start: Vec::new(),
            after: Vec::new(),
            restart: Restart::Always { delay_ms: RESTART_DELAY_MS },
            ready: Probe::Running,
            ready_ms_max: READY_MS_MAX,
            stop: Stop { signal: SIGTERM, limit_ms: STOP_MS_MAX },
        }
    }

    /// Adds a command that must succeed before each start.
    #[must_use]
    pub fn before(mut self, command: &[&str]) -> Self {
        self.before_start.push(words(command));
        self
    }

    /// Waits for another process before the start.
    #[must_use]
    pub fn after(mut self, process: &str) -> Self {
        self.after.push(process.to_owned());
        self
    }

    #[must_use]
    pub fn ready(mut self, probe: Probe, limit_ms: u64) -> Self {
        self.ready = probe;
        self.ready_ms_max = limit_ms;
        self
    }

    #[must_use]
    pub fn stopped_by(mut self, signal: i32, limit_ms: u64) -> Self {
        self.stop = Stop { signal, limit_ms };
        self
    }
}

/// systemd's `RestartSec` for a service that sets none is 100 ms.
const RESTART_DELAY_MS: u64 = 100;
/// Servers that only read their configuration listen within a second; ten leave room on a loaded machine.
const READY_MS_MAX: u64 = 10_000;
/// Servers that hold no data end within a second.
const STOP_MS_MAX: u64 = 5_000;
/// Numbers of signals on Linux (signal(7)).
pub const SIGQUIT: i32 = 3;
pub const SIGTERM: i32 = 15;

fn words(command: &[&str]) -> Vec<String> {
    command.iter().map(|word| (*word).to_owned()).collect()
}
