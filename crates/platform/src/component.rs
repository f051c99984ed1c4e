//! The named parts of a platform.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::objective::Objectives;
use crate::place::Size;
use crate::{Bytes, Cron, Duration, Fact, Meta, Name, Ports, Range, Rate, Share};

/// A named part of the platform.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Component {
    pub meta: Meta,
    pub kind: Fact<Kind>,
    pub product: Fact<String>,
    pub version: Fact<String>,
    /// Whose support counts: `upstream`, or a distribution such as `debian-12`.
    pub support: Fact<String>,
    pub os: Fact<String>,
    pub topology: Fact<Topology>,
    pub replicas: Fact<Range>,
    pub shards: Fact<Range>,
    pub segment: Fact<Name>,
    /// Zones, nodes or pools that may carry it; all where none is named.
    pub on: Vec<Fact<Name>>,
    /// Runs on the machines of this component.
    pub beside: Fact<Name>,
    /// What its instances must not share, `node` where nothing is said and there are enough.
    pub spread: Fact<Spread>,
    pub addresses: Vec<Fact<IpAddr>>,
    pub managed: Option<Managed>,
    /// Run by another party.
    pub external: Fact<bool>,
    pub size: Size,
    pub storage: Option<Storage>,
    pub listens: BTreeMap<Name, Listener>,
    pub routes: BTreeMap<Name, Route>,
    pub uses: BTreeMap<Name, Use>,
    pub failover: Option<Failover>,
    pub timers: BTreeMap<Name, Fact<Duration>>,
    pub health: BTreeMap<Name, HealthCheck>,
    pub holds: Vec<Fact<Name>>,
    /// Says why the loss of its content is no loss of data.
    pub rebuildable: Fact<String>,
    pub replication: Fact<Replication>,
    pub backup: Option<Backup>,
    pub retention: Fact<Duration>,
    pub encryption: Encryption,
    pub provides: BTreeMap<Name, Ability>,
    pub autoscale: Option<Autoscale>,
    pub rate_limits: BTreeMap<Name, RateLimit>,
    pub schedule: Fact<Cron>,
    pub processes: BTreeMap<Name, ProcessModel>,
    pub security: Security,
    pub scrapes: Vec<Fact<Name>>,
    pub scrape_interval: Fact<Duration>,
    pub evaluation_interval: Fact<Duration>,
    pub collects: Vec<Fact<Name>>,
    /// A member of this larger part, such as a cluster.
    pub part_of: Fact<Name>,
    pub cluster: Fact<Name>,
    pub namespace: Fact<Name>,
    pub host: Fact<String>,
    pub image: Fact<String>,
    /// The object of the document's files that it stands for, `Deployment shop/cart`: those files are judged for it.
    pub stands_for: Fact<String>,
    pub objectives: Objectives,
    pub load: Option<Load>,
    /// What each instance carries at most.
    pub capacity: Option<Load>,
    pub budgets: BTreeMap<Name, Fact<String>>,
    /// Passed to the product as they are, and not judged.
    pub settings: BTreeMap<Name, Fact<String>>,
}

/// What a component is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    LoadBalancer,
    Gateway,
    Cdn,
    Dns,
    Waf,
    Service,
    Worker,
    Job,
    Frontend,
    Database,
    Cache,
    Queue,
    ObjectStore,
    FileShare,
    BlockStore,
    BackupStore,
    Metrics,
    Logs,
    Traces,
    Alerts,
    Dashboards,
    Audit,
    Bastion,
    Vpn,
    Secrets,
    Keys,
    Certificates,
    Registry,
    Cluster,
    Mesh,
    Analytics,
    Pipeline,
    Provisioning,
    External,
}

impl Kind {
    /// Returns whether a loss of its content can be a loss of data.
    pub fn stores(self) -> bool {
        use Kind::{
            Analytics, Audit, BackupStore, BlockStore, Cache, Database, FileShare, Logs, Metrics,
            ObjectStore, Queue, Secrets,
        };
        matches!(
            self,
            Database
                | Cache
                | Queue
                | ObjectStore
                | FileShare
                | BlockStore
                | BackupStore
                | Logs
                | Metrics
                | Secrets
                | Audit
                | Analytics
        )
    }
}

/// How the instances of a component relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topology {
    Single,
    /// All alike, without shared state.
    Replicated,
    PrimaryReplica,
    Galera,
    Sentinel,
    ReplicaSet,
    ShardedCluster,
    /// The product's own clustering with a majority.
    Cluster,
    /// One writer and a standby in another zone, run by the provider.
    MultiZone,
    ActivePassive,
}

impl Topology {
    /// Returns the word that documents and the catalog have for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Replicated => "replicated",
            Self::PrimaryReplica => "primary-replica",
            Self::Galera => "galera",
            Self::Sentinel => "sentinel",
            Self::ReplicaSet => "replica-set",
            Self::ShardedCluster => "sharded-cluster",
            Self::Cluster => "cluster",
            Self::MultiZone => "multi-zone",
            Self::ActivePassive => "active-passive",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spread {
    Machine,
    Node,
    Zone,
    Site,
}

/// When a write is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Replication {
    Synchronous,
    Asynchronous,
}

/// Run by a provider.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Managed {
    pub meta: Meta,
    pub by: Fact<String>,
    pub region: Fact<String>,
    pub service: Fact<String>,
    pub multi_zone: Fact<bool>,
    /// Reaches users from places in other countries.
    pub global: Fact<bool>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Storage {
    pub meta: Meta,
    pub size: Fact<Bytes>,
    pub size_max: Fact<Bytes>,
    pub used: Fact<Bytes>,
    pub growth_per_day: Fact<Bytes>,
    pub class: Fact<String>,
    /// Copies of each byte.
    pub copies: Fact<Range>,
    pub throughput: Fact<Bits8>,
    pub on: Fact<Name>,
    pub rotate: Fact<bool>,
    pub mode: Fact<String>,
    pub encrypted: Fact<bool>,
    pub path: Fact<String>,
}

/// Bytes per second: `100MB/s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bits8(pub u64);

/// A port that a component serves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listener {
    pub meta: Meta,
    pub port: Fact<Ports>,
    pub tls: Option<Tls>,
    /// The port inside, where it differs.
    pub target: Fact<Ports>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tls {
    pub meta: Meta,
    pub issuer: Fact<String>,
    pub challenge: Fact<String>,
    pub names: Vec<Fact<String>>,
    pub minimum: Fact<String>,
    pub mutual: Fact<bool>,
    pub enforced: Fact<bool>,
}

/// Which requests go where.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    pub meta: Meta,
    pub host: Fact<String>,
    pub path: Fact<String>,
    pub header: Fact<String>,
    pub to: Fact<Name>,
    /// Name of the target's listener.
    pub listener: Fact<Name>,
    pub balance: Fact<Balance>,
    pub check: Option<HealthCheck>,
    pub sticky: Fact<Sticky>,
    pub timeout: Fact<Duration>,
    pub retries: Option<Retries>,
    /// Connection pool and circuit breaker.
    pub limits: BTreeMap<Name, Fact<String>>,
    pub weight: Fact<Share>,
    pub subset: Fact<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Retries {
    pub meta: Meta,
    pub attempts: Fact<Range>,
    pub per_try: Fact<Duration>,
    pub on: Vec<Fact<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Balance {
    RoundRobin,
    LeastConnections,
    LeastRequests,
    Random,
    Hash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sticky {
    None,
    Cookie,
    Address,
}

/// How the health of an instance is asked for. `check: GET /health` is short for its path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HealthCheck {
    pub meta: Meta,
    /// By its own requests, or only by watching those of users.
    pub active: Fact<bool>,
    pub path: Fact<String>,
    pub port: Fact<Ports>,
    pub command: Fact<String>,
    pub every: Fact<Duration>,
    pub timeout: Fact<Duration>,
    pub delay: Fact<Duration>,
    /// Failures in a row until it counts as down.
    pub fall: Fact<Range>,
    /// Successes in a row until it counts as up.
    pub rise: Fact<Range>,
}

/// What one component needs of another. `uses: { records: {} }`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Use {
    pub meta: Meta,
    /// The load balancer or proxy that stands between.
    pub through: Fact<Name>,
    pub listener: Fact<Name>,
    pub port: Fact<Ports>,
    pub purpose: Fact<String>,
    /// Works on, though worse, without it.
    pub optional: Fact<bool>,
    pub pool: Fact<Range>,
    pub pool_idle: Fact<Range>,
    pub lifetime: Fact<Duration>,
    pub idle: Fact<Duration>,
    pub timeout: Fact<Duration>,
    pub tls: Option<Tls>,
    pub secret: Fact<Name>,
    pub retries: Option<Retries>,
    pub limits: BTreeMap<Name, Fact<String>>,
}

/// Who notices a loss and who takes over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Failover {
    pub meta: Meta,
    /// The component or mechanism that acts: `keepalived`, `galera`, `sentinel`, `provider`.
    pub by: Fact<String>,
    /// What carries clients to the survivor.
    pub through: Fact<Name>,
    /// The address that moves.
    pub address: Fact<IpAddr>,
    pub automatic: Fact<bool>,
    pub timers: BTreeMap<Name, Fact<Duration>>,
}

/// How copies of a store are made and where they lie.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Backup {
    pub meta: Meta,
    pub full: Option<Copies>,
    pub incremental: Option<Copies>,
    pub snapshot: Option<Copies>,
    /// Continuous archive of the product's log, which point-in-time recovery needs.
    pub log: Option<LogArchive>,
    pub archive: Option<Copies>,
    pub point_in_time: Fact<bool>,
    pub to: Vec<Fact<Name>>,
    pub encrypted: Option<Encryption>,
    pub window: Fact<String>,
    pub tool: Fact<String>,
    pub command: Fact<String>,
    pub restore: Option<Restore>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Copies {
    pub meta: Meta,
    pub schedule: Fact<Cron>,
    pub keep: Fact<Duration>,
    pub to: Vec<Fact<Name>>,
    pub path: Fact<String>,
    pub manual: Fact<bool>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogArchive {
    pub meta: Meta,
    /// Longest time until a write is in the archive.
    pub every: Fact<Duration>,
    pub keep: Fact<Duration>,
    pub to: Vec<Fact<Name>>,
}

/// How a copy comes back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Restore {
    pub meta: Meta,
    pub throughput: Fact<Bits8>,
    pub steps: Vec<Fact<String>>,
    /// Until somebody acts.
    pub reaction: Fact<Duration>,
    pub drill: Fact<Cron>,
    pub verify: Fact<String>,
}

/// What a store keeps, where a backup may lie, and whether it can be changed there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encryption {
    pub meta: Meta,
    pub at_rest: Fact<bool>,
    pub in_transit: Fact<bool>,
    pub key: Fact<Name>,
    /// Write-once: nothing that the platform holds can delete a copy before this time.
    pub immutable: Fact<Duration>,
    pub versioned: Fact<bool>,
}

/// A named ability that the source gives a component.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ability {
    pub meta: Meta,
    pub is: Fact<String>,
    pub enabled: Fact<bool>,
    pub figures: BTreeMap<Name, Fact<String>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Autoscale {
    pub meta: Meta,
    pub replicas: Fact<Range>,
    pub cpu: Fact<Share>,
    pub memory: Fact<Share>,
    pub metrics: BTreeMap<Name, Fact<String>>,
    pub up: Option<ScaleStep>,
    pub down: Option<ScaleStep>,
    pub by: Fact<Name>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScaleStep {
    pub meta: Meta,
    pub window: Fact<Duration>,
    pub share: Fact<Share>,
    pub every: Fact<Duration>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateLimit {
    pub meta: Meta,
    pub rate: Fact<Rate>,
    pub by: Fact<String>,
    pub burst: Fact<Range>,
    /// Counted over all instances together.
    pub shared: Fact<bool>,
}

/// How instances run inside their machine: PM2, Gunicorn, PHP-FPM, Celery.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProcessModel {
    pub meta: Meta,
    pub product: Fact<String>,
    pub version: Fact<String>,
    pub workers: Fact<Range>,
    pub mode: Fact<String>,
    pub queue: Fact<Name>,
    pub settings: BTreeMap<Name, Fact<String>>,
}

/// The rights that an instance runs with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Security {
    pub meta: Meta,
    pub user: Fact<String>,
    pub group: Fact<String>,
    pub non_root: Fact<bool>,
    pub read_only_root: Fact<bool>,
    pub privilege_escalation: Fact<bool>,
    pub capabilities: Vec<Fact<String>>,
    pub service_account: Fact<Name>,
    pub pull_secret: Fact<Name>,
}

/// What a component is asked to carry, or can.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    pub meta: Meta,
    pub requests: Fact<Rate>,
    pub requests_max: Fact<Rate>,
    pub connections: Fact<Range>,
    pub latency: Fact<Duration>,
    pub message_size: Fact<Bytes>,
}
