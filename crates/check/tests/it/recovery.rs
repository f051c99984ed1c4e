//! What stores lose and how long they are away, against what is promised.

use proptest::prelude::*;
use sehat_verdict::Verdict;

use crate::support::{findings, report, verdicts};

/// A database on one node, with a vault at another site.
fn clinic(store: &str, vault: &str, promises: &str) -> String {
    format!(
        "
sehat: 1
platform: clinic
data: {{ patient: {{ class: phi, retain: 25y }} }}
objectives: {{ {promises} }}
sites:
  here: {{ country: ID, account: clinic, zones: {{ a: {{ nodes: {{ n1: {{}} }} }}, b: {{ nodes: {{ n2: {{}}, n3: {{}} }} }} }} }}
  there: {{ country: ID, account: vault, zones: {{ c: {{ nodes: {{ n4: {{}} }} }} }} }}
components:
  records:
    kind: database
    holds: [patient]
    on: [here]
{store}
  vault: {{ kind: backup-store, product: borgbackup, version: '1.2', support: debian-12, replicas: 1, on: [there]{vault} }}
"
    )
}

const LOCKED: &str = ", encryption: { immutable: 30d }";

const SINGLE: &str = "
    product: mariadb
    replicas: 1
    storage: { used: 50GB }
    backup:
      full: { schedule: '0 1 * * *', keep: 14d }
      log: { every: 1m, keep: 14d }
      to: [vault]
      tool: mariadb-backup
      restore: { reaction: 15m }";

#[test]
fn each_scenario_has_its_own_bound() {
    let text = clinic(SINGLE, LOCKED, "rpo: 5m, rto: 4h");
    insta::assert_snapshot!(verdicts(&report(&text), "rpo"), @"
    rpo records: Kept, promised at most 5m, predicted 1m
      instance lost: Kept, 0s
      node lost: Kept, 1m
      zone lost: Kept, 1m
      site lost: Kept, 1m
      dropped table: Kept, 1s
      credentials stolen: Kept, 1m
    ");
    insta::assert_snapshot!(verdicts(&report(&text), "rto"), @"
    rto records: Kept, promised at most 4h, predicted 5m54s to 34m42s
      instance lost: Kept, 1.9s to 1m
      node lost: Kept, 5m34s to 31m42s
      zone lost: Kept, 5m34s to 31m42s
      site lost: Kept, 5m54s to 34m42s
      dropped table: Kept, 5m34s to 31m42s
      credentials stolen: Kept, 5m34s to 31m42s
    ");
    assert_eq!(findings(&text, "rpo-per-store"), "");
    assert_eq!(findings(&text, "rto-restore-time"), "");
}

#[test]
fn without_a_lock_stolen_credentials_take_everything() {
    let text = clinic(SINGLE, "", "rpo: 5m");
    insta::assert_snapshot!(verdicts(&report(&text), "rpo"), @"
    rpo records: Broken, promised at most 5m, predicted everything
      instance lost: Kept, 0s
      node lost: Kept, 1m
      zone lost: Kept, 1m
      site lost: Kept, 1m
      dropped table: Kept, 1s
      credentials stolen: Broken, everything
    ");
    insta::assert_snapshot!(findings(&text, "backup-offsite-immutable"), @"
    broken High backup-offsite-immutable records
      no copy of `records` is write-once
      witness: every copy lies in `vault`: who holds the platform's credentials can delete them
      repair: make a target write-once: `encryption: { immutable: 30d }`
      platform.yaml:23:3 not write-once
      platform.yaml:17:5 `records` is copied here
    ");
    // The rule of the copies has said it; a second finding would be the same fault twice.
    assert_eq!(findings(&text, "rpo-per-store"), "");
}

const ASYNCHRONOUS: &str = "
    product: mariadb
    topology: primary-replica
    replicas: 2
    failover: { by: maxscale, automatic: true }
    storage: { used: 50GB }
    backup: { full: { schedule: '0 1 * * *', keep: 14d }, log: { every: 1m, keep: 14d }, to: [vault], restore: { throughput: 50MB/s } }";

#[test]
fn an_unstated_lag_is_unknown() {
    let text = clinic(ASYNCHRONOUS, LOCKED, "rpo: 5m");
    insta::assert_snapshot!(findings(&text, "rpo-per-store"), @"
    unknown Low rpo-per-store records
      whether `records` keeps its rpo of 5m is not known
      witness: not known when: instance lost, node lost, zone lost
      repair: state how far copies of `records` may be behind (`timers: { replication-lag: ... }`)
      platform.yaml:4:20 promised here
      platform.yaml:15:15 acknowledges before the copies have it
    ");
    let stated = text.replace("replicas: 2\n", "replicas: 2\n    timers: { replication-lag: 10s }\n");
    assert_eq!(findings(&stated, "rpo-per-store"), "");
}

#[test]
fn increments_fill_the_week() {
    let store = "
    product: mariadb
    replicas: 1
    storage: { used: 50GB }
    backup: { full: { schedule: '0 2 * * 0', keep: 30d }, incremental: { schedule: '0 2 * * 1-6', keep: 7d }, to: [vault] }";
    insta::assert_snapshot!(findings(&clinic(store, LOCKED, "rpo: 2d"), "rpo-per-store"), @"");
    insta::assert_snapshot!(findings(&clinic(store, LOCKED, "rpo: 12h"), "rpo-per-store"), @"
    broken High rpo-per-store records
      `records` may lose 1d of its data, and 12h is promised
      witness: when: node lost, zone lost, site lost, dropped table, credentials stolen; between two copies of `records` lie 1d, and the later one must be complete
      repair: archive its log at least every 12h, or say why it is `rebuildable`; else promise 2d
      platform.yaml:17:33 full copy made here
      platform.yaml:17:84 increment made here
      platform.yaml:4:20 promised here
    ");
}

#[test]
fn a_cache_has_no_log_to_archive() {
    let store = "
    product: redis
    topology: sentinel
    replicas: 3
    timers: { replication-lag: 1s }
    backup: { snapshot: { schedule: every 6h }, log: { every: 1m }, to: [vault] }";
    insta::assert_snapshot!(findings(&clinic(store, LOCKED, "rpo: 15m"), "rpo-per-store"), @"
    broken High rpo-per-store records
      `records` may lose 6h of its data, and 15m is promised
      witness: when: site lost, dropped table, credentials stolen; between two copies of `records` lie 6h, and the later one must be complete
      repair: copy it at least every 15m, or say why it is `rebuildable`; else promise 12h
      platform.yaml:18:37 snapshot made here
      platform.yaml:4:20 promised here
    ");
}

#[test]
fn a_schedule_that_is_not_stated_is_unknown() {
    let store = "
    product: mariadb
    replicas: 1
    backup: { full: { keep: 14d }, to: [vault] }";
    insta::assert_snapshot!(findings(&clinic(store, LOCKED, "rpo: 1d, rto: 4h"), "rpo-per-store"), @"
    unknown Low rpo-per-store records
      whether `records` keeps its rpo of 1d is not known
      witness: not known when: node lost, zone lost, site lost, dropped table, credentials stolen
      repair: state when copies of `records` are made (`backup.full.schedule`)
      platform.yaml:4:20 promised here
      platform.yaml:16:15 full copy made here
    ");
    insta::assert_snapshot!(findings(&clinic(store, LOCKED, "rpo: 1d, rto: 4h"), "rto-restore-time"), @"
    unknown Low rto-restore-time records
      whether `records` keeps its rto of 4h is not known
      witness: not known when: node lost, zone lost, site lost, dropped table, credentials stolen
      repair: state how much `records` holds (`storage.used`)
      platform.yaml:4:29 promised here
      platform.yaml:9:3 states no amount
    ");
}

#[test]
fn the_largest_stated_amount_must_come_back_in_time() {
    let store = SINGLE
        .replace("used: 50GB", "size: 500GB, size-max: 5TB")
        .replace("reaction: 15m", "reaction: 15m, throughput: 100MB/s");
    insta::assert_snapshot!(findings(&clinic(&store, LOCKED, "rto: 4h"), "rto-restore-time"), @"
    broken High rto-restore-time records
      `records` is away for 13h53m40s or more, and 4h is promised
      witness: when: site lost, node lost, zone lost, dropped table, credentials stolen; somebody acts within 15m; a machine for `records` starts at another site; 5TB at 100MB a second; `records` starts
      repair: restore faster, hold less, have a place to restore to, or promise 14h12m
      platform.yaml:22:28 stated here
      platform.yaml:16:39 must come back
      platform.yaml:22:45 comes back at this rate
      platform.yaml:4:20 promised here
    ");
}

#[test]
fn rebuildable_stores_and_emptied_ones_have_no_verdict() {
    let rebuildable = clinic(&format!("{SINGLE}\n    rebuildable: made anew from paper"), "", "rpo: 1s");
    assert_eq!(verdicts(&report(&rebuildable), "rpo"), "");
    let emptied = clinic(SINGLE, "", "rpo: 1s")
        + "environments:\n  development: { components: { records: { holds: null, backup: null } } }\n  production: {}\n";
    assert!(!verdicts(&report(&emptied), "rpo").contains("development"));
    assert!(!findings(&emptied, "backup-covers-every-store").contains("development"));
}

#[test]
fn stores_without_a_copy_are_told_apart() {
    let nothing = clinic("\n    product: mariadb\n    replicas: 1", "", "");
    insta::assert_snapshot!(findings(&nothing, "backup-covers-every-store"), @"
    broken High backup-covers-every-store records
      `records` holds data and has no backup
      witness: nothing brings back what a mistake or a thief deletes in `records`
      repair: add `backup:` with a schedule and a target, or say `rebuildable: reason`
      platform.yaml:10:11 a store without a backup
    ");
    let by_hand = clinic(
        "\n    product: mariadb\n    replicas: 1\n    backup: { full: { manual: true }, to: [vault] }",
        "",
        "",
    );
    insta::assert_snapshot!(findings(&by_hand, "backup-covers-every-store"), @"
    broken High backup-covers-every-store records
      `records` is copied without a schedule, and only by hand
      witness: the last copy of `records` is as old as somebody's memory of it
      repair: add a `schedule:`, or say `rebuildable: reason`
      platform.yaml:16:15 no copy by itself
    ");
    let unsaid = clinic(SINGLE, LOCKED, "")
        + "  cache: { kind: cache, product: redis }\n  queue: { kind: queue, product: rabbitmq }\n";
    insta::assert_snapshot!(findings(&unsaid, "backup-covers-every-store"), @"
    unknown Low backup-covers-every-store clinic
      nothing says whether the loss of 2 parts is a loss of data
      witness: neither `holds`, `backup` nor `rebuildable` is stated
      repair: say what it `holds` and add a `backup:`, or say `rebuildable: reason`
      platform.yaml:24:18 `cache` may hold data
      platform.yaml:25:18 `queue` may hold data
    ");
}

#[test]
fn copies_beside_the_store_are_not_elsewhere() {
    let beside = clinic(SINGLE, LOCKED, "").replace("on: [there]", "on: [here]");
    insta::assert_snapshot!(findings(&beside, "backup-offsite-immutable"), @"
    broken High backup-offsite-immutable records
      no copy of `records` lies at another site or in another account
      witness: every copy lies in `vault`: who loses the site loses them too
      repair: send a copy to another site or account
      platform.yaml:23:107 copies lie here
      platform.yaml:17:5 `records` is copied here
    ");
    let nowhere = clinic(SINGLE, LOCKED, "").replace("replicas: 1, on: [there]", "external: true");
    insta::assert_snapshot!(findings(&nowhere, "backup-offsite-immutable"), @"
    unknown Low backup-offsite-immutable records
      no copy of `records` is known to lie elsewhere
      witness: every copy lies in `vault`: nothing says where
      repair: name the target (`backup.to`) and where it lies (`on`, `managed.region`)
      platform.yaml:23:3 copies lie here
      platform.yaml:17:5 `records` is copied here
    ");
}

#[test]
fn a_point_in_time_needs_a_log_that_joins_on() {
    let promise = |backup: &str, product: &str| {
        clinic(
            &format!(
                "\n    product: {product}\n    replicas: 1\n    backup: {{ point-in-time: true, to: [vault], {backup} }}"
            ),
            LOCKED,
            "",
        )
    };
    let full = "full: { schedule: '0 2 * * 0' }";
    insta::assert_snapshot!(findings(&promise(full, "mariadb"), "pitr-has-log-archive"), @"
    broken High pitr-has-log-archive records
      `records` is promised back at any point in time, and its binlog is archived nowhere
      witness: a mistake an hour after the last copy costs that hour
      repair: add `log: { every: ..., keep: ... }` to its backup
      platform.yaml:16:30 promised here
      platform.yaml:16:5 no `log` here
    ");
    insta::assert_snapshot!(findings(&promise(&format!("{full}, log: {{ every: 1m, keep: 2d }}"), "mariadb"), "pitr-has-log-archive"), @"
    broken High pitr-has-log-archive records
      the log of `records` is kept for 2d, and its full copies lie 7d apart
      witness: 2d after a full copy the log no longer joins on to it
      repair: keep the log for 7d or longer
      platform.yaml:16:106 kept too short
      platform.yaml:16:67 full copies here
    ");
    insta::assert_snapshot!(findings(&promise(full, "redis"), "pitr-has-log-archive"), @"
    broken High pitr-has-log-archive records
      `records` is promised back at any point in time, and redis has no log that could be replayed
      witness: what was written between two copies cannot be brought back
      repair: copy it as often as the promise asks, or take the promise back
      platform.yaml:16:30 promised here
      platform.yaml:14:14 has no such log
    ");
    assert_eq!(
        findings(
            &promise(&format!("{full}, log: {{ every: 1m, keep: 7d }}"), "mariadb"),
            "pitr-has-log-archive"
        ),
        ""
    );
}

/// The worst verdict is the least of these numbers.
fn rank(text: &str, objective: &str) -> u8 {
    let report = report(text);
    let verdicts =
        report.verdicts.iter().filter(|entry| entry.objective == objective).map(|entry| entry.verdict);
    match Verdict::all(verdicts) {
        Verdict::Broken => 0,
        Verdict::Unknown => 1,
        Verdict::Kept => 2,
    }
}

/// A store copied every so many hours.
fn copied(hours: u64, log_minutes: Option<u64>, used_gb: u64, reaction_minutes: u64) -> String {
    let log =
        log_minutes.map_or_else(String::new, |minutes| format!("log: {{ every: {minutes}m, keep: 14d }}, "));
    format!(
        "
    product: mariadb
    replicas: 1
    storage: {{ used: {used_gb}GB }}
    backup: {{ full: {{ schedule: every {hours}h, keep: 14d }}, {log}to: [vault], restore: {{ reaction: {reaction_minutes}m, throughput: 100MB/s }} }}"
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_more_frequent_copy_never_raises_the_loss(hours in 1..72_u64, less in 1..72_u64, promise in 1..72_u64) {
        let (often, seldom) = (hours.min(less), hours.max(less));
        let promise = format!("rpo: {promise}h");
        let text = |hours| clinic(&copied(hours, None, 50, 15), LOCKED, &promise);
        prop_assert!(rank(&text(often), "rpo") >= rank(&text(seldom), "rpo"));
    }

    #[test]
    fn a_log_never_raises_the_loss(hours in 1..72_u64, minutes in 1..120_u64, promise in 1..72_u64) {
        let promise = format!("rpo: {promise}h");
        let text = |log| clinic(&copied(hours, log, 50, 15), LOCKED, &promise);
        prop_assert!(rank(&text(Some(minutes)), "rpo") >= rank(&text(None), "rpo"));
    }

    #[test]
    fn more_data_and_slower_people_never_restore_faster(used in 1..5000_u64, more in 0..5000_u64, reaction in 1..120_u64, later in 0..120_u64) {
        let text = |used, reaction| clinic(&copied(24, None, used, reaction), LOCKED, "rto: 4h");
        prop_assert!(rank(&text(used, reaction), "rto") >= rank(&text(used + more, reaction + later), "rto"));
    }

    #[test]
    fn a_lock_never_makes_it_worse(hours in 1..72_u64, promise in 1..72_u64) {
        let promise = format!("rpo: {promise}h");
        let text = |vault| clinic(&copied(hours, None, 50, 15), vault, &promise);
        prop_assert!(rank(&text(LOCKED), "rpo") >= rank(&text(""), "rpo"));
    }
}
