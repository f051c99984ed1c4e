//! Clusters, nodes, load balancers and what they lead to.

use sehat_diagnostic::Origin;

use super::{Link, Resource};
use crate::Cidr;
use crate::inventory::{Labels, Stated};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cluster {
    pub resource: Resource,
    pub name: Option<Stated<String>>,
    pub version: Option<Stated<String>>,
    pub is_public: Option<Stated<bool>>,
    pub public_blocks: Vec<Stated<Cidr>>,
    pub subnets: Vec<Link>,
    pub groups: Vec<Link>,
    pub secrets_encrypted: bool,
    pub log_types: Vec<Stated<String>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeGroup {
    pub resource: Resource,
    pub cluster: Vec<Link>,
    pub instance_types: Vec<Stated<String>>,
    /// `ON_DEMAND` or `SPOT`.
    pub capacity: Option<Stated<String>>,
    pub taints: Vec<NodeTaint>,
    pub labels: Labels,
    pub min: Option<Stated<u32>>,
    pub desired: Option<Stated<u32>>,
    pub max: Option<Stated<u32>>,
    pub subnets: Vec<Link>,
    pub image: Option<Stated<String>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeTaint {
    pub origin: Origin,
    pub key: String,
    pub value: Option<String>,
    /// As the provider writes it: `NO_SCHEDULE`.
    pub effect: Stated<String>,
}

impl NodeTaint {
    /// Returns the effect as Kubernetes writes it.
    pub fn effect_of_kubernetes(&self) -> &str {
        match self.effect.value.as_str() {
            "NO_SCHEDULE" => "NoSchedule",
            "NO_EXECUTE" => "NoExecute",
            "PREFER_NO_SCHEDULE" => "PreferNoSchedule",
            other => other,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Addon {
    pub resource: Resource,
    pub cluster: Vec<Link>,
    pub name: Stated<String>,
    pub version: Option<Stated<String>>,
    pub has_role: bool,
    /// Its own settings, as JSON or YAML.
    pub settings: Option<Stated<String>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaunchTemplate {
    pub resource: Resource,
    /// `required` or `optional`.
    pub metadata_tokens: Option<Stated<String>>,
    pub metadata_hops: Option<Stated<u32>>,
    pub disks_encrypted: Option<Stated<bool>>,
}

/// A group of instances that grows, or what makes one grow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scaling {
    pub resource: Resource,
    pub min: Option<Stated<u32>>,
    pub max: Option<Stated<u32>>,
    pub subnets: Vec<Link>,
    /// A policy that changes the number; else it is a group.
    pub is_policy: bool,
    pub group: Vec<Link>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Balancer {
    pub resource: Resource,
    /// `application` or `network`.
    pub kind: Option<Stated<String>>,
    pub is_internal: Option<Stated<bool>>,
    pub subnets: Vec<Link>,
    pub groups: Vec<Link>,
    pub protected: Option<Stated<bool>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listener {
    pub resource: Resource,
    pub balancer: Vec<Link>,
    pub port: Option<Stated<u16>>,
    pub protocol: Option<Stated<String>>,
    pub tls_policy: Option<Stated<String>>,
    pub redirects_to_https: bool,
    pub targets: Vec<Link>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct TargetGroup {
    pub resource: Resource,
    pub network: Vec<Link>,
    pub port: Option<Stated<u16>>,
    pub protocol: Option<Stated<String>>,
    pub check: HealthCheck,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct HealthCheck {
    pub origin: Option<Origin>,
    /// A number, or `traffic-port`.
    pub port: Option<Stated<String>>,
    pub path: Option<Stated<String>>,
    pub protocol: Option<Stated<String>>,
}

/// A network that keeps answers near users.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cdn {
    pub resource: Resource,
    pub origins: Vec<Stated<String>>,
    /// `allow-all`, `https-only`, `redirect-to-https`, of each behaviour.
    pub viewer_policies: Vec<Stated<String>>,
    pub tls_min: Option<Stated<String>>,
    /// To an origin: `http-only`, `https-only`, `match-viewer`.
    pub origin_policies: Vec<Stated<String>>,
    pub web_acl: Vec<Link>,
    /// Countries that it serves, where it is bound to some.
    pub countries: Vec<Stated<String>>,
    /// Methods that it passes on.
    pub methods: Vec<Stated<String>>,
}
