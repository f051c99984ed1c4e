//! What sees a lost member and moves something, so that service goes on.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Follower;
use crate::entry::cited;
use crate::products;
use crate::table::parse;

/// A mechanism that a failover promise may name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Mover {
    pub name: &'static str,
    pub moves: Moves,
    /// How clients come to what now serves.
    pub follower: Follower,
    /// Whether something beside it, a proxy or an aware driver, must be declared for clients to follow.
    pub needs_follower: bool,
    pub meaning: &'static str,
    pub source: &'static str,
    pub date: Date,
}

/// What a mover moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moves {
    Address,
    /// The primary's role.
    Role,
    /// The list of those who belong.
    Membership,
    /// The servers that requests go to; no role.
    Endpoints,
    Dns,
    /// A whole machine or pod.
    Machine,
}

cited!(Mover, |row| format!("mover/{}", row.name), row.meaning.to_owned());

/// Returns the mover named `name`, by any of its names.
pub fn mover(name: &str) -> Option<&'static Mover> {
    let named = |name: &str| movers().iter().find(|row| row.name == name);
    // A product may share a word with a mover: Sentinel is one of redis-sentinel's names.
    named(name)
        .or_else(|| movers().iter().find(|row| products::same(row.name, name)))
        .or_else(|| products::find(name, named))
}

/// Returns every mover.
pub fn movers() -> &'static [Mover] {
    &TABLE.mover
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    mover: Vec<Mover>,
}

static TABLE: LazyLock<File> = LazyLock::new(|| parse!("movers"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_promotes_nothing() {
        assert_eq!(mover("haproxy").unwrap().moves, Moves::Endpoints);
        assert_eq!(mover("keepalived").unwrap().moves, Moves::Address);
    }

    #[test]
    fn other_names_find_the_same_mover() {
        assert_eq!(mover("redis-sentinel"), mover("sentinel"));
        assert_eq!(mover("cnpg"), mover("cloudnative-pg"));
        assert_eq!(mover("aws-rds"), mover("rds"));
        assert_eq!(mover("hope"), None);
    }
}
