//! What a lab says of itself.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use serde::{Deserialize, Serialize};

/// A running lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub platform: String,
    pub environment: String,
    /// Every machine is up and every process on it is ready.
    pub ready: bool,
    pub machines: Vec<MachineStatus>,
    pub front_doors: Vec<FrontDoorStatus>,
    /// Limits that the kernel did not let the lab set.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineStatus {
    pub name: String,
    pub node: String,
    pub zone: String,
    pub segment: String,
    pub address: Ipv4Addr,
    pub state: MachineState,
    pub instances: Vec<InstanceStatus>,
    /// What the processes and files of the machine use, where a memory cgroup exists.
    pub memory_bytes: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MachineState {
    /// Being made.
    Starting,
    Up,
    /// Struck, or ended.
    Down,
    Frozen,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceStatus {
    pub name: String,
    pub ready: bool,
    pub processes: BTreeMap<String, ProcessStatus>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessStatus {
    pub state: ProcessState,
    /// How often it was started again.
    pub restart_count: u32,
    /// What happened last, when it went wrong.
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProcessState {
    /// Another process has to be ready first.
    Waiting,
    /// The commands before its start run.
    Preparing,
    Running,
    Ready,
    /// It ended and will be started again.
    Ended,
    /// Stopped on purpose, or held by a fault.
    Stopped,
    /// It will not come up by itself.
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrontDoorStatus {
    pub name: String,
    /// On 127.0.0.1 of the real machine.
    pub port: u16,
    pub target: SocketAddrV4,
}

/// Something that happened while a lab comes up or runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    MachineUp {
        machine: String,
    },
    MachineDown {
        machine: String,
    },
    Process {
        machine: String,
        process: String,
        status: ProcessStatus,
    },
    /// Every process of every machine is ready.
    Ready,
    /// A machine could not be made; the sentence says why.
    Broken {
        text: String,
    },
}
