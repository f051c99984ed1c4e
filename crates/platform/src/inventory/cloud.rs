//! What a provider runs: networks, security groups, databases, clusters, buckets.

mod compute;
mod guard;
mod network;
mod store;

pub use compute::{
    Addon, Balancer, Cdn, Cluster, HealthCheck, LaunchTemplate, Listener, NodeGroup, NodeTaint, Scaling,
    TargetGroup,
};
pub use guard::{Alarm, Budget, IdentityPolicy, Key, LogGroup, Statement, Trail, WebAcl};
pub use network::{Acl, AclRule, CloudNetwork, GroupRule, Ports, RouteTable, SecurityGroup, Subnet, WayOut};
pub use store::{BackupPlan, BackupRule, BackupSelection, Bucket, Cache, Database, Queue, Share, Vault};

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;

use super::Stated;

/// Resources of a plan or a state, each called by its address: `module.eks.aws_eks_cluster.this[0]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cloud {
    /// Regions of the providers.
    pub regions: Vec<Stated<String>>,
    pub networks: Vec<CloudNetwork>,
    pub subnets: Vec<Subnet>,
    pub route_tables: Vec<RouteTable>,
    pub groups: Vec<SecurityGroup>,
    pub acls: Vec<Acl>,
    pub clusters: Vec<Cluster>,
    pub node_groups: Vec<NodeGroup>,
    pub addons: Vec<Addon>,
    pub templates: Vec<LaunchTemplate>,
    pub scaling: Vec<Scaling>,
    pub balancers: Vec<Balancer>,
    pub listeners: Vec<Listener>,
    pub target_groups: Vec<TargetGroup>,
    pub cdns: Vec<Cdn>,
    pub databases: Vec<Database>,
    pub caches: Vec<Cache>,
    pub buckets: Vec<Bucket>,
    pub queues: Vec<Queue>,
    pub shares: Vec<Share>,
    pub vaults: Vec<Vault>,
    pub backup_plans: Vec<BackupPlan>,
    pub backup_selections: Vec<BackupSelection>,
    pub keys: Vec<Key>,
    pub log_groups: Vec<LogGroup>,
    pub trails: Vec<Trail>,
    pub alarms: Vec<Alarm>,
    pub identities: Vec<IdentityPolicy>,
    pub web_acls: Vec<WebAcl>,
    pub budgets: Vec<Budget>,
    /// Installed by a plan into a cluster: the name of each chart.
    pub charts: Vec<Stated<String>>,
    /// Names of instances, services and interfaces to the security groups that they have.
    pub wearers: BTreeMap<String, Vec<Link>>,
}

impl Cloud {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The head of a resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    pub address: String,
    pub origin: Origin,
    /// Where the resource itself says so; else its provider's is meant.
    pub region: Option<Stated<String>>,
    /// `Environment` and other tags.
    pub tags: BTreeMap<String, String>,
}

/// What one resource names another by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// The address of a resource of the same input.
    Here(String),
    /// An id or a name of something that the input does not hold.
    Elsewhere(String),
    /// It is not known before the plan is carried out.
    Unknown,
}

impl Link {
    /// Returns the address, where the input holds the resource.
    pub fn here(&self) -> Option<&str> {
        match self {
            Self::Here(address) => Some(address),
            _ => None,
        }
    }
}
