//! Laws that hold for every inventory.

use proptest::prelude::*;
use sehat_diagnostic::Origin;
use sehat_platform::Protocol;
use sehat_platform::inventory::network::{
    Namespace, PeerKind, Policy, PolicyPeer, PolicyPort, PolicyPorts, PolicyRule, RuleAction, Subject, Tier,
};
use sehat_platform::inventory::workload::{Container, ContainerPort, Pod, Workload};
use sehat_platform::inventory::{
    Expression, Inventory, Labels, Object, ObjectId, Operator, Selector, Stated,
};
use sehat_reach::cluster::{Cluster, End, State};

use crate::naive;

fn at(line: usize) -> Origin {
    Origin { path: "policies.yaml".into(), start: 0, end: 0, line, column: 1 }
}

fn labels(pairs: &[(&str, u8)]) -> Labels {
    let stated = pairs.iter().filter(|(_, value)| *value > 0);
    stated
        .map(|(key, value)| ((*key).to_owned(), Stated::new(format!("v{value}"), Origin::default())))
        .collect()
}

fn object(kind: &str, namespace: u8, name: usize) -> Object {
    let namespace = if namespace == u8::MAX { String::new() } else { format!("n{namespace}") };
    Object {
        id: ObjectId::new(kind, namespace, format!("o{name}")),
        origin: at(1000 + name),
        ..Object::default()
    }
}

/// Values are few, so that selectors meet pods often.
fn selector() -> impl Strategy<Value = Selector> {
    let expression = (prop_oneof![Just("a"), Just("b")], 0..4_u8, prop::collection::vec(1..3_u8, 1..3))
        .prop_map(|(key, operator, values)| {
            let operator = [Operator::In, Operator::NotIn, Operator::Exists, Operator::DoesNotExist]
                [usize::from(operator)];
            let values = if matches!(operator, Operator::In | Operator::NotIn) { values } else { Vec::new() };
            Expression {
                key: Stated::new(key.to_owned(), Origin::default()),
                operator,
                values: values.iter().map(|value| format!("v{value}")).collect(),
            }
        });
    (0..3_u8, 0..3_u8, prop::collection::vec(expression, 0..2)).prop_map(|(a, b, expressions)| Selector {
        origin: Origin::default(),
        labels: labels(&[("a", a), ("b", b)]),
        expressions,
    })
}

fn peer() -> impl Strategy<Value = PeerKind> {
    prop_oneof![
        4 => (prop::option::of(selector()), prop::option::of(selector()))
            .prop_filter("a peer names somebody", |(namespaces, pods)| namespaces.is_some() || pods.is_some())
            .prop_map(|(namespaces, pods)| PeerKind::Pods { namespaces, pods }),
        1 => (0..4_u8, any::<bool>()).prop_map(|(net, hole)| PeerKind::Block {
            cidr: format!("10.0.{net}.0/24").parse().expect("the test is well-formed"),
            except: if hole { vec![format!("10.0.{net}.0/25").parse().expect("the test is well-formed")] } else { Vec::new() },
        }),
    ]
}

fn protocol() -> impl Strategy<Value = Protocol> {
    prop_oneof![Just(Protocol::Tcp), Just(Protocol::Udp), Just(Protocol::Sctp)]
}

fn ports() -> impl Strategy<Value = PolicyPorts> {
    prop_oneof![
        protocol().prop_map(PolicyPorts::All),
        (protocol(), 1..6_u16, 0..3_u16).prop_map(|(protocol, first, more)| PolicyPorts::Range(
            protocol,
            first,
            first + more
        )),
        (prop::option::of(protocol()), 0..3_u8)
            .prop_map(|(protocol, name)| PolicyPorts::Named(protocol, format!("p{name}"))),
    ]
}

fn rule() -> impl Strategy<Value = PolicyRule> {
    let listed = (
        prop::option::of(prop::collection::vec(peer(), 1..3)),
        prop::option::of(prop::collection::vec(ports(), 1..3)),
    );
    (listed, 0..3_u8, 1..900_usize).prop_map(|((peers, ports), action, line)| PolicyRule {
        origin: at(line),
        name: None,
        action: [RuleAction::Allow, RuleAction::Deny, RuleAction::Pass][usize::from(action)],
        peers: peers
            .map(|peers| peers.into_iter().map(|kind| PolicyPeer { origin: at(line), kind }).collect()),
        ports: ports
            .map(|ports| ports.into_iter().map(|ports| PolicyPort { origin: at(line), ports }).collect()),
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    let rules = || prop::collection::vec(rule(), 0..3);
    (0..4_u8, 0..3_u8, (selector(), selector()), rules(), rules(), (any::<bool>(), any::<bool>())).prop_map(
        |(kind, namespace, (outer, inner), ingress, egress, (governs_ingress, governs_egress))| {
            let tier =
                [Tier::Namespace, Tier::Namespace, Tier::Admin(0), Tier::Baseline(0)][usize::from(kind)];
            let is_plain = tier == Tier::Namespace;
            let allow = |mut rule: PolicyRule| {
                if is_plain {
                    rule.action = RuleAction::Allow;
                } else if matches!(tier, Tier::Baseline(_)) && rule.action == RuleAction::Pass {
                    rule.action = RuleAction::Deny;
                }
                rule
            };
            Policy {
                object: object("NetworkPolicy", if is_plain { namespace } else { u8::MAX }, 0),
                tier,
                subject: if is_plain { Subject::Own(inner) } else { Subject::Namespaces(outer, inner) },
                governs_ingress: governs_ingress || !is_plain,
                governs_egress: governs_egress || !is_plain,
                ingress: ingress.into_iter().map(allow).collect(),
                egress: egress.into_iter().map(allow).collect(),
            }
        },
    )
}

fn workload() -> impl Strategy<Value = Workload> {
    let port = (0..3_u8, 1..6_u16, protocol());
    (0..3_u8, 0..3_u8, 0..3_u8, prop::collection::vec(port, 0..3), prop::option::of(0..4_u8)).prop_map(
        |(namespace, a, b, ports, net)| Workload {
            object: object("Deployment", namespace, 0),
            pod: Pod {
                labels: labels(&[("a", a), ("b", b)]),
                addresses: net.map(|net| std::net::IpAddr::from([10, 0, net, 9])).into_iter().collect(),
                containers: vec![Container {
                    ports: ports.into_iter().map(container_port).collect(),
                    ..Container::default()
                }],
                ..Pod::default()
            },
            ..Workload::default()
        },
    )
}

fn container_port((name, number, protocol): (u8, u16, Protocol)) -> ContainerPort {
    ContainerPort {
        origin: Origin::default(),
        name: Some(format!("p{name}")),
        number,
        protocol,
        host_port: None,
    }
}

fn inventories() -> impl Strategy<Value = Inventory> {
    let namespaces = prop::collection::vec((0..3_u8, 0..3_u8), 3);
    (namespaces, prop::collection::vec(workload(), 1..14), prop::collection::vec(policy(), 0..8)).prop_map(
        |(namespaces, workloads, policies)| {
            let mut inventory = Inventory::default();
            for (index, (a, b)) in namespaces.into_iter().enumerate() {
                let object = Object { labels: labels(&[("a", a), ("b", b)]), ..Object::default() };
                inventory
                    .network
                    .namespaces
                    .insert(format!("n{index}"), Namespace { object, declared: true });
            }
            inventory.workloads = numbered(workloads, |workload, name| workload.object.id.name = name);
            inventory.network.policies = numbered(policies, |policy, name| {
                if let Tier::Admin(priority) | Tier::Baseline(priority) = &mut policy.tier {
                    // Each has a priority of its own, because ties are refused.
                    *priority = name.trim_start_matches('o').parse().unwrap_or_default();
                }
                policy.object.id.name = name;
            });
            inventory
        },
    )
}

fn numbered<T>(list: Vec<T>, name: impl Fn(&mut T, String)) -> Vec<T> {
    let mut list = list;
    list.iter_mut().enumerate().for_each(|(index, one)| name(one, format!("o{index}")));
    list
}

const PROTOCOLS: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];

fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |client| {
        (0..count).filter(move |server| *server != client).map(move |server| (client, server))
    })
}

/// Returns the allowed (pair, protocol, port) for a few ports.
fn open(inventory: &Inventory) -> Vec<(usize, usize, Protocol, u16)> {
    let cluster = Cluster::new(inventory);
    let mut open = Vec::new();
    for (client, server) in pairs(inventory.workloads.len()) {
        for ports in cluster.passing(End::Workload(client), End::Workload(server)) {
            let first_ports = (1..10_u16).filter(|port| ports.contains(ports.protocol, *port));
            open.extend(first_ports.map(|port| (client, server, ports.protocol, port)));
        }
    }
    open
}

fn with_rule(mut inventory: Inventory, rule: &PolicyRule) -> Inventory {
    for policy in inventory.network.policies.iter_mut().filter(|policy| policy.tier == Tier::Namespace) {
        policy.ingress.push(PolicyRule { action: RuleAction::Allow, ..rule.clone() });
    }
    inventory
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_answer_is_the_naive_evaluators(inventory in inventories()) {
        let cluster = Cluster::new(&inventory);
        for (client, server) in pairs(inventory.workloads.len()) {
            for protocol in PROTOCOLS {
                for port in [1, 2, 3, 4, 5, 6, 7, 8, 9, 65_535] {
                    let found = cluster.passing(End::Workload(client), End::Workload(server));
                    let (from, to) = (&inventory.workloads[client], &inventory.workloads[server]);
                    prop_assert_eq!(
                        found.iter().any(|ports| ports.contains(protocol, port)),
                        naive::allows(&inventory, from, to, protocol, port)
                    );
                    let passage = cluster.at_port(End::Workload(client), End::Workload(server), protocol, port);
                    let sure = passage.filter(|passage| passage.state != State::Unsure);
                    prop_assert!(sure.is_none_or(|passage| (passage.state == State::Allowed)
                        == naive::allows(&inventory, from, to, protocol, port)));
                }
            }
        }
    }

    #[test]
    fn the_total_is_the_sum_over_all_pairs(inventory in inventories()) {
        let cluster = Cluster::new(&inventory);
        let sum: u64 = pairs(inventory.workloads.len())
            .flat_map(|(client, server)| cluster.passing(End::Workload(client), End::Workload(server)))
            .map(|ports| u64::from(ports.last - ports.first) + 1)
            .sum();
        prop_assert_eq!(cluster.total().connections, sum);
    }

    #[test]
    fn the_total_does_not_hang_on_what_is_far_reaching(inventory in inventories()) {
        let cluster = Cluster::new(&inventory);
        prop_assert_eq!(cluster.total(), cluster.total_of_pairs());
    }

    #[test]
    fn a_further_allow_rule_closes_nothing(inventory in inventories(), rule in rule()) {
        let more = open(&with_rule(inventory.clone(), &rule));
        prop_assert!(open(&inventory).iter().all(|connection| more.contains(connection)));
    }

    #[test]
    fn without_network_policies_nothing_that_passed_is_closed_by_them(inventory in inventories()) {
        let mut without = inventory.clone();
        without.network.policies.retain(|policy| policy.tier == Tier::Namespace);
        let with = open(&without);
        without.network.policies.clear();
        let all = open(&without);
        prop_assert!(with.iter().all(|connection| all.contains(connection)));
    }

    #[test]
    fn a_policy_without_rules_opens_nothing(inventory in inventories(), deny in policy()) {
        let mut plain = inventory;
        plain.network.policies.retain(|policy| policy.tier == Tier::Namespace);
        let before = open(&plain);
        plain.network.policies.push(Policy {
            tier: Tier::Namespace,
            subject: Subject::Own(Selector::default()),
            object: object("NetworkPolicy", 0, 99),
            ingress: Vec::new(),
            egress: Vec::new(),
            ..deny
        });
        let after = open(&plain);
        prop_assert!(after.iter().all(|connection| before.contains(connection)));
    }

    #[test]
    fn the_order_of_files_changes_nothing(inventory in inventories()) {
        let mut turned = inventory.clone();
        turned.network.policies.reverse();
        prop_assert_eq!(open(&inventory), open(&turned));
        prop_assert_eq!(Cluster::new(&inventory).total().connections, Cluster::new(&turned).total().connections);
    }
}
