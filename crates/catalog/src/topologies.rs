//! How the members of a replicated product agree, fail over and lose data.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::products;
use crate::table::parse;

/// One way of running several instances of a product together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Topology {
    pub product: &'static str,
    pub topology: &'static str,
    pub quorum: Quorum,
    pub voters: Voters,
    /// The fewest members with which it works as named.
    pub members_min: u32,
    /// The fewest members that keep their service when one is lost; none where it never does.
    pub members_min_for_one_loss: Option<u32>,
    pub replication: Replication,
    /// Whether writes that were acknowledged may be missing after a failover.
    pub loss: Loss,
    /// Who sees a lost member and moves its role.
    pub actor: Actor,
    /// How clients come to the member that now serves.
    pub follower: Follower,
    /// Whether the data survives a restart of all members.
    pub durable: bool,
    /// How many members take writes: `one`, `all` or `per-shard`.
    pub writers: &'static str,
    /// Features that documents promise and this topology has.
    #[serde(default)]
    pub supports: Vec<&'static str>,
    /// Features that documents promise and this topology lacks.
    #[serde(default)]
    pub lacks: Vec<&'static str>,
    /// What a reader of a finding must know.
    pub note: Option<&'static str>,
    pub source: &'static str,
    pub date: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quorum {
    /// Every member serves for itself.
    None,
    /// More than half of the voters must hear each other.
    Majority,
    /// The provider keeps it.
    Provider,
}

/// Who votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Voters {
    Nobody,
    Members,
    /// Only the members that hold a primary role: the masters of a Redis Cluster.
    Primaries,
    /// A quorum system beside the members: Sentinels, etcd, monitors, the Kubernetes API.
    Others,
    Provider,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replication {
    None,
    Async,
    /// One replica at least has received a write before it is acknowledged, and the
    /// primary goes back to asynchronous replication when none answers.
    SemiSync,
    Sync,
    /// Every member has received and certified a write before it is acknowledged.
    Certification,
    /// A majority has stored a write before it is acknowledged.
    Consensus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// No write that was acknowledged is lost when one member is.
    None,
    /// Writes acknowledged shortly before may be lost.
    Possible,
    /// Everything that the member held is lost.
    All,
    /// The product holds no data.
    NoData,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// Nobody: a person must act.
    Nobody,
    /// The members themselves.
    Members,
    Sentinel,
    Patroni,
    /// A Kubernetes operator.
    Operator,
    Provider,
    /// What stands in front of the members leaves out those that do not answer.
    Balancer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Follower {
    /// The address itself moves.
    Address,
    /// The provider changes a name.
    Dns,
    /// The client's driver knows the members.
    Driver,
    /// A proxy or balancer that checks the members must be declared.
    Proxy,
    /// A Kubernetes Service whose selector follows the role.
    Service,
    /// Nothing: clients keep asking the lost member.
    Nothing,
}

impl Topology {
    /// Returns how many of `voter_count` voters must hear each other.
    pub fn majority(&self, voter_count: u32) -> Option<u32> {
        (self.quorum == Quorum::Majority).then_some(voter_count / 2 + 1)
    }

    /// Returns whether the topology has `feature`; none where that is not known.
    pub fn supports(&self, feature: &str) -> Option<bool> {
        if self.supports.contains(&feature) {
            return Some(true);
        }
        self.lacks.contains(&feature).then_some(false)
    }
}

cited!(
    Topology,
    |row| format!("topology/{}/{}", row.product, row.topology),
    format!("{:?} replication, failover by {:?}", row.replication, row.actor)
);

/// Returns what is known of `topology` of `product`, else of that topology in general.
///
/// `topology` is the document's word, or the name of the product that moves the roles:
/// `patroni`, `cloudnative-pg`, `sentinel`.
pub fn topology(product: &str, topology: &str) -> Option<&'static Topology> {
    let of = |product: &str| {
        all_topologies().iter().find(|row| row.product == product && products::same(row.topology, topology))
    };
    products::find(product, of).or_else(|| of(ANY))
}

// Rows of this product say what a word of the document's grammar means for every product.
const ANY: &str = "any";

/// Returns every topology of `product`, its base's included.
pub fn topologies(product: &str) -> Vec<&'static Topology> {
    let named = |name: &str| all_topologies().iter().filter(|row| row.product == name).collect::<Vec<_>>();
    products::find(product, |name| Some(named(name)).filter(|rows| !rows.is_empty())).unwrap_or_default()
}

pub(crate) fn all_topologies() -> &'static [Topology] {
    &TABLE.topology
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    topology: Vec<Topology>,
}

static TABLE: LazyLock<File> = LazyLock::new(|| parse!("topologies"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn galera_loses_nothing_and_needs_a_proxy() {
        let galera = topology("mariadb", "galera").unwrap();
        assert_eq!(
            (galera.loss, galera.actor, galera.follower),
            (Loss::None, Actor::Members, Follower::Proxy)
        );
        assert_eq!(galera.majority(3), Some(2));
        assert_eq!(galera.supports("multi-primary"), Some(true));
    }

    #[test]
    fn replica_set_does_not_shard() {
        assert_eq!(topology("mongodb", "replica-set").unwrap().supports("sharding"), Some(false));
    }

    #[test]
    fn movers_name_topologies_too() {
        assert_eq!(topology("postgresql", "cnpg").unwrap().actor, Actor::Operator);
        assert_eq!(topology("redis", "redis-sentinel"), topology("redis", "sentinel"));
        assert_eq!(topology("rds-mysql", "multi-zone").unwrap().follower, Follower::Dns);
        assert_eq!(topology("nodejs", "replicated").unwrap().actor, Actor::Balancer);
    }

    #[test]
    fn mysql_replication_has_no_actor() {
        assert_eq!(topology("mysql", "primary-replica").unwrap().actor, Actor::Nobody);
    }
}
