//! Rules planted by hand in a lab that runs: `reachability` names exactly the cells whose outcome they change.

#![expect(clippy::unwrap_used, reason = "what a test cannot do, it fails on")]

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_json::Value;

use crate::lab::Lab;

/// One rule, and the cell that it changes.
struct Planted {
    /// Machine, chain and rule.
    rules: Vec<(String, &'static str, String)>,
    cell: String,
}

struct Machine {
    name: String,
    address: Ipv4Addr,
    segment: String,
}

/// A small generator, so that a failure is repeated by its seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

const SEED: u64 = 4_711;
const RULE_COUNT: usize = 20;

/// Twenty random rules: each alone where every test is asked for, else all at once.
pub fn rules_are_found(lab: &Lab) {
    let planted = choose(lab);
    let at_once = if std::env::var_os("SEHAT_TEST_FULL").is_some() { 1 } else { planted.len() };
    assert_eq!(found(lab), BTreeSet::new());
    for some in planted.chunks(at_once) {
        let handles: Vec<_> =
            some.iter().flat_map(|one| &one.rules).map(|rule| (rule, plant(lab, rule))).collect();
        let expected: BTreeSet<String> = some.iter().map(|one| one.cell.clone()).collect();
        assert_eq!(found(lab), expected, "seed {SEED}");
        for ((machine, chain, _), handle) in handles {
            lab.exec(machine, &["nft", "delete", "rule", "inet", "sehat", chain, "handle", &handle]);
        }
    }
}

/// Returns the cells that the drill names; it exits with 1 exactly where there is one.
fn found(lab: &Lab) -> BTreeSet<String> {
    let (code, report) = lab.drill(&["reachability"], &["--seed", "3"]);
    let run = &report["drills"][0];
    assert!(run["requests"].as_u64() > Some(20_000), "{run}");
    let because = run["verdicts"][0]["because"].as_array().unwrap();
    let cells: BTreeSet<String> = because[1..]
        .iter()
        .map(|line| line.as_str().unwrap().split(" is ").next().unwrap().to_owned())
        .collect();
    assert_eq!(code, Some(i32::from(!cells.is_empty())));
    cells
}

fn plant(lab: &Lab, (machine, chain, rule): &(String, &'static str, String)) -> String {
    let words = ["nft", "--echo", "--handle", "insert", "rule", "inet", "sehat", chain];
    let echoed = lab.exec(machine, &words.into_iter().chain(rule.split(' ')).collect::<Vec<_>>());
    let handle = echoed.split("# handle ").nth(1).unwrap_or_else(|| panic!("no handle in {echoed}"));
    handle.split_whitespace().next().unwrap().to_owned()
}

fn choose(lab: &Lab) -> Vec<Planted> {
    let blueprint = lab.blueprint();
    let machines = machines(&blueprint);
    let ports = ports(&blueprint);
    let mut numbers = Numbers(SEED);
    let mut taken = BTreeSet::new();
    let mut planted = Vec::new();
    while planted.len() < RULE_COUNT {
        let (client, server) =
            (&machines[numbers.below(machines.len())], &machines[numbers.below(machines.len())]);
        let port = ports[numbers.below(ports.len())];
        if client.name == server.name || !taken.insert((client.address, server.address, port)) {
            continue;
        }
        let rules = if is_allowed(&blueprint, client.address, server.address, port) {
            vec![dropping(client, server, port, numbers.below(3))]
        } else if planted.len() % 2 == 0 {
            accepting(client, server, port)
        } else {
            continue;
        };
        let cell = format!("{} -> {} ({}) {port}/tcp", client.name, server.name, server.address);
        planted.push(Planted { rules, cell });
    }
    planted
}

fn matching(client: &Machine, server: &Machine, port: u16, end: &str) -> String {
    format!("ip saddr {} ip daddr {} tcp dport {port} {end}", client.address, server.address)
}

fn dropping(client: &Machine, server: &Machine, port: u16, place: usize) -> (String, &'static str, String) {
    let rule = matching(client, server, port, "drop");
    match place {
        0 => (client.name.clone(), "leaving", rule),
        1 if client.segment != server.segment => ("router".into(), "passing", rule),
        _ => (server.name.clone(), "arriving", rule),
    }
}

fn accepting(client: &Machine, server: &Machine, port: u16) -> Vec<(String, &'static str, String)> {
    let rule = || matching(client, server, port, "accept");
    let through = (client.segment != server.segment).then(|| ("router".into(), "passing", rule()));
    let ends = [(client.name.clone(), "leaving", rule()), (server.name.clone(), "arriving", rule())];
    ends.into_iter().chain(through).collect()
}

fn machines(blueprint: &Value) -> Vec<Machine> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = blueprint["machines"].as_array().unwrap().iter();
    all.map(|machine| Machine {
        name: text(&machine["name"]),
        address: text(&machine["address"]).parse().unwrap(),
        segment: text(&machine["segment"]),
    })
    .collect()
}

fn connections(blueprint: &Value) -> impl Iterator<Item = &Value> {
    blueprint["allowed"].as_array().unwrap().iter().filter(|allowed| allowed["protocol"] == "tcp")
}

fn number(value: &Value) -> u16 {
    u16::try_from(value.as_u64().unwrap()).unwrap()
}

fn ports(blueprint: &Value) -> Vec<u16> {
    let ports: BTreeSet<u16> =
        connections(blueprint).map(|allowed| number(&allowed["ports"]["first"])).collect();
    ports.into_iter().collect()
}

fn is_allowed(blueprint: &Value, client: Ipv4Addr, server: Ipv4Addr, port: u16) -> bool {
    let holds = |ranges: &Value, address: Ipv4Addr| {
        let ranges = ranges
            .as_array()
            .unwrap()
            .iter()
            .map(|range| range.as_str().unwrap().parse::<Ipv4Net>().unwrap());
        ranges.into_iter().any(|range| range.contains(&address))
    };
    connections(blueprint).any(|allowed| {
        let (first, last) = (number(&allowed["ports"]["first"]), number(&allowed["ports"]["last"]));
        (first..=last).contains(&port)
            && holds(&allowed["clients"], client)
            && holds(&allowed["servers"], server)
    })
}
