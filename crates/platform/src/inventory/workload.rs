//! What runs: workloads, their pods and containers.

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;

use super::{Labels, Object, Selector, Stated};
use crate::place::Cpu;
use crate::{Bytes, Protocol};

/// Something that makes pods, or a pod that nothing made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workload {
    pub object: Object,
    pub kind: WorkloadKind,
    /// As stated; Kubernetes takes 1 where nothing is.
    pub replicas: Option<Stated<u32>>,
    pub selector: Option<Selector>,
    pub pod: Pod,
    pub rollout: Rollout,
    /// Volumes that each replica gets for itself.
    pub claims: Vec<super::storage::VolumeClaim>,
    /// The headless service that names the replicas.
    pub service_name: Option<Stated<String>>,
    pub job: Option<JobSettings>,
    /// The topmost owner that the files name: `ReplicaSet clinic/patients-5d8f`.
    pub owner: Option<super::ObjectId>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkloadKind {
    #[default]
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    ReplicationController,
    Job,
    CronJob,
    Pod,
    /// Made by an operator from a resource of its own.
    Operated,
}

impl WorkloadKind {
    /// Returns whether its pods run to an end.
    pub const fn ends(self) -> bool {
        matches!(self, Self::Job | Self::CronJob)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rollout {
    pub origin: Origin,
    /// `RollingUpdate`, `Recreate`, `OnDelete`.
    pub kind: Option<Stated<String>>,
    /// A count or a percentage, as written.
    pub max_unavailable: Option<Stated<String>>,
    pub max_surge: Option<Stated<String>>,
    pub min_ready_s: Option<Stated<u64>>,
    pub progress_deadline_s: Option<Stated<u64>>,
    pub history: Option<Stated<u64>>,
}

/// What only jobs have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobSettings {
    pub schedule: Option<Stated<String>>,
    pub time_zone: Option<Stated<String>>,
    pub suspend: bool,
    pub concurrency: Option<Stated<String>>,
    pub starting_deadline_s: Option<Stated<u64>>,
    pub active_deadline_s: Option<Stated<u64>>,
    pub backoff_limit: Option<Stated<u64>>,
    pub ttl_after_finished_s: Option<Stated<u64>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pod {
    pub origin: Origin,
    pub labels: Labels,
    pub annotations: Labels,
    /// Those that run to their end first stand in `init`.
    pub containers: Vec<Container>,
    pub init: Vec<Container>,
    pub volumes: Vec<Volume>,
    pub service_account: Option<Stated<String>>,
    pub mounts_token: Option<Stated<bool>>,
    pub node_selector: Labels,
    pub node_name: Option<Stated<String>>,
    pub tolerations: Vec<Toleration>,
    pub affinity: Affinity,
    pub spread: Vec<SpreadConstraint>,
    pub host_network: Option<Stated<bool>>,
    pub host_pid: Option<Stated<bool>>,
    pub host_ipc: Option<Stated<bool>>,
    pub security: PodSecurity,
    pub priority_class: Option<Stated<String>>,
    pub runtime_class: Option<Stated<String>>,
    pub grace_s: Option<Stated<u64>>,
    pub restart: Option<Stated<String>>,
    pub pull_secrets: Vec<Stated<String>>,
    pub dns_policy: Option<Stated<String>>,
    /// Addresses that a file of a running cluster gives.
    pub addresses: Vec<std::net::IpAddr>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Container {
    pub name: String,
    pub origin: Origin,
    pub image: Option<Stated<String>>,
    pub pull_policy: Option<Stated<String>>,
    pub command: Vec<Stated<String>>,
    pub args: Vec<Stated<String>>,
    pub ports: Vec<ContainerPort>,
    pub env: Vec<Env>,
    /// Whole ConfigMaps and Secrets taken as environment.
    pub env_from: Vec<EnvFrom>,
    pub requests: Resources,
    pub limits: Resources,
    pub readiness: Option<Probe>,
    pub liveness: Option<Probe>,
    pub startup: Option<Probe>,
    pub pre_stop: Option<Origin>,
    /// How long it sleeps before it is told to stop, where that is plain.
    pub pre_stop_s: Option<Stated<u64>>,
    pub mounts: Vec<Mount>,
    pub security: ContainerSecurity,
    /// An init container that stays: `restartPolicy: Always`.
    pub stays: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ContainerPort {
    pub origin: Origin,
    pub name: Option<String>,
    pub number: u16,
    pub protocol: Protocol,
    pub host_port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Env {
    pub name: String,
    pub origin: Origin,
    pub value: EnvValue,
}

#[derive(Clone, Debug, PartialEq)]
pub enum EnvValue {
    /// Written out; empty where nothing is.
    Text(Stated<String>),
    ConfigMapKey {
        name: Stated<String>,
        key: Stated<String>,
        optional: bool,
    },
    SecretKey {
        name: Stated<String>,
        key: Stated<String>,
        optional: bool,
    },
    /// A field of the pod or its resources.
    Field(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct EnvFrom {
    pub is_secret: bool,
    pub name: Stated<String>,
    pub optional: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resources {
    pub cpu: Option<Stated<Cpu>>,
    pub memory: Option<Stated<Bytes>>,
    pub ephemeral_storage: Option<Stated<Bytes>>,
    /// `nvidia.com/gpu` and the like.
    pub other: BTreeMap<String, Stated<String>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    pub origin: Origin,
    pub action: ProbeAction,
    pub delay_s: Option<Stated<u64>>,
    pub period_s: Option<Stated<u64>>,
    pub timeout_s: Option<Stated<u64>>,
    pub failures: Option<Stated<u64>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ProbeAction {
    Http { port: PortRef, path: Stated<String>, tls: bool },
    Tcp(PortRef),
    Grpc(PortRef),
    Exec(Vec<String>),
    Unknown,
}

/// A port by its number or its name.
#[derive(Clone, Debug, PartialEq)]
pub enum PortRef {
    Number(Stated<u16>),
    Name(Stated<String>),
}

impl PortRef {
    pub const fn origin(&self) -> &Origin {
        match self {
            Self::Number(stated) => &stated.origin,
            Self::Name(stated) => &stated.origin,
        }
    }

    /// Returns the number that it means in a pod.
    pub fn resolve(&self, pod: &Pod) -> Option<u16> {
        match self {
            Self::Number(number) => Some(**number),
            Self::Name(name) => {
                pod.ports().find(|port| port.name.as_ref() == Some(&name.value)).map(|port| port.number)
            }
        }
    }
}

impl std::fmt::Display for PortRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Mount {
    pub volume: Stated<String>,
    pub path: Stated<String>,
    pub read_only: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    pub name: String,
    pub origin: Origin,
    pub source: VolumeSource,
}

#[derive(Clone, Debug, PartialEq)]
pub enum VolumeSource {
    ConfigMap {
        name: Stated<String>,
        keys: Vec<Stated<String>>,
        optional: bool,
    },
    Secret {
        name: Stated<String>,
        keys: Vec<Stated<String>>,
        optional: bool,
    },
    Claim(Stated<String>),
    EmptyDir,
    HostPath(Stated<String>),
    Nfs(Stated<String>),
    /// Several of these in one folder.
    Projected(Vec<VolumeSource>),
    /// Driver of a container storage interface.
    Csi(Stated<String>),
    /// A claim that lives as long as the pod.
    Ephemeral,
    Other(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Toleration {
    pub origin: Origin,
    pub key: Option<String>,
    /// `Exists` or `Equal`.
    pub operator: String,
    pub value: Option<String>,
    pub effect: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Affinity {
    pub origin: Option<Origin>,
    /// Must not, or rather should not, share a domain with pods that the selector selects.
    pub apart: Vec<AffinityTerm>,
    pub together: Vec<AffinityTerm>,
    /// Requirements on nodes: key, operator, values; any of the terms suffices.
    pub nodes: Vec<Vec<super::Expression>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AffinityTerm {
    pub origin: Origin,
    pub required: bool,
    pub topology_key: String,
    pub selector: Selector,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SpreadConstraint {
    pub origin: Origin,
    pub topology_key: String,
    pub max_skew: u32,
    /// `DoNotSchedule` or `ScheduleAnyway`.
    pub required: bool,
    pub selector: Option<Selector>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodSecurity {
    pub origin: Option<Origin>,
    pub run_as_non_root: Option<Stated<bool>>,
    pub run_as_user: Option<Stated<i64>>,
    pub fs_group: Option<Stated<i64>>,
    pub seccomp: Option<Stated<String>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContainerSecurity {
    pub origin: Option<Origin>,
    pub privileged: Option<Stated<bool>>,
    pub escalation: Option<Stated<bool>>,
    pub read_only_root: Option<Stated<bool>>,
    pub run_as_non_root: Option<Stated<bool>>,
    pub run_as_user: Option<Stated<i64>>,
    pub add: Vec<Stated<String>>,
    pub drop: Vec<Stated<String>>,
    pub seccomp: Option<Stated<String>>,
}

impl Pod {
    /// Returns every container that runs as long as the pod does.
    pub fn running(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().chain(self.init.iter().filter(|container| container.stays))
    }

    pub fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.init.iter().chain(&self.containers)
    }

    pub fn ports(&self) -> impl Iterator<Item = &ContainerPort> {
        self.running().flat_map(|container| &container.ports)
    }
}

impl Workload {
    /// Returns how many pods the files ask for; nothing where another part decides.
    pub fn replica_count(&self) -> Option<u32> {
        match self.kind {
            WorkloadKind::DaemonSet | WorkloadKind::CronJob => None,
            WorkloadKind::Pod => Some(1),
            _ => Some(self.replicas.as_ref().map_or(1, |stated| **stated)),
        }
    }
}
