//! The words that stand for one of a few things.

use sehat_platform::component::{Balance, Bits8, Kind, Replication, Spread, Sticky, Topology};
use sehat_platform::data::Class;
use sehat_platform::filter::{Action, Direction, FilterKind, Peer};
use sehat_platform::place::{Bits, Cpu, Facing};

use crate::word::{Word, words};

words!(Kind, "a kind of component";
    "load-balancer" => Self::LoadBalancer, "gateway" => Self::Gateway, "cdn" => Self::Cdn, "dns" => Self::Dns,
    "waf" => Self::Waf, "service" => Self::Service, "worker" => Self::Worker, "job" => Self::Job,
    "frontend" => Self::Frontend, "database" => Self::Database, "cache" => Self::Cache, "queue" => Self::Queue,
    "object-store" => Self::ObjectStore, "file-share" => Self::FileShare, "block-store" => Self::BlockStore,
    "backup-store" => Self::BackupStore, "metrics" => Self::Metrics, "logs" => Self::Logs, "traces" => Self::Traces,
    "alerts" => Self::Alerts, "dashboards" => Self::Dashboards, "audit" => Self::Audit, "bastion" => Self::Bastion,
    "vpn" => Self::Vpn, "secrets" => Self::Secrets, "keys" => Self::Keys, "certificates" => Self::Certificates,
    "registry" => Self::Registry, "cluster" => Self::Cluster, "mesh" => Self::Mesh, "analytics" => Self::Analytics,
    "pipeline" => Self::Pipeline, "provisioning" => Self::Provisioning, "external" => Self::External,
);

words!(Topology, "a topology";
    "single" => Self::Single, "replicated" => Self::Replicated, "primary-replica" => Self::PrimaryReplica,
    "galera" => Self::Galera, "sentinel" => Self::Sentinel, "replica-set" => Self::ReplicaSet,
    "sharded-cluster" => Self::ShardedCluster, "cluster" => Self::Cluster, "multi-zone" => Self::MultiZone,
    "active-passive" => Self::ActivePassive,
);

words!(Spread, "what instances must not share";
    "machine" => Self::Machine, "node" => Self::Node, "zone" => Self::Zone, "site" => Self::Site);

words!(Replication, "when a write is acknowledged";
    "synchronous" => Self::Synchronous, "asynchronous" => Self::Asynchronous);

words!(Balance, "a way to choose a server";
    "round-robin" => Self::RoundRobin, "least-connections" => Self::LeastConnections,
    "least-requests" => Self::LeastRequests, "random" => Self::Random, "hash" => Self::Hash);

words!(Sticky, "how a user stays with a server";
    "none" => Self::None, "cookie" => Self::Cookie, "address" => Self::Address);

words!(Class, "a class of data";
    "phi" => Self::Phi, "personal" => Self::Personal, "billing" => Self::Billing, "audit" => Self::Audit,
    "compliance" => Self::Compliance, "operational" => Self::Operational, "public" => Self::Public);

words!(Facing, "whom a segment faces"; "internet" => Self::Internet, "inside" => Self::Inside);

words!(FilterKind, "a kind of filter";
    "firewall" => Self::Firewall, "security-group" => Self::SecurityGroup, "acl" => Self::Acl,
    "network-policy" => Self::NetworkPolicy);

words!(Action, "an action"; "allow" => Self::Allow, "deny" => Self::Deny);

words!(Direction, "a direction"; "ingress" => Self::Ingress, "egress" => Self::Egress);

impl Word for Peer {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "internet" => Ok(Self::Internet),
            "any" => Ok(Self::Any),
            "\u{0}" => Err("a component, a segment, an address range, `internet` or `any`".to_owned()),
            _ => Ok(text.parse().map_or_else(|_| Self::Named(text.to_owned()), Self::Range)),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Internet => "internet".to_owned(),
            Self::Any => "any".to_owned(),
            Self::Named(name) => name.clone(),
            Self::Range(range) => range.to_string(),
        }
    }
}

impl Word for Cpu {
    fn read(text: &str) -> Result<Self, String> {
        let one = |part: &str| -> Option<u64> {
            match part.strip_suffix('m') {
                Some(milli) => milli.parse().ok(),
                None => part
                    .parse::<f64>()
                    .ok()
                    .filter(|cores| (0.0..=100_000.0).contains(cores))
                    .map(thousandths),
            }
        };
        let (low, high) = text.split_once("..").unwrap_or((text, text));
        match (one(low), one(high)) {
            (Some(min), Some(max)) if min <= max => Ok(Self { min, max }),
            _ => Err("cores such as `2`, `500m` or `500m..2000m`".to_owned()),
        }
    }

    fn show(&self) -> String {
        let one =
            |cpu: u64| if cpu.is_multiple_of(1000) { (cpu / 1000).to_string() } else { format!("{cpu}m") };
        if self.min == self.max { one(self.min) } else { format!("{}..{}", one(self.min), one(self.max)) }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the caller checks the range")]
fn thousandths(cores: f64) -> u64 {
    (cores * 1000.0).round() as u64
}

impl Word for Bits {
    fn read(text: &str) -> Result<Self, String> {
        per_second(text, "bps", "a bandwidth such as `1Gbps`").map(Self)
    }

    fn show(&self) -> String {
        format!("{}bps", thousands(self.0))
    }
}

impl Word for Bits8 {
    fn read(text: &str) -> Result<Self, String> {
        per_second(text, "B/s", "a throughput such as `100MB/s`").map(Self)
    }

    fn show(&self) -> String {
        format!("{}B/s", thousands(self.0))
    }
}

/// Writes a number with the largest unit that leaves no fraction.
fn thousands(number: u64) -> String {
    let units = [("G", 1_000_000_000), ("M", 1_000_000), ("k", 1_000)];
    match units.iter().find(|(_, size)| number >= *size && number.is_multiple_of(*size)) {
        Some((unit, size)) => format!("{}{unit}", number / size),
        None => number.to_string(),
    }
}

fn per_second(text: &str, unit: &str, expected: &str) -> Result<u64, String> {
    let number = text.strip_suffix(unit).ok_or(expected)?;
    let split = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    let factor = match &number[split..] {
        "" => 1,
        "k" | "K" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        _ => return Err(expected.to_owned()),
    };
    number[..split]
        .parse::<u64>()
        .ok()
        .and_then(|value| value.checked_mul(factor))
        .ok_or_else(|| expected.to_owned())
}
