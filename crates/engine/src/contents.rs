//! What a machine holds so that an instance runs on it, wherever the machine is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

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
    Always { delay_ms: u64 },
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
