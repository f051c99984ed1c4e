use proptest::prelude::*;
use sehat_platform::{Duration, Fact, Platform};

use super::*;

const CLINIC: &str = r#"
sehat: 1
platform: clinic
sites: { here: { zones: { a: { nodes: { n1: {} } }, b: { nodes: { n2: {} } }, c: { nodes: { n3: {} } } } } }
segments: { dmz: { cidr: 10.0.1.0/24, faces: internet }, inner: { cidr: 10.0.2.0/24 }, data: { cidr: 10.0.3.0/24 } }
components:
  edge:
    kind: load-balancer
    product: nginx
    version: "1.22"
    replicas: 2
    segment: dmz
    listens: { https: 443 }
    routes: { app: { to: app } }
    timers: { connect-timeout: 300ms, fail-timeout: 5s }
    failover: { by: keepalived, address: 10.0.1.9, timers: { advert: 300ms, script-interval: 1s } }
  app:
    kind: service
    product: nodejs
    replicas: 3
    segment: inner
    listens: { http: 8080 }
    uses: { records: { through: front }, sessions: { timeout: 800ms } }
  front:
    kind: load-balancer
    product: haproxy
    version: "2.6"
    replicas: 2
    segment: data
    listens: { records: 3306 }
    routes: { records: { to: records, check: { port: 9200, active: true, every: 300ms, timeout: 300ms, fall: 2, rise: 2 } } }
    failover: { by: keepalived, address: 10.0.3.9, timers: { advert: 300ms, script-interval: 1s } }
  records:
    kind: database
    product: mariadb
    topology: galera
    replicas: 3
    segment: data
    listens: { sql: 3306 }
    storage: { used: 1GB }
    timers: { evs-keepalive: 300ms, evs-suspect: 1500ms, evs-inactive-check: 200ms, evs-join-retrans: 300ms }
    failover: { by: galera, through: front, automatic: true }
    backup: { tool: mariadb-backup, full: { schedule: "0 1 * * *" }, log: { every: 10s }, to: [vault], restore: { throughput: 50MB/s, reaction: 15m } }
  sessions:
    kind: cache
    product: redis
    topology: sentinel
    replicas: 3
    segment: data
    listens: { redis: 6379 }
    rebuildable: users sign in again
    failover: { by: sentinel, timers: { down-after: 1s, failover-timeout: 5s } }
  vault: { kind: backup-store, product: borg, replicas: 1, segment: data, listens: { ssh: 22 } }
journeys: { visit: { through: [edge, app, records], writes: true } }
"#;

fn platform(text: &str) -> Platform {
    let document = sehat_document::read("platform.yaml", text.trim_start(), &|_| Err("no other file".into()));
    assert!(document.is_good(), "{:#?}", document.diagnostics);
    document.environments.into_iter().next().unwrap()
}

fn shown(fault: &Fault, observation: &Observation) -> String {
    let prediction = predict(&platform(CLINIC), fault, observation);
    let number = |ms: Option<u64>| ms.map_or_else(|| "unknown".to_owned(), |ms| ms.to_string());
    let mut text = format!(
        "outage {} ms, recovery {} ms, lost {}\n",
        number(prediction.outage_ms_max),
        number(prediction.recover_ms_max),
        number(prediction.lost_writes_max)
    );
    prediction.because.iter().for_each(|reason| text.extend(["because ", reason, "\n"]));
    prediction.missing.iter().for_each(|fact| text.extend(["missing ", fact, "\n"]));
    text
}

fn instance(name: &str) -> Fault {
    Fault::KillInstance { instance: name.to_owned() }
}

fn leader(component: &str) -> Fault {
    Fault::KillLeader { component: component.to_owned() }
}

#[test]
fn a_galera_member_is_killed() {
    insta::assert_snapshot!(shown(&leader("records"), &Observation::default()), @"
    outage 3400 ms, recovery 30000 ms, lost 0
    because `records` evs-suspect 1500 ms (stated)
    because `records` evs-inactive-check 200 ms (stated)
    because `records` evs-keepalive 300 ms (stated)
    because `records` evs-join-retrans 300 ms (stated)
    because `front` checks every 300 ms (stated), down after 2, up after 2, each within 300 ms
    because the next request follows within 100 ms
    because margin for a busy host 1000 ms
    because `records` is back within 30000 ms (catalog galera/rejoin, measured)
    because `records` acknowledges a write when others have it (catalog topology/mariadb/galera)
    ");
}

#[test]
fn a_redis_primary_is_killed() {
    insta::assert_snapshot!(shown(&leader("sessions"), &Observation::default()), @"
    outage 5100 ms, recovery 10500 ms, lost unknown
    because Sentinels see the promotion within 1000 ms (sentinel.c: INFO each second during a failover)
    because `sessions` down-after 1000 ms (stated)
    because `sessions` ping 1000 ms (default of redis-sentinel, assumed)
    because `sessions` start-desync 1000 ms (default of redis-sentinel, assumed)
    because left out: a vote of the Sentinels of `sessions` that none of them wins, which they repeat after 10000 ms (2 x failover-timeout), and TILT, in which a Sentinel that slept for 2 s does nothing for 30 s
    because the next request follows within 100 ms
    because margin for a busy host 1000 ms
    because `sessions` is back within 10500 ms (catalog redis-sentinel/ready, measured)
    missing a bound for `sessions`: redis sentinel may lose acknowledged writes
    ");
}

#[test]
fn a_balancer_is_killed() {
    insta::assert_snapshot!(shown(&instance("edge-1"), &Observation::default()), @"
    outage 2700 ms, recovery 1000 ms, lost 0
    because `edge` script-interval 1000 ms (stated)
    because `edge` advert 300 ms (stated)
    because the next request follows within 100 ms
    because margin for a busy host 1000 ms
    because `edge` is back within 1000 ms (catalog nginx/start, measured)
    ");
}

#[test]
fn a_server_behind_passive_checks_is_killed() {
    insta::assert_snapshot!(shown(&instance("app-2"), &Observation::default()), @"
    outage 1100 ms, recovery 5000 ms, lost 0
    because `edge` passes refused requests to another member of `app`
    because the next request follows within 100 ms
    because margin for a busy host 1000 ms
    because `app` is back within 5000 ms (catalog nodejs/start, measured)
    ");
}

#[test]
fn a_node_is_lost() {
    insta::assert_snapshot!(shown(&Fault::KillNode { node: "n1".into() }, &Observation::default()), @"
    outage 6400 ms, recovery 30000 ms, lost 0
    because `edge` advert 300 ms (stated)
    because `front` advert 300 ms (stated)
    because `records` evs-suspect 1500 ms (stated)
    because `records` evs-inactive-check 200 ms (stated)
    because `records` evs-keepalive 300 ms (stated)
    because `records` evs-join-retrans 300 ms (stated)
    because `front` checks every 300 ms (stated), down after 2, up after 2, each within 300 ms
    because Sentinels see the promotion within 1000 ms (sentinel.c: INFO each second during a failover)
    because `sessions` down-after 1000 ms (stated)
    because `sessions` ping 1000 ms (default of redis-sentinel, assumed)
    because `sessions` start-desync 1000 ms (default of redis-sentinel, assumed)
    because left out: a vote of the Sentinels of `sessions` that none of them wins, which they repeat after 10000 ms (2 x failover-timeout), and TILT, in which a Sentinel that slept for 2 s does nothing for 30 s
    because `edge` connect-timeout 300 ms (stated)
    because a request on a silent connection fails after 1000 ms
    because the next request follows within 100 ms
    because margin for a busy host 1000 ms
    because `app` is back within 5000 ms (catalog nodejs/start, measured)
    because `edge` is back within 1000 ms (catalog nginx/start, measured)
    because `front` is back within 1000 ms (catalog haproxy/start, measured)
    because `records` is back within 30000 ms (catalog galera/rejoin, measured)
    because `sessions` is back within 10500 ms (catalog redis-sentinel/ready, measured)
    because `records` acknowledges a write when others have it (catalog topology/mariadb/galera)
    ");
}

#[test]
fn a_segment_is_cut_off() {
    let observation = Observation { held_ms: Some(10_000), ..Observation::default() };
    insta::assert_snapshot!(shown(&Fault::CutSegment { segment: "data".into() }, &observation), @"
    outage 12100 ms, recovery 2100 ms, lost 0
    because the cut lasts 10000 ms
    because a request on a silent connection fails after 1000 ms
    because the next request follows within 100 ms
    because margin for a busy host 1000 ms
    because `records` acknowledges a write when others have it (catalog topology/mariadb/galera)
    ");
}

#[test]
fn a_table_is_dropped() {
    let observation = Observation {
        reaction_ms: Some(0),
        restore_bytes: Some(60_000_000),
        log_bytes: Some(4_500_000),
        ..Observation::default()
    };
    insta::assert_snapshot!(shown(&Fault::DropTable { component: "records".into() }, &observation), @"
    outage 6962 ms, recovery 6862 ms, lost 0
    because until somebody acts 0 ms
    because 60000000 bytes at 50000000 bytes/s (stated) take 1200 ms
    because 4500000 bytes of log since the full copy of `records` at 1300000 bytes/s (catalog, measured) take 3462 ms
    because `records` starts within 1200 ms (catalog, measured)
    because the next request follows within 100 ms
    because margin for a busy host 1000 ms
    because `records` archives its log, so the state before the statement comes back whole
    ");
}

#[test]
fn what_no_journey_needs_costs_nothing() {
    assert_eq!(
        predict(&platform(CLINIC), &instance("vault-1"), &Observation::default()).outage_ms_max,
        Some(0)
    );
}

#[test]
fn a_member_that_does_not_lead_costs_no_takeover() {
    let leaders = BTreeMap::from([("sessions".to_owned(), "sessions-1".to_owned())]);
    let observation = Observation { leaders, ..Observation::default() };
    let clinic = platform(CLINIC);
    let cost = |name: &str| predict(&clinic, &instance(name), &observation).outage_ms_max;
    assert!(cost("sessions-2") < cost("sessions-1"));
}

#[test]
fn a_long_connection_timeout_hides_the_loss_from_nginx() {
    let clinic = platform(&CLINIC.replace("connect-timeout: 300ms", "connect-timeout: 10s"));
    let prediction = predict(&clinic, &Fault::KillNode { node: "n1".into() }, &Observation::default());
    assert_eq!(prediction.outage_ms_max, None);
    insta::assert_snapshot!(prediction.missing.join("\n"), @"`timers.connect-timeout` of `edge` below 1000 ms");
}

/// Every fault whose bound is finite here.
fn faults() -> Vec<Fault> {
    let instances = ["edge-1", "app-1", "front-1", "records-1", "sessions-1"].map(instance);
    let nodes = ["n1", "n2", "n3"].map(|node| Fault::KillNode { node: node.to_owned() });
    let segments = ["dmz", "inner", "data"].map(|segment| Fault::CutSegment { segment: segment.to_owned() });
    instances
        .into_iter()
        .chain(nodes)
        .chain(segments)
        .chain([Fault::DropTable { component: "records".into() }])
        .collect()
}

/// Multiplies one timer of the platform by two; the number chooses which.
fn doubled(platform: &Platform, which: usize) -> Platform {
    let mut changed = platform.clone();
    let mut facts: Vec<&mut Fact<Duration>> = Vec::new();
    for component in changed.draft.components.values_mut() {
        facts.extend(component.timers.values_mut());
        facts.extend(component.failover.iter_mut().flat_map(|failover| failover.timers.values_mut()));
        let checks = component.routes.values_mut().filter_map(|route| route.check.as_mut());
        facts.extend(checks.flat_map(|check| [&mut check.every, &mut check.timeout]));
        facts.extend(component.uses.values_mut().map(|stated| &mut stated.timeout));
    }
    facts.retain(|fact| fact.get().is_some());
    let count = facts.len();
    let fact = &mut *facts[which % count];
    let twice = Duration(fact.get().unwrap().ms() * 2);
    let origin = fact.origin().unwrap().clone();
    *fact = Fact::stated(twice, origin);
    changed
}

proptest! {
    #[test]
    fn a_longer_timer_never_shortens_a_bound(which in 0_usize..64, times in 1_usize..4, fault in 0_usize..12) {
        let fault = &faults()[fault];
        let observation = Observation { held_ms: Some(10_000), ..Observation::default() };
        let before = platform(CLINIC);
        let after = (0..times).fold(before.clone(), |platform, _| doubled(&platform, which));
        let bound = |platform: &Platform| predict(platform, fault, &observation).outage_ms_max.unwrap_or(u64::MAX);
        prop_assert!(bound(&before) <= bound(&after), "{fault:?}");
    }

    #[test]
    fn a_longer_fault_never_shortens_a_bound(held in 1_u64..100_000, more in 0_u64..100_000, fault in 0_usize..12) {
        let fault = &faults()[fault];
        let clinic = platform(CLINIC);
        let bound = |held| {
            let observation = Observation { held_ms: Some(held), ..Observation::default() };
            predict(&clinic, fault, &observation).outage_ms_max
        };
        prop_assert!(bound(held) <= bound(held + more));
    }
}

/// Medians that were measured on two busy cores with these timers. A bound is never below what was
/// measured, and not so far above that it says nothing.
#[test]
fn bounds_hold_what_was_measured() {
    let slow =
        CLINIC.replace(", evs-suspect: 1500ms, evs-inactive-check: 200ms, evs-join-retrans: 300ms", "");
    let slow = slow.replace("evs-keepalive: 300ms", "evs-keepalive: 1s");
    let measured = [
        (CLINIC, leader("records"), 1_900),
        (&slow, leader("records"), 6_280),
        (CLINIC, leader("sessions"), 2_300),
        (CLINIC, instance("edge-1"), 1_100),
    ];
    for (text, fault, median) in measured {
        let bound = predict(&platform(text), &fault, &Observation::default()).outage_ms_max.unwrap();
        assert!(
            median <= bound && bound <= (3 * median).max(median + 3_000),
            "{fault:?}: {bound} for {median}"
        );
    }
}

#[test]
fn twice_the_suspicion_is_a_longer_outage() {
    let before = platform(CLINIC);
    let after = platform(&CLINIC.replace("evs-suspect: 1500ms", "evs-suspect: 3000ms"));
    let bound = |platform: &Platform| {
        predict(platform, &leader("records"), &Observation::default()).outage_ms_max.unwrap()
    };
    assert_eq!(bound(&after) - bound(&before), 1_500);
}
