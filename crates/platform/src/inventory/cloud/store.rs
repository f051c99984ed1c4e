//! Databases, caches, buckets, queues, file shares, and the copies of them.

use sehat_diagnostic::Origin;

use super::{Link, Resource};
use crate::inventory::{Labels, Stated};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Database {
    pub resource: Resource,
    pub engine: Option<Stated<String>>,
    pub version: Option<Stated<String>>,
    pub class: Option<Stated<String>>,
    pub storage_gib: Option<Stated<u64>>,
    pub storage_gib_max: Option<Stated<u64>>,
    pub storage_kind: Option<Stated<String>>,
    pub encrypted: Option<Stated<bool>>,
    pub key: Vec<Link>,
    pub several_zones: Option<Stated<bool>>,
    pub backup_days: Option<Stated<u32>>,
    pub backup_window: Option<Stated<String>>,
    pub maintenance_window: Option<Stated<String>>,
    pub protected: Option<Stated<bool>>,
    pub is_public: Option<Stated<bool>>,
    pub port: Option<Stated<u16>>,
    pub groups: Vec<Link>,
    /// The settings of its parameter group, where the input holds it.
    pub parameters: Option<Labels>,
    pub parameter_group: Vec<Link>,
    /// A member of a cluster, whose settings hold for it.
    pub cluster: Vec<Link>,
    pub is_cluster: bool,
    /// A copy of another database that follows it.
    pub is_replica: bool,
    pub log_exports: Vec<Stated<String>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cache {
    pub resource: Resource,
    pub engine: Option<Stated<String>>,
    pub version: Option<Stated<String>>,
    pub class: Option<Stated<String>>,
    pub encrypted: Option<Stated<bool>>,
    pub transit_encrypted: Option<Stated<bool>>,
    pub has_password: bool,
    pub fails_over: Option<Stated<bool>>,
    pub several_zones: Option<Stated<bool>>,
    pub members: Option<Stated<u32>>,
    pub snapshot_days: Option<Stated<u32>>,
    pub snapshot_window: Option<Stated<String>>,
    pub port: Option<Stated<u16>>,
    pub groups: Vec<Link>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bucket {
    pub resource: Resource,
    pub name: Option<Stated<String>>,
    pub is_versioned: Option<Stated<bool>>,
    /// `COMPLIANCE` or `GOVERNANCE`, and the days.
    pub lock: Option<(Stated<String>, u32)>,
    pub key: Vec<Link>,
    pub algorithm: Option<Stated<String>>,
    /// Days after which objects are deleted.
    pub expires_days: Vec<Stated<u32>>,
    pub blocks_public: Option<Stated<bool>>,
    pub acl: Option<Stated<String>>,
    pub replicates_to: Vec<Link>,
    pub logs_access: bool,
    pub may_be_emptied: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Queue {
    pub resource: Resource,
    pub retention_s: Option<Stated<u64>>,
    pub dead_letters_to: Vec<Link>,
    pub encrypted: Option<Stated<bool>>,
    pub is_fifo: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Share {
    pub resource: Resource,
    pub encrypted: Option<Stated<bool>>,
    pub key: Vec<Link>,
    pub backed_up: Option<Stated<bool>>,
    pub throughput_mib_s: Option<Stated<u64>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vault {
    pub resource: Resource,
    pub name: Option<Stated<String>>,
    pub key: Vec<Link>,
    /// Days before which nobody deletes, and after how many days the lock itself cannot be taken away.
    pub lock_days: Option<Stated<u32>>,
    pub lock_is_final: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackupPlan {
    pub resource: Resource,
    pub rules: Vec<BackupRule>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackupRule {
    pub origin: Origin,
    pub name: String,
    pub schedule: Option<Stated<String>>,
    pub time_zone: Option<Stated<String>>,
    pub vault: Vec<Link>,
    pub keep_days: Option<Stated<u32>>,
    /// Other vaults, by name.
    pub copies: Vec<Stated<String>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackupSelection {
    pub resource: Resource,
    pub plan: Vec<Link>,
    pub resources: Vec<Link>,
    /// Key and value of a tag that selects.
    pub tags: Vec<(String, String)>,
    /// Some of what it selects is not known before the plan is carried out.
    pub is_open_ended: bool,
}
