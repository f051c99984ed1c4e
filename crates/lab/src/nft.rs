//! nftables rulesets as data, written in the JSON that `nft -j -f -` reads. No rule is ever a pasted string.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::blueprint::Ports;

/// Commands that nft applies all together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ruleset {
    nftables: Vec<Command>,
}

impl Ruleset {
    /// Replaces the table by an empty one; adding it first makes the deletion safe where it is missing.
    pub fn replacing(family: Family, name: &str) -> Self {
        let table = || Object::Table(Table { family, name: name.into() });
        Self { nftables: vec![Command::Add(table()), Command::Delete(table()), Command::Add(table())] }
    }

    /// Removes the table, whether or not it is there.
    pub fn removing(family: Family, name: &str) -> Self {
        let table = || Object::Table(Table { family, name: name.into() });
        Self { nftables: vec![Command::Add(table()), Command::Delete(table())] }
    }

    pub fn chain(&mut self, chain: Chain) {
        self.nftables.push(Command::Add(Object::Chain(chain)));
    }

    pub fn rule(&mut self, chain: &Chain, expr: Vec<Statement>) {
        let rule = Rule { family: chain.family, table: chain.table.clone(), chain: chain.name.clone(), expr };
        self.nftables.push(Command::Add(Object::Rule(rule)));
    }

    /// The text for `nft -j -f -`.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Command {
    Add(Object),
    Delete(Object),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Object {
    Table(Table),
    Chain(Chain),
    Rule(Rule),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    Inet,
    Bridge,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Table {
    family: Family,
    name: String,
}

/// A chain at a hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chain {
    pub family: Family,
    pub table: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub hook: Hook,
    #[serde(rename = "prio")]
    pub priority: i32,
    pub policy: Policy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Hook {
    Prerouting,
    Input,
    Forward,
    Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    Accept,
    Drop,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Rule {
    family: Family,
    table: String,
    chain: String,
    expr: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    Match(Match),
    Accept,
    Drop,
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Match(matched) => map.serialize_entry("match", matched)?,
            Self::Accept => map.serialize_entry("accept", &())?,
            Self::Drop => map.serialize_entry("drop", &())?,
        }
        map.end()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Match {
    op: &'static str,
    left: Field,
    right: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Field {
    Payload { protocol: &'static str, field: &'static str },
    Meta { key: &'static str },
    Ct { key: &'static str },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Value {
    Prefix {
        addr: Ipv4Addr,
        len: u8,
    },
    Range([u16; 2]),
    Set(Vec<Value>),
    #[serde(untagged)]
    Number(u16),
    #[serde(untagged)]
    Text(String),
}

/// Packets of these connection states.
pub fn state_in(states: &[&str]) -> Statement {
    let values = states.iter().map(|state| Value::Text((*state).into())).collect();
    matching("in", Field::Ct { key: "state" }, Value::Set(values))
}

pub fn source_in(networks: &BTreeSet<Ipv4Net>) -> Statement {
    matching("==", Field::Payload { protocol: "ip", field: "saddr" }, addresses(networks))
}

pub fn source_not_in(networks: &BTreeSet<Ipv4Net>) -> Statement {
    matching("!=", Field::Payload { protocol: "ip", field: "saddr" }, addresses(networks))
}

pub fn target_in(networks: &BTreeSet<Ipv4Net>) -> Statement {
    matching("==", Field::Payload { protocol: "ip", field: "daddr" }, addresses(networks))
}

pub fn arrives_by(link: &str) -> Statement {
    matching("==", Field::Meta { key: "iifname" }, Value::Text(link.into()))
}

pub fn leaves_by(link: &str) -> Statement {
    matching("==", Field::Meta { key: "oifname" }, Value::Text(link.into()))
}

/// Packets of an IP protocol by its name in nft, `tcp`, `icmp`, `vrrp`.
pub fn carries(protocol: &str) -> Statement {
    matching("==", Field::Meta { key: "l4proto" }, Value::Text(protocol.into()))
}

/// IP packets that carry this protocol number.
pub fn carries_number(protocol: u16) -> Statement {
    matching("==", Field::Meta { key: "l4proto" }, Value::Number(protocol))
}

pub fn echo_request() -> Statement {
    matching("==", Field::Payload { protocol: "icmp", field: "type" }, Value::Text("echo-request".into()))
}

/// `protocol` is `tcp` or `udp`.
pub fn to_ports(protocol: &'static str, ports: Ports) -> Statement {
    let value = if ports.first == ports.last {
        Value::Number(ports.first)
    } else {
        Value::Range([ports.first, ports.last])
    };
    matching("==", Field::Payload { protocol, field: "dport" }, value)
}

fn matching(op: &'static str, left: Field, right: Value) -> Statement {
    Statement::Match(Match { op, left, right })
}

/// One prefix, or a set of prefixes that do not overlap, because nft refuses those that do.
fn addresses(networks: &BTreeSet<Ipv4Net>) -> Value {
    let joined = Ipv4Net::aggregate(&networks.iter().map(Ipv4Net::trunc).collect());
    let mut values: Vec<Value> = joined.into_iter().map(address).collect();
    if values.len() == 1 { values.remove(0) } else { Value::Set(values) }
}

fn address(network: Ipv4Net) -> Value {
    if network.prefix_len() == 32 {
        Value::Text(network.addr().to_string())
    } else {
        Value::Prefix { addr: network.addr(), len: network.prefix_len() }
    }
}
