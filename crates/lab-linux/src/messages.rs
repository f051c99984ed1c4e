//! What the command line, the box and its machines say to each other.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use sehat_lab::Blueprint;
use sehat_lab::fault::{Fault, Moment};
use sehat_lab::plan::MachinePlan;
use sehat_lab::status::{ProcessStatus, Progress, Status};
use serde::{Deserialize, Serialize};

/// From `up` to the process that becomes the box. The files beside it are the control socket, the lock,
/// then one listener per front door.
#[derive(Debug, Serialize, Deserialize)]
pub struct Birth {
    pub blueprint: Blueprint,
    pub plans: Vec<MachinePlan>,
    pub ports: Vec<u16>,
    /// The root, then the seeds by name.
    pub root: String,
    pub seeds: BTreeMap<String, String>,
    pub cgroups: Vec<crate::cgroup::Hierarchy>,
    /// The user and group that called sudo, to whom the logs belong.
    pub caller: Option<(u32, u32)>,
    pub notes: Vec<String>,
}

/// From the command line to the box.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    Status,
    /// How everything stands, and then what happens.
    Watch,
    /// The three files beside it are the command's standard input, output and error.
    Exec {
        machine: String,
        command: Command,
    },
    Strike {
        fault: Fault,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    pub words: Vec<String>,
    pub user: String,
    pub environment: BTreeMap<String, String>,
}

/// From the box to the command line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    Status(Status),
    Progress(Progress),
    /// The exit code, 128 + n for signal n.
    Ended {
        code: i32,
    },
    Struck(Moment),
    Failed {
        reason: String,
    },
}

/// From the box to a machine's first process.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToMachine {
    /// The links are there. Beside it are the log files of the processes, in the plan's order.
    Linked,
    /// A process of another machine, `machine/process`.
    Remote {
        name: String,
        ready: bool,
    },
    Order {
        number: u64,
        order: Order,
    },
    /// Whoever asked for this command has gone.
    Forget {
        number: u64,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    Kill {
        process: String,
        signal: i32,
        hold: bool,
    },
    Release {
        process: String,
    },
    /// Standard input, output and error travel beside it.
    Exec(Command),
    Ruleset {
        text: String,
    },
    /// Stops every process and then the machine.
    Stop,
    /// Forwards connections from the listener beside it.
    Door {
        target: SocketAddrV4,
    },
}

/// From a machine's first process to the box.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FromMachine {
    /// The network and the files are there, the processes begin.
    Up,
    Broken {
        reason: String,
    },
    Process {
        process: String,
        status: ProcessStatus,
    },
    Done {
        number: u64,
        moment: Moment,
    },
    Ended {
        number: u64,
        code: i32,
    },
    Failed {
        number: u64,
        reason: String,
    },
}
