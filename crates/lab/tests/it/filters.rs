//! Allowed connections become rules; what a reader sees is nft's own text form of them.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use proptest::prelude::*;
use sehat_lab::blueprint::{Allowed, Blueprint, Limits, Machine, Ports, Protocol, Router, Segment};
use sehat_lab::fault::Cuts;
use sehat_lab::filters::{machine_ruleset, router_ruleset};
use sehat_lab::nft::Ruleset;
use serde_json::Value;

pub fn clinic(allowed: Vec<Allowed>) -> Blueprint {
    Blueprint {
        platform: "clinic".into(),
        environment: "production".into(),
        router: Router { name: "router".into(), limits: Limits::default() },
        segments: vec![
            segment("internet", "203.0.113.0/24", [203, 0, 113, 1], true),
            segment("dmz", "192.168.10.0/24", [192, 168, 10, 1], false),
            segment("database", "192.168.30.0/24", [192, 168, 30, 1], false),
        ],
        machines: vec![
            machine("edge-1", "dmz", [192, 168, 10, 11], &[[192, 168, 10, 10]]),
            machine("edge-2", "dmz", [192, 168, 10, 12], &[[192, 168, 10, 10]]),
            machine("db-1", "database", [192, 168, 30, 11], &[]),
        ],
        names: [("edge".to_string(), [Ipv4Addr::new(192, 168, 10, 10)].into())].into(),
        front_doors: Vec::new(),
        allowed,
        seeds: Vec::new(),
        differs: Vec::new(),
    }
}

fn segment(name: &str, cidr: &str, gateway: [u8; 4], faces_internet: bool) -> Segment {
    Segment { name: name.into(), cidr: cidr.parse().unwrap(), gateway: gateway.into(), faces_internet }
}

fn machine(name: &str, segment: &str, address: [u8; 4], virtual_addresses: &[[u8; 4]]) -> Machine {
    Machine {
        name: name.into(),
        node: "pve-01".into(),
        zone: "room-1".into(),
        segment: segment.into(),
        address: address.into(),
        virtual_addresses: virtual_addresses.iter().map(|one| (*one).into()).collect(),
        instances: Vec::new(),
        limits: Limits::default(),
        seeds: Vec::new(),
    }
}

fn allow(clients: &[&str], servers: &[&str], protocol: Protocol, ports: Option<(u16, u16)>) -> Allowed {
    let networks = |texts: &[&str]| texts.iter().map(|text| text.parse::<Ipv4Net>().unwrap()).collect();
    let ports = ports.map(|(first, last)| Ports { first, last });
    Allowed { clients: networks(clients), servers: networks(servers), protocol, ports }
}

fn usual() -> Vec<Allowed> {
    vec![
        allow(&["0.0.0.0/0"], &["192.168.10.10/32"], Protocol::Tcp, Some((443, 443))),
        allow(
            &["192.168.10.11/32", "192.168.10.12/32"],
            &["192.168.30.0/24"],
            Protocol::Tcp,
            Some((3306, 3307)),
        ),
        allow(
            &["192.168.10.11/32", "192.168.10.12/32"],
            &["192.168.10.11/32", "192.168.10.12/32"],
            Protocol::Vrrp,
            None,
        ),
        allow(&["192.168.10.0/24"], &["192.168.30.11/32"], Protocol::Icmp, None),
    ]
}

/// Rules, a line each, as `chain: expression`.
fn rules(ruleset: &Ruleset) -> String {
    let json: Value = serde_json::from_str(&ruleset.to_json()).unwrap();
    let commands = json["nftables"].as_array().unwrap().iter();
    commands.filter_map(|command| line(&command["add"])).collect()
}

fn line(added: &Value) -> Option<String> {
    if let Some(chain) = added.get("chain") {
        let [name, hook, policy] = ["name", "hook", "policy"].map(|key| chain[key].as_str().unwrap());
        return Some(format!("{name} at {hook} {}, else {policy}\n", chain["prio"]));
    }
    let words: Vec<String> = added.get("rule")?["expr"].as_array()?.iter().map(statement).collect();
    Some(format!("  {}\n", words.join(" ")))
}

fn statement(statement: &Value) -> String {
    let Some(matched) = statement.get("match") else {
        return statement.as_object().unwrap().keys().next().unwrap().clone();
    };
    let left = matched["left"].as_object().unwrap().values().next().unwrap();
    let field = left.get("field").or_else(|| left.get("key")).unwrap().as_str().unwrap();
    let protocol =
        left.get("protocol").and_then(Value::as_str).map(|name| format!("{name} ")).unwrap_or_default();
    let not = if matched["op"] == "!=" { "not " } else { "" };
    format!("{protocol}{field} {not}{}", value(&matched["right"]))
}

fn value(right: &Value) -> String {
    if let Some(prefix) = right.get("prefix") {
        return format!("{}/{}", prefix["addr"].as_str().unwrap(), prefix["len"]);
    }
    if let Some(range) = right.get("range") {
        return format!("{}-{}", range[0], range[1]);
    }
    match right.get("set").and_then(Value::as_array) {
        Some(values) => format!("{{{}}}", values.iter().map(value).collect::<Vec<_>>().join(", ")),
        None => right.as_str().map_or_else(|| right.to_string(), ToString::to_string),
    }
}

#[test]
fn the_router_passes_what_is_allowed() {
    insta::assert_snapshot!(rules(&router_ruleset(&clinic(usual()))), @"
    sources at prerouting -300, else accept
      iifname leg0 ip saddr {192.168.10.0/24, 192.168.30.0/24} drop
      iifname leg1 ip saddr not 192.168.10.0/24 drop
      iifname leg2 ip saddr not 192.168.30.0/24 drop
    arriving at input 0, else drop
      iifname lo accept
      state {established, related} accept
      iifname leg0 ip daddr 203.0.113.1 udp dport 53 accept
      iifname leg0 ip daddr 203.0.113.1 tcp dport 53 accept
      iifname leg0 ip daddr 203.0.113.1 icmp type echo-request accept
      iifname leg1 ip daddr 192.168.10.1 udp dport 53 accept
      iifname leg1 ip daddr 192.168.10.1 tcp dport 53 accept
      iifname leg1 ip daddr 192.168.10.1 icmp type echo-request accept
      iifname leg2 ip daddr 192.168.30.1 udp dport 53 accept
      iifname leg2 ip daddr 192.168.30.1 tcp dport 53 accept
      iifname leg2 ip daddr 192.168.30.1 icmp type echo-request accept
    passing at forward 0, else drop
      state {established, related} accept
      ip saddr 0.0.0.0/0 ip daddr 192.168.10.10 tcp dport 443 accept
      ip saddr {192.168.10.11, 192.168.10.12} ip daddr 192.168.30.0/24 tcp dport 3306-3307 accept
      ip saddr 192.168.10.0/24 ip daddr 192.168.30.11 icmp type echo-request accept
    ");
}

#[test]
fn a_machine_opens_for_its_own_addresses() {
    let blueprint = clinic(usual());
    insta::assert_snapshot!(rules(&machine_ruleset(&blueprint, &blueprint.machines[0])), @"
    arriving at input 0, else drop
      iifname lo accept
      state {established, related} accept
    leaving at output 0, else drop
      oifname lo accept
      state {established, related} accept
      oifname eth0 ip saddr 192.168.10.10/31 ip daddr 192.168.10.1 udp dport 53 accept
      oifname eth0 ip saddr 192.168.10.10/31 ip daddr 192.168.10.1 tcp dport 53 accept
      oifname eth0 ip saddr 192.168.10.10/31 ip daddr 192.168.10.1 icmp type echo-request accept
      ip saddr 0.0.0.0/0 ip daddr 192.168.10.10 tcp dport 443 accept
      ip saddr 192.168.10.10/31 ip daddr 192.168.10.10 tcp dport 443 accept
      ip saddr 192.168.10.11 ip daddr 192.168.30.0/24 tcp dport 3306-3307 accept
      ip saddr {192.168.10.11, 192.168.10.12} ip daddr {192.168.10.11, 224.0.0.18} l4proto 112 accept
      ip saddr 192.168.10.11 ip daddr {192.168.10.11, 192.168.10.12, 224.0.0.18} l4proto 112 accept
      ip saddr 192.168.10.10/31 ip daddr 192.168.30.11 icmp type echo-request accept
    ");
}

#[test]
fn a_machine_without_openings_only_asks_for_names() {
    let blueprint = clinic(Vec::new());
    insta::assert_snapshot!(rules(&machine_ruleset(&blueprint, &blueprint.machines[2])), @"
    arriving at input 0, else drop
      iifname lo accept
      state {established, related} accept
    leaving at output 0, else drop
      oifname lo accept
      state {established, related} accept
      oifname eth0 ip saddr 192.168.30.11 ip daddr 192.168.30.1 udp dport 53 accept
      oifname eth0 ip saddr 192.168.30.11 ip daddr 192.168.30.1 tcp dport 53 accept
      oifname eth0 ip saddr 192.168.30.11 ip daddr 192.168.30.1 icmp type echo-request accept
    ");
}

#[test]
fn a_cut_stands_before_the_filters() {
    let blueprint = clinic(usual());
    let mut cuts = Cuts::default();
    cuts.cut_segments("database", "dmz");
    cuts.cut_machine("edge-2");
    insta::assert_snapshot!(rules(&cuts.router_ruleset(&blueprint)), @"
    passing at forward -10, else accept
      iifname leg2 oifname leg1 drop
      iifname leg1 oifname leg2 drop
    ");
    insta::assert_snapshot!(rules(&cuts.bridge_ruleset(&blueprint)), @"
    passing at forward 0, else accept
    arriving at input 0, else accept
    leaving at output 0, else accept
      iifname machine1 drop
      oifname machine1 drop
      iifname machine1 drop
      oifname machine1 drop
    ");
    cuts.heal_segments("dmz", "database");
    cuts.heal_machine("edge-2");
    assert!(!cuts.router_ruleset(&blueprint).to_json().contains("drop"));
}

#[test]
fn the_json_is_what_nft_reads() {
    let blueprint =
        clinic(vec![allow(&["192.168.10.0/24"], &["192.168.30.11/32"], Protocol::Tcp, Some((3306, 3306)))]);
    insta::assert_snapshot!(machine_ruleset(&blueprint, &blueprint.machines[2]).to_json(), @r#"{"nftables":[{"add":{"table":{"family":"inet","name":"sehat"}}},{"delete":{"table":{"family":"inet","name":"sehat"}}},{"add":{"table":{"family":"inet","name":"sehat"}}},{"add":{"chain":{"family":"inet","table":"sehat","name":"arriving","type":"filter","hook":"input","prio":0,"policy":"drop"}}},{"add":{"rule":{"family":"inet","table":"sehat","chain":"arriving","expr":[{"match":{"op":"==","left":{"meta":{"key":"iifname"}},"right":"lo"}},{"accept":null}]}}},{"add":{"rule":{"family":"inet","table":"sehat","chain":"arriving","expr":[{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":{"set":["established","related"]}}},{"accept":null}]}}},{"add":{"chain":{"family":"inet","table":"sehat","name":"leaving","type":"filter","hook":"output","prio":0,"policy":"drop"}}},{"add":{"rule":{"family":"inet","table":"sehat","chain":"leaving","expr":[{"match":{"op":"==","left":{"meta":{"key":"oifname"}},"right":"lo"}},{"accept":null}]}}},{"add":{"rule":{"family":"inet","table":"sehat","chain":"leaving","expr":[{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":{"set":["established","related"]}}},{"accept":null}]}}},{"add":{"rule":{"family":"inet","table":"sehat","chain":"leaving","expr":[{"match":{"op":"==","left":{"meta":{"key":"oifname"}},"right":"eth0"}},{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":"192.168.30.11"}},{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"daddr"}},"right":"192.168.30.1"}},{"match":{"op":"==","left":{"payload":{"protocol":"udp","field":"dport"}},"right":53}},{"accept":null}]}}},{"add":{"rule":{"family":"inet","table":"sehat","chain":"leaving","expr":[{"match":{"op":"==","left":{"meta":{"key":"oifname"}},"right":"eth0"}},{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":"192.168.30.11"}},{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"daddr"}},"right":"192.168.30.1"}},{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":53}},{"accept":null}]}}},{"add":{"rule":{"family":"inet","table":"sehat","chain":"leaving","expr":[{"match":{"op":"==","left":{"meta":{"key":"oifname"}},"right":"eth0"}},{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":"192.168.30.11"}},{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"daddr"}},"right":"192.168.30.1"}},{"match":{"op":"==","left":{"payload":{"protocol":"icmp","field":"type"}},"right":"echo-request"}},{"accept":null}]}}},{"add":{"rule":{"family":"inet","table":"sehat","chain":"arriving","expr":[{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":{"prefix":{"addr":"192.168.10.0","len":24}}}},{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"daddr"}},"right":"192.168.30.11"}},{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":3306}},{"accept":null}]}}}]}"#);
}

fn networks() -> impl Strategy<Value = BTreeSet<Ipv4Net>> {
    let network =
        (any::<u32>(), 0_u8..=32).prop_map(|(bits, length)| Ipv4Net::new(bits.into(), length).unwrap());
    proptest::collection::btree_set(network, 1..4)
}

fn allowances() -> impl Strategy<Value = Allowed> {
    let protocol =
        prop_oneof![Just(Protocol::Tcp), Just(Protocol::Udp), Just(Protocol::Icmp), Just(Protocol::Vrrp)];
    (networks(), networks(), protocol).prop_map(|(clients, servers, protocol)| Allowed {
        clients,
        servers,
        protocol,
        ports: None,
    })
}

proptest! {
    /// nft refuses sets whose ranges overlap, so none may be written.
    #[test]
    fn no_set_overlaps(allowed in proptest::collection::vec(allowances(), 0..5)) {
        let json: Value = serde_json::from_str(&router_ruleset(&clinic(allowed)).to_json()).unwrap();
        let mut sets = Vec::new();
        collect_sets(&json, &mut sets);
        for set in sets {
            for (index, one) in set.iter().enumerate() {
                let overlaps = |other: &Ipv4Net| one.contains(other) || other.contains(one);
                prop_assert!(!set[index + 1..].iter().any(overlaps), "{set:?}");
            }
        }
    }

    /// Every chain that filters drops what no rule accepts.
    #[test]
    fn what_is_not_allowed_is_dropped(allowed in proptest::collection::vec(allowances(), 0..5)) {
        let blueprint = clinic(allowed);
        let text = rules(&machine_ruleset(&blueprint, &blueprint.machines[0]));
        prop_assert!(text.contains("arriving at input 0, else drop"));
        prop_assert!(text.contains("leaving at output 0, else drop"));
        prop_assert!(rules(&router_ruleset(&blueprint)).contains("passing at forward 0, else drop"));
    }
}

fn collect_sets(value: &Value, sets: &mut Vec<Vec<Ipv4Net>>) {
    if let Some(set) = value.get("set").and_then(Value::as_array) {
        sets.push(set.iter().filter_map(network).collect());
    }
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect_sets(value, sets)),
        Value::Object(values) => values.values().for_each(|value| collect_sets(value, sets)),
        _ => {}
    }
}

fn network(value: &Value) -> Option<Ipv4Net> {
    match value.get("prefix") {
        Some(prefix) => format!("{}/{}", prefix["addr"].as_str()?, prefix["len"]).parse().ok(),
        None => value.as_str()?.parse::<Ipv4Addr>().ok().map(Ipv4Net::from),
    }
}
