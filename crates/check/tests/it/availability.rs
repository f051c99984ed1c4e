use crate::support::{findings, platform, report, shown, verdicts};

/// A platform that keeps what it promises; each test changes a line.
pub const CLINIC: &str = "
sehat: 1
platform: clinic
sites:
  here:
    zones:
      a: { nodes: { n1: { size: { memory: 64Gi } } } }
      b: { nodes: { n2: { size: { memory: 64Gi } } } }
      c: { nodes: { n3: { size: { memory: 64Gi } } } }
segments: { dmz: { cidr: 10.0.1.0/24, faces: internet }, inner: { cidr: 10.0.2.0/24 } }
components:
  edge:
    kind: load-balancer
    product: haproxy
    version: '2.6'
    segment: dmz
    replicas: 2
    size: { memory: 2Gi }
    listens: { https: 443 }
    routes: { app: { to: app, balance: least-connections, sticky: cookie, timeout: 30s, check: { path: /health, every: 1s, fall: 2 } } }
    failover: { by: keepalived, address: 10.0.1.9, automatic: true, timers: { advert: 300ms } }
    capacity: { requests: 900/s }
  app:
    kind: service
    product: nodejs
    segment: inner
    replicas: 3
    size: { memory: 4Gi }
    listens: { http: 8080 }
    uses: { records: { through: front } }
    capacity: { requests: 400/s }
  front:
    kind: load-balancer
    product: haproxy
    version: '2.6'
    segment: inner
    replicas: 2
    size: { memory: 1Gi }
    listens: { records: 3306 }
    routes: { records: { to: records, check: { port: 9200, every: 300ms, fall: 2 } } }
    failover: { by: keepalived, address: 10.0.2.9, automatic: true, timers: { advert: 300ms } }
  records:
    kind: database
    product: mariadb
    topology: galera
    segment: inner
    replicas: 3
    size: { memory: 16Gi }
    listens: { sql: 3306 }
    timers: { evs-suspect: 1500ms }
    failover: { by: galera, through: front, automatic: true }
journeys:
  visit: { through: [edge, app, records], rate: 600/s }
objectives:
  availability: { at-least: 99%, window: 30d }
  failover: { at-most: 30s }
";

/// The clinic with some words replaced, each of which must be there.
fn clinic(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(CLINIC.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "`{from}` is not in the document");
        text.replacen(from, to, 1)
    })
}

const RULES: [&str; 6] = [
    "failover-actor-named",
    "lb-feature-supported",
    "n-minus-one-capacity",
    "no-single-point-of-failure",
    "quorum-survives",
    "slo-composition",
];

#[test]
fn a_platform_that_keeps_its_promises_has_no_finding() {
    for rule in RULES {
        assert_eq!(findings(CLINIC, rule), "", "{rule}");
    }
}

#[test]
fn its_promises_are_kept() {
    let report = report(CLINIC);
    insta::assert_snapshot!(verdicts(&report, "availability") + &verdicts(&report, "failover"), @"
    availability visit: Kept, promised at least 99% over 30d, predicted 99.9362% to 99.998%
      an instance of `app` is lost: Kept, at most 3.1s away, 0.00012% of 30d
      an instance of `edge` is lost: Kept, at most 2.7s away, 0.000104% of 30d
      an instance of `front` is lost: Kept, at most 2.7s away, 0.000104% of 30d
      an instance of `records` is lost: Kept, at most 5.1s away, 0.000197% of 30d
      node `n1` is lost: Kept, at most 6.1s away, 0.000235% of 30d
      node `n2` is lost: Kept, at most 6.1s away, 0.000235% of 30d
      node `n3` is lost: Kept, at most 6.1s away, 0.000235% of 30d
    failover visit: Kept, promised at most 30s away by one failure, predicted at most 6.1s
      an instance of `app` is lost: Kept, at most 3.1s
      an instance of `edge` is lost: Kept, at most 2.7s
      an instance of `front` is lost: Kept, at most 2.7s
      an instance of `records` is lost: Kept, at most 5.1s
      node `n1` is lost: Kept, at most 6.1s
      node `n2` is lost: Kept, at most 6.1s
      node `n3` is lost: Kept, at most 6.1s
    ");
}

mod no_single_point_of_failure {
    use super::*;

    fn found(changes: &[(&str, &str)]) -> String {
        findings(&clinic(changes), "no-single-point-of-failure")
    }

    #[test]
    fn a_single_instance() {
        insta::assert_snapshot!(found(&[("replicas: 3\n    size: { memory: 4Gi }", "replicas: 1\n    size: { memory: 4Gi }")]), @"
        broken Critical no-single-point-of-failure app
          `app` has a single instance
          witness: the loss of instance `app-1` ends `visit`
          repair: state `replicas: 2`, and who leads requests past the lost one
          platform.yaml:26:15 decided here
          platform.yaml:52:28 needed here
          platform.yaml:54:29 promised here
        ");
    }

    #[test]
    fn instances_that_share_a_zone() {
        insta::assert_snapshot!(found(&[("replicas: 3\n    size: { memory: 4Gi }", "replicas: 3\n    on: [a]\n    size: { memory: 4Gi }")]), @"
        broken Critical no-single-point-of-failure app
          without node `n1` too few instances of `app` are left
          witness: the loss of node `n1` ends `visit`
          repair: spread them over more nodes or zones with `on`, or add a node
          platform.yaml:27:10 placed here
          platform.yaml:26:15 decided here
          platform.yaml:53:28 needed here
          platform.yaml:55:29 promised here
        ");
    }

    #[test]
    fn a_cache_that_needs_each_of_its_members() {
        let cache = "  records:\n    kind: cache\n    product: redis\n    topology: cluster";
        insta::assert_snapshot!(found(&[("  records:\n    kind: database\n    product: mariadb\n    topology: galera", cache)]), @"
        broken Critical no-single-point-of-failure records
          `records` has 3 instances and needs each of them
          witness: the loss of instance `records-1` ends `visit`
          repair: redis with topology `cluster` needs 6 members to lose one
          platform.yaml:46:15 decided here
          platform.yaml:44:15 needs more members
          platform.yaml:52:33 needed here
          platform.yaml:54:29 promised here
        ");
    }

    #[test]
    fn instances_of_which_nothing_says_where_they_run() {
        insta::assert_snapshot!(found(&[("      a: { nodes: { n1: { size: { memory: 64Gi } } } }\n      b: { nodes: { n2: { size: { memory: 64Gi } } } }\n      c: { nodes: { n3: { size: { memory: 64Gi } } } }", "      a: {}\n      b: {}\n      c: {}")]), @"
        unknown Medium no-single-point-of-failure spread
          nothing says whether the instances of `app`, `edge`, `front` and `records` run on different nodes
          witness: if two of them share a node, its loss takes both
          repair: state `spread: node` or `spread: zone`, or name the nodes
          platform.yaml:26:15 several instances here
        ");
    }

    #[test]
    fn a_number_without_an_end() {
        insta::assert_snapshot!(found(&[("replicas: 3\n    size: { memory: 4Gi }", "replicas: 1..\n    size: { memory: 4Gi }")]), @"
        unknown Medium no-single-point-of-failure replicas
          nothing says whether `app` has more than one instance
          witness: one instance would be a single point of failure
          repair: state `replicas`, or `managed` with `multi-zone` where a provider runs it
          platform.yaml:22:3 stated here without a number
        ");
    }

    #[test]
    fn an_environment_that_promises_nothing_may_have_single_instances() {
        let small = "environments:\n  development: { objectives: null, components: { app: { replicas: 1 } } }\n  production: {}\n";
        assert_eq!(found(&[("journeys:\n", &format!("{small}journeys:\n"))]), "");
    }

    #[test]
    fn the_only_zone_is_no_finding() {
        assert_eq!(
            found(&[
                (
                    "      b: { nodes: { n2: { size: { memory: 64Gi } } } }\n      c: { nodes: { n3: { size: { memory: 64Gi } } } }\n",
                    ""
                ),
                ("n1: { size: { memory: 64Gi } }", "n1: {}, n2: {}, n3: {}")
            ]),
            ""
        );
    }
}

mod quorum_survives {
    use super::*;

    fn found(changes: &[(&str, &str)]) -> String {
        findings(&clinic(changes), "quorum-survives")
    }

    #[test]
    fn two_voters() {
        insta::assert_snapshot!(found(&[("replicas: 3\n    size: { memory: 16Gi }", "replicas: 2\n    size: { memory: 16Gi }")]), @"
        broken High quorum-survives records
          `records` has two voters, and a majority of two is two
          witness: either one's loss stops the other
          repair: add a third voter, or one that only votes
          platform.yaml:46:15 two voters here
        ");
    }

    #[test]
    fn two_of_three_voters_in_one_zone() {
        insta::assert_snapshot!(found(&[("replicas: 3\n    size: { memory: 16Gi }", "replicas: 3\n    on: [a, b]\n    size: { memory: 16Gi }")]), @"
        broken High quorum-survives records
          node `n1` holds so many of the 3 voters of `records` that no majority outlives it
          witness: 2 must be left of 3
          repair: spread the voters over three nodes in three zones, or add a voter in a third zone
          platform.yaml:47:10 placed here
          platform.yaml:46:15 so many voters
        ");
    }

    #[test]
    fn an_unknown_number_of_voters() {
        insta::assert_snapshot!(found(&[("    replicas: 3\n    size: { memory: 16Gi }", "    size: { memory: 16Gi }")]), @"
        unknown Medium quorum-survives records
          nothing says how many members of `records` vote
          witness: with fewer than three the loss of one ends the majority
          repair: state `replicas: 3`
          platform.yaml:44:15 a quorum is stated here
        ");
    }

    #[test]
    fn two_sentinels_beside_their_cache() {
        let cache = "
  sessions: { kind: cache, product: redis, topology: sentinel, segment: inner, replicas: 2, listens: { redis: 6379 } }
  sentinels: { kind: service, product: redis-sentinel, segment: inner, replicas: 2, beside: sessions, listens: { sentinel: 26379 } }
journeys:";
        insta::assert_snapshot!(found(&[("\njourneys:", cache)]), @"
        broken High quorum-survives sentinels
          `sentinels` has two voters, and a majority of two is two
          witness: either one's loss stops the other
          repair: add a third voter, or one that only votes
          platform.yaml:52:82 two voters here
        ");
    }
}

mod slo_composition {
    use super::*;

    fn found(changes: &[(&str, &str)]) -> String {
        findings(&clinic(changes), "slo-composition")
    }

    #[test]
    fn more_than_the_parts_can_give() {
        insta::assert_snapshot!(found(&[("at-least: 99%", "at-least: 99.999%")]), @"
        broken High slo-composition visit
          `visit` is available 99.998% of the time at best, and 99.999% is promised
          witness: whatever these lose is lost to the journey: segment `dmz`, segment `inner`
          repair: promise what the parts can give, or make the named parts redundant
          platform.yaml:54:29 promised here
        ");
    }

    #[test]
    fn between_the_ends_of_the_interval_the_verdict_is_unknown() {
        let text = clinic(&[("at-least: 99%", "at-least: 99.95%")]);
        assert_eq!(findings(&text, "slo-composition"), "");
        let report = report(&text);
        let verdict = report.verdicts.iter().find(|entry| entry.objective == "availability").unwrap();
        assert_eq!(verdict.verdict, sehat_verdict::Verdict::Unknown);
        insta::assert_snapshot!(verdict.because.join("\n"), @"
        0.9967 to 0.99995, assumed (catalog availability/zone: one room or data centre with its power and cooling)
        0.998 to 0.9999, assumed (catalog availability/node: one physical server or hypervisor: hardware faults and maintenance)
        0.9985 to 0.9999, assumed (catalog availability/machine: one virtual machine or server system, its node being up: kernel updates, crashes, full disks)
        0.9997 to 0.999999, assumed (catalog availability/instance: one process under supervision, its machine being up: crashes and restarts)
        0.9998 to 0.99999, assumed (catalog availability/segment: one local network: switch, cabling, configuration)
        ");
    }

    #[test]
    fn nothing_is_promised() {
        insta::assert_snapshot!(found(&[("  availability: { at-least: 99%, window: 30d }\n  failover: { at-most: 30s }", "  rto: { at-most: 4h }")]), @"
        unknown Medium slo-composition visit
          no availability is promised anywhere, so no redundancy can be judged against one
          witness: the promise is missing
          repair: state `objectives: { availability: { at-least: ..., window: 30d } }`
          platform.yaml:52:3 a journey without a promise
        ");
    }

    #[test]
    fn a_loss_that_is_not_survived_breaks_the_promised_failover() {
        let report = report(&clinic(&[(
            "replicas: 3\n    size: { memory: 4Gi }",
            "replicas: 1\n    size: { memory: 4Gi }",
        )]));
        insta::assert_snapshot!(verdicts(&report, "failover"), @"
        failover visit: Broken, promised at most 30s away by one failure, predicted no bound
          an instance of `app` is lost: Broken, away until it is repaired
          an instance of `edge` is lost: Kept, at most 2.7s
          an instance of `front` is lost: Kept, at most 2.7s
          an instance of `records` is lost: Kept, at most 5.1s
          node `n1` is lost: Broken, away until it is repaired
          node `n2` is lost: Kept, at most 6.1s
          node `n3` is lost: Kept, at most 6.1s
        ");
    }
}

mod failover_actor_named {
    use super::*;

    fn found(changes: &[(&str, &str)]) -> String {
        findings(&clinic(changes), "failover-actor-named")
    }

    #[test]
    fn a_pair_without_an_address_that_moves() {
        insta::assert_snapshot!(found(&[("    failover: { by: keepalived, address: 10.0.1.9, automatic: true, timers: { advert: 300ms } }\n", "")]), @"
        broken High failover-actor-named edge
          `edge` has 2 instances, and nothing moves the users' address when one dies
          witness: users whose address leads to the dead one of 2 get no answer
          repair: state `failover: { by: keepalived, address: ... }`, or put a managed balancer in front
          platform.yaml:16:15 several instances here
          platform.yaml:51:22 needed here
        ");
    }

    #[test]
    fn replicas_that_nobody_promotes() {
        insta::assert_snapshot!(found(&[("topology: galera", "topology: primary-replica"), ("    failover: { by: galera, through: front, automatic: true }\n", "")]), @"
        broken High failover-actor-named records
          nothing makes a replica of `records` the writer when the writer dies
          witness: catalog topology/mariadb/primary-replica: Promotion needs a person, or a manager such as MaxScale or Orchestrator that is declared.
          repair: name the manager in `failover: { by: ... }`, or take a topology that fails over by itself
          platform.yaml:44:15 stated here
          platform.yaml:51:33 needed here
        ");
    }

    #[test]
    fn a_cluster_used_without_its_proxy() {
        insta::assert_snapshot!(found(&[("records: { through: front }", "records: {}"), ("    failover: { by: galera, through: front, automatic: true }\n", "")]), @"
        broken High failover-actor-named records
          `app` uses `records` directly, and nothing leads them past a lost member
          witness: catalog topology/mariadb/galera: clients follow through a proxy
          repair: put a proxy in front and state `uses: { records: { through: ... } }`
          platform.yaml:29:13 used directly here
          platform.yaml:44:15 topology stated here
          platform.yaml:51:33 needed here
        ");
    }

    #[test]
    fn members_without_a_topology() {
        insta::assert_snapshot!(found(&[("    topology: galera\n", "")]), @"
        unknown Medium failover-actor-named records
          nothing says how the members of `records` relate, so it is unknown who takes over
          witness: `topology` is missing
          repair: state `topology`
          platform.yaml:45:15 several members here
          platform.yaml:51:33 needed here
        ");
    }

    #[test]
    fn a_service_that_others_call_directly() {
        let letters = "  letters: { kind: service, product: nodejs, segment: inner, replicas: 2, listens: { http: 8080 } }\njourneys:";
        insta::assert_snapshot!(found(&[("journeys:", letters), ("records: { through: front }", "records: { through: front }, letters: {}")]), @"
        unknown Medium failover-actor-named letters
          nothing says what leads `app` past a lost instance of `letters`
          witness: neither a balancer nor a mechanism of the clients is stated
          repair: state `through` of the use, or a balancer's route to `letters`, or `failover`
          platform.yaml:29:42 used directly here
          platform.yaml:29:42 needed here
        ");
    }

    #[test]
    fn in_a_cluster_a_service_leads_past_lost_pods() {
        let letters = "  k8s: { kind: cluster, product: kubernetes, replicas: 3 }\n  letters: { kind: service, product: nodejs, cluster: k8s, segment: inner, replicas: 2, listens: { http: 8080 } }\njourneys:";
        assert_eq!(
            found(&[
                ("journeys:", letters),
                ("records: { through: front }", "records: { through: front }, letters: {}")
            ]),
            ""
        );
    }
}

mod lb_feature_supported {
    use super::*;

    fn found(changes: &[(&str, &str)]) -> String {
        findings(&clinic(changes), "lb-feature-supported")
    }

    #[test]
    fn open_source_nginx_has_neither_active_checks_nor_cookies() {
        insta::assert_snapshot!(found(&[("product: haproxy\n    version: '2.6'\n    segment: dmz", "product: nginx\n    version: '1.22'\n    segment: dmz")]), @"
        broken High lb-feature-supported edge
          `edge` is nginx 1.22, which has no active health checks
          witness: catalog balancer/nginx: nginx documentation, modules ngx_http_upstream, ngx_http_proxy, ngx_stream, ngx_http_limit_req (open source); changes of 1.29.6 (sticky, drain); `health_check` refused by 1.22.1 when tried
          repair: take a product that has it, such as haproxy, or drop what is asked for
          platform.yaml:19:89 asked for here
          platform.yaml:14:14 chosen here
        broken High lb-feature-supported edge
          `edge` is nginx 1.22, which has no sticky sessions by cookie
          witness: catalog balancer/nginx: nginx documentation, modules ngx_http_upstream, ngx_http_proxy, ngx_stream, ngx_http_limit_req (open source); changes of 1.29.6 (sticky, drain); `health_check` refused by 1.22.1 when tried
          repair: take nginx 1.29.6 or later, or take a product that has it, such as haproxy, or drop what is asked for
          platform.yaml:19:67 asked for here
          platform.yaml:14:14 chosen here
        ");
    }

    #[test]
    fn passive_checks_that_say_so_are_right() {
        let nginx = (
            "product: haproxy\n    version: '2.6'\n    segment: dmz",
            "product: nginx\n    version: '1.22'\n    segment: dmz",
        );
        let route = (
            "sticky: cookie, timeout: 30s, check: { path: /health, every: 1s, fall: 2 }",
            "timeout: 30s, check: { active: false, fall: 2 }",
        );
        assert_eq!(found(&[nginx, route]), "");
    }

    #[test]
    fn a_version_that_decides_and_is_not_stated() {
        let nginx =
            ("product: haproxy\n    version: '2.6'\n    segment: dmz", "product: nginx\n    segment: dmz");
        let route = (", check: { path: /health, every: 1s, fall: 2 }", "");
        insta::assert_snapshot!(found(&[nginx, route]), @"
        unknown Low lb-feature-supported edge
          `edge` is nginx of an unstated version, so it is unknown whether it has sticky sessions by cookie
          witness: a fact is missing
          repair: state `version`
          platform.yaml:18:67 asked for here
        ");
    }

    #[test]
    fn a_product_that_is_not_stated() {
        insta::assert_snapshot!(found(&[("    product: haproxy\n    version: '2.6'\n    segment: dmz", "    segment: dmz")]), @"
        unknown Low lb-feature-supported edge
          nothing says which product `edge` is, so it is unknown whether it has active health checks, sticky sessions by cookie, least-connections balancing, timeouts of a route
          witness: a fact is missing
          repair: state `product` and `version`
          platform.yaml:17:89 asked for here
        ");
    }
}

mod n_minus_one_capacity {
    use super::*;

    fn found(changes: &[(&str, &str)]) -> String {
        findings(&clinic(changes), "n-minus-one-capacity")
    }

    #[test]
    fn too_little_is_left_after_a_loss() {
        insta::assert_snapshot!(found(&[("requests: 400/s", "requests: 250/s")]), @"
        broken High n-minus-one-capacity app
          without instance `app-1` `app` carries 500/s, and 600/s come
          witness: 2 instances are left, each carries 250/s; 3 are wanted
          repair: add instances, or spread them over more nodes and zones, or state a larger capacity that was measured
          platform.yaml:26:15 so many instances
          platform.yaml:30:27 each carries this
          platform.yaml:52:49 this load comes
        ");
    }

    #[test]
    fn two_instances_on_the_lost_node() {
        insta::assert_snapshot!(found(&[("replicas: 3\n    size: { memory: 4Gi }", "replicas: 3\n    on: [a, b]\n    size: { memory: 4Gi }")]), @"
        broken High n-minus-one-capacity app
          without node `n1` `app` carries 400/s, and 600/s come
          witness: 1 instance is left, each carries 400/s; 2 are wanted
          repair: add instances, or spread them over more nodes and zones, or state a larger capacity that was measured
          platform.yaml:26:15 so many instances
          platform.yaml:27:10 placed here
          platform.yaml:31:27 each carries this
          platform.yaml:53:49 this load comes
        ");
    }

    #[test]
    fn a_promised_throughput_counts() {
        insta::assert_snapshot!(found(&[("  failover: { at-most: 30s }", "  failover: { at-most: 30s }\n  throughput: { at-least: 850/s }")]), @"
        broken High n-minus-one-capacity app
          without instance `app-1` `app` carries 800/s, and 850/s come
          witness: 2 instances are left, each carries 400/s; 3 are wanted
          repair: add instances, or spread them over more nodes and zones, or state a larger capacity that was measured
          platform.yaml:26:15 so many instances
          platform.yaml:30:27 each carries this
          platform.yaml:56:27 this load comes
        ");
    }

    #[test]
    fn a_capacity_that_is_not_stated() {
        insta::assert_snapshot!(found(&[("    capacity: { requests: 400/s }\n", ""), ("    capacity: { requests: 900/s }\n", "")]), @"
        unknown Medium n-minus-one-capacity capacity
          nothing says how much an instance of `app` and `edge` carries
          witness: whether the rest carries the load after a loss cannot be computed
          repair: measure it and state `capacity: { requests: ... }`
          platform.yaml:25:15 several instances here
        ");
    }

    #[test]
    fn nodes_too_small_for_the_machines_of_a_lost_one() {
        insta::assert_snapshot!(found(&[("n1: { size: { memory: 64Gi } }", "n1: { size: { memory: 24Gi } }"), ("n2: { size: { memory: 64Gi } }", "n2: { size: { memory: 24Gi } }"), ("n3: { size: { memory: 64Gi } }", "n3: { size: { memory: 24Gi } }")]), @"
        broken Medium n-minus-one-capacity n1
          the machines of node `n1` ask for 23Gi of memory, and the other nodes have 5Gi left
          witness: node `n1` is lost
          repair: add memory or a node, or state smaller machines
          platform.yaml:6:43 stated here
        ");
    }
}

/// Renaming a component changes names and nothing else.
#[test]
fn renamed_components_have_the_same_fate() {
    let changes = [
        ("replicas: 3\n    size: { memory: 4Gi }", "replicas: 1\n    size: { memory: 4Gi }"),
        ("version: '2.6'\n    segment: dmz", "segment: dmz"),
    ];
    let before = clinic(&changes);
    let after = before
        .replace("  app:\n", "  zebra:\n")
        .replace("[edge, app,", "[edge, zebra,")
        .replace("{ app: { to: app,", "{ app: { to: zebra,");
    let all = |text: &str| -> String { RULES.iter().map(|rule| findings(text, rule)).collect() };
    let same_columns = |text: String| {
        text.lines().filter(|line| !line.contains("platform.yaml:")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(same_columns(all(&before)), same_columns(all(&after)).replace("zebra", "app"));
}

/// What the five platforms' own sources state, and nothing else.
#[test]
fn the_five_platforms() {
    let mut text = String::new();
    for name in ["health-infraops", "smile", "zarish-his", "hospital-management", "claims-askes"] {
        let document = platform(name);
        assert!(document.is_good(), "{:#?}", document.diagnostics);
        let report = sehat_check::check(&document.environments, crate::support::as_of());
        text.extend(["# ", name, "\n"]);
        let ours = report.findings.iter().filter(|finding| RULES.contains(&finding.rule));
        text.extend(ours.map(shown));
    }
    // The places are tested above; here they would change with every line of the documents.
    let text: Vec<&str> = text.lines().filter(|line| !line.contains(".yaml:")).collect();
    insta::assert_snapshot!(text.join("\n"), @"
    # health-infraops
    # smile
    unknown Medium no-single-point-of-failure spread in production
      nothing says whether the instances of `api` run on different nodes
      witness: if two of them share a node, its loss takes both
      repair: state `spread: node` or `spread: zone`, or name the nodes
    unknown Medium slo-composition use-the-application in production
      no availability is promised anywhere, so no redundancy can be judged against one
      witness: the promise is missing
      repair: state `objectives: { availability: { at-least: ..., window: 30d } }`
    # zarish-his
    unknown Medium no-single-point-of-failure replicas in production
      nothing says whether `ingress` has more than one instance
      witness: one instance would be a single point of failure
      repair: state `replicas`, or `managed` with `multi-zone` where a provider runs it
    unknown Medium no-single-point-of-failure spread in production
      nothing says whether the instances of `patient-registry` and `postgres-cluster` run on different nodes
      witness: if two of them share a node, its loss takes both
      repair: state `spread: node` or `spread: zone`, or name the nodes
    unknown Medium slo-composition find-a-patient in production
      no availability is promised anywhere, so no redundancy can be judged against one
      witness: the promise is missing
      repair: state `objectives: { availability: { at-least: ..., window: 30d } }`
    # hospital-management
    broken Critical no-single-point-of-failure balancer in production
      `balancer` has a single instance
      witness: the loss of instance `balancer-1` ends `use-the-application`
      repair: state `replicas: 2`, and who leads requests past the lost one
    broken Critical no-single-point-of-failure redis in production
      `redis` has 3 instances and needs each of them
      witness: the loss of instance `redis-1` ends `use-the-application`
      repair: redis with topology `cluster` needs 6 members to lose one
    broken High failover-actor-named mysql in production
      nothing makes a replica of `mysql` the writer when the writer dies
      witness: catalog topology/mysql/primary-replica: Promotion needs a person, or a manager such as Orchestrator or InnoDB Cluster that is declared.
      repair: name the manager in `failover: { by: ... }`, or take a topology that fails over by itself
    unknown Medium no-single-point-of-failure spread in production
      nothing says whether the instances of `app`, `mysql` and `redis` run on different nodes
      witness: if two of them share a node, its loss takes both
      repair: state `spread: node` or `spread: zone`, or name the nodes
    unknown Medium slo-composition use-the-application in production
      no availability is promised anywhere, so no redundancy can be judged against one
      witness: the promise is missing
      repair: state `objectives: { availability: { at-least: ..., window: 30d } }`
    # claims-askes
    unknown Medium no-single-point-of-failure replicas in production
      nothing says whether `gateway` and `web-bff` have more than one instance
      witness: one instance would be a single point of failure
      repair: state `replicas`, or `managed` with `multi-zone` where a provider runs it
    unknown Medium no-single-point-of-failure spread in production
      nothing says whether the instances of `claims-service` run on different nodes
      witness: if two of them share a node, its loss takes both
      repair: state `spread: node` or `spread: zone`, or name the nodes
    unknown Medium slo-composition submit-a-claim in production
      no availability is promised anywhere, so no redundancy can be judged against one
      witness: the promise is missing
      repair: state `objectives: { availability: { at-least: ..., window: 30d } }`
    ");
}
