//! A report as Health-InfraOps would have it, with every kind of entry.

use sehat_report::{
    Control, Difference, Evidence, EvidenceKind, EvidenceRef, FindingRow, Host, NotRun, ProductVersion,
    Promise, RecordRow, Recorded, RecoveryCell, RecoveryMatrix, Regime, ReportInput, RunAgain, StoreRow,
};
use sehat_verdict::drill::{DrillRun, DrillVerdict, Lane, RestoreRecord, Span, Timeline, Unit};
use sehat_verdict::{ScenarioVerdict, Severity, State, Verdict, VerdictEntry};

const DAY: &str = "2026-11-21";

pub fn example() -> ReportInput {
    ReportInput {
        platform: "health-infraops".into(),
        environment: "production".into(),
        generated_at: format!("{DAY}T14:52:07Z"),
        sehat_version: "0.1.0".into(),
        host: Some(Recorded::new(2, host())),
        differences: differences(),
        not_run: vec![
            Recorded::new(2, NotRun { component: "object-store (Ceph)".into(), why: "no engine yet".into() }),
            Recorded::new(2, NotRun { component: "dashboards (Grafana)".into(), why: "not to be had from Debian".into() }),
        ],
        verdicts: verdicts(),
        findings: findings(),
        rules: rules(),
        recovery: recovery(),
        topology_svg: Some(TOPOLOGY.into()),
        drills: drills(),
        restores: restores(),
        regimes: regimes(),
        versions: versions(),
        evidence: Evidence {
            dir: "/var/lib/sehat/evidence/health-infraops-production".into(),
            count: 19,
            head_hash: hash(19),
            public_key: hash(99),
            faults: Vec::new(),
            anchor: "not anchored: a rollback to an earlier state would not show".into(),
        },
        run_again: RunAgain {
            commands: [
                "sehat check platforms/health-infraops --env production --as-of 2026-11-21",
                "sehat up platforms/health-infraops --env production",
                "sehat drill platforms/health-infraops kill-leader --env production --repeat 5 --seed 20261121",
                "sehat evidence verify platforms/health-infraops --env production --head 3f1c…",
            ]
            .map(String::from)
            .to_vec(),
            seed: Some(20_261_121),
        },
        records: (1..=19).map(record).collect(),
    }
}

fn record(number: u64) -> RecordRow {
    let kind = match number {
        1 => "started",
        2 => "deployment",
        3 => "verdicts",
        18 => "restore",
        _ => "drill",
    };
    RecordRow {
        number,
        time: format!("{DAY}T14:{:02}:12Z", 20 + number),
        kind: kind.into(),
        hash: hash(number),
    }
}

fn hash(seed: u64) -> String {
    let part = |index: u64| format!("{:016x}", (seed + index).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    [part(1), part(2), part(3), part(4)].concat()
}

fn host() -> Host {
    Host {
        kernel: "Linux 6.18.2".into(),
        cores: 2,
        memory_bytes: 8 << 30,
        machines: 17,
        facts: vec![
            ("Root of the machines".into(), "Debian 12 (bookworm)".into()),
            ("Sehat".into(), "0.1.0".into()),
        ],
    }
}

fn differences() -> Vec<Recorded<Difference>> {
    let line = |item: &str, production: &str, lab: &str, why: &str| {
        let text =
            Difference { item: item.into(), production: production.into(), lab: lab.into(), why: why.into() };
        Recorded::new(2, text)
    };
    vec![
        line("records: innodb_buffer_pool_size", "12 GiB", "96 MiB", "the copy shares 8 GiB of memory"),
        line(
            "web: program",
            "Apache with PHP 8.2",
            "stand-in",
            "the programs of the services are not at hand",
        ),
        line(
            "edge: certificate",
            "public authority",
            "the lab's own authority",
            "no name of the copy is public",
        ),
        line("Nodes", "3 hypervisors", "3 groups of machines on 1 kernel", "a lost node is a killed group"),
        line("Latency between zones", "0.4 ms", "0.05 ms", "all links are inside one kernel"),
    ]
}

fn verdicts() -> Vec<Recorded<VerdictEntry>> {
    let entry = |objective: &str,
                 subject: &str,
                 verdict,
                 promised: &str,
                 predicted: Option<&str>,
                 because: &[&str]| VerdictEntry {
        root: ".".into(),
        environment: Some("production".into()),
        objective: objective.into(),
        subject: subject.into(),
        verdict,
        promised: Some(promised.into()),
        predicted: predicted.map(String::from),
        because: because.iter().map(ToString::to_string).collect(),
        scenarios: Vec::new(),
    };
    let mut all = vec![
        entry(
            "availability",
            "book-visit",
            Verdict::Kept,
            "≥ 99.9 % over 30 d",
            Some("99.93 – 99.98 %"),
            &["the interval rests on 4 assumed figures of the catalog"],
        ),
        entry(
            "rto",
            "records",
            Verdict::Kept,
            "≤ 4 h",
            Some("38 min"),
            &["restore of 40 GiB from the vault at 20 MiB/s, then 24 h of log"],
        ),
        entry("rpo", "records", Verdict::Kept, "≤ 24 h", Some("1 min"), &["the log is shipped every minute"]),
        entry(
            "rpo",
            "uploads",
            Verdict::Broken,
            "≤ 24 h",
            Some("7 d"),
            &["the only backup of `uploads` runs weekly"],
        ),
        entry(
            "response-time",
            "book-visit",
            Verdict::Unknown,
            "p95 ≤ 200 ms",
            None,
            &["no rule predicts response times"],
        ),
        entry(
            "retention",
            "patient",
            Verdict::Kept,
            "≥ 25 y",
            Some("25 y"),
            &["Permenkes 24/2022, article 39"],
        ),
        entry(
            "residency",
            "patient",
            Verdict::Kept,
            "ID",
            Some("ID"),
            &["every store and backup of `patient` stands in jakarta"],
        ),
    ];
    let scenario = |scenario: &str, verdict, predicted: &str| ScenarioVerdict {
        scenario: scenario.into(),
        verdict,
        predicted: Some(predicted.into()),
    };
    all[0].scenarios = vec![
        scenario("node pve-01 lost", Verdict::Kept, "away 9.0 s"),
        scenario("node pve-02 lost", Verdict::Kept, "away 9.0 s"),
        scenario("room-1 lost", Verdict::Unknown, "away until repaired"),
    ];
    all.into_iter().map(|entry| Recorded::new(3, entry)).collect()
}

fn findings() -> Vec<Recorded<FindingRow>> {
    let row = |rule: &str,
               severity,
               state,
               subject: &str,
               message: &str,
               witness: &str,
               repair: &str,
               line: u32| FindingRow {
        rule: rule.into(),
        severity,
        state,
        subject: subject.into(),
        message: message.into(),
        witness: witness.into(),
        repair: repair.into(),
        places: vec![format!("platform.yaml:{line}:7")],
        count: 1,
        environments: vec!["production".into()],
        waived: None,
    };
    let mut rows = vec![
        row(
            "rpo-per-store",
            Severity::High,
            State::Broken,
            "uploads",
            "`uploads` may lose 7 d of data, and 24 h are promised",
            "The node that holds `uploads` is lost just before Sunday's backup.",
            "Back `uploads` up daily, or promise 7 d.",
            143,
        ),
        row(
            "no-single-point-of-failure",
            Severity::High,
            State::Broken,
            "jakarta/room-1",
            "every machine of `records` stands in the zone `room-1`",
            "Losing {room-1} alone takes `book-visit` away.",
            "Place one machine of `records` in a second zone.",
            31,
        ),
        row(
            "version-supported",
            Severity::Medium,
            State::Broken,
            "sessions",
            "Redis 7.0 has had no upstream support since 2024-07-29",
            "As of 2026-11-21.",
            "Name Debian's support, or move to 7.4.",
            98,
        ),
        row(
            "failover-actor-named",
            Severity::Low,
            State::Unknown,
            "reports",
            "who promotes the replica of `reports` is not stated",
            "",
            "State `failover:` for `reports`.",
            171,
        ),
    ];
    rows[2].waived = Some("Debian 12 supports 7.0 until 2028 (until 2027-06-30)".into());
    rows[2].count = 3;
    rows.into_iter().map(|row| Recorded::new(3, row)).collect()
}

fn rules() -> Vec<Recorded<String>> {
    let names = [
        "no-single-point-of-failure",
        "quorum-survives",
        "slo-composition",
        "failover-actor-named",
        "rpo-per-store",
        "rto-restore-time",
        "backup-covers-every-store",
        "version-supported",
    ];
    names.map(|name| Recorded::new(3, name.to_owned())).to_vec()
}

fn recovery() -> RecoveryMatrix {
    let promise = |promised: &str, predicted: &str, verdict| {
        Some(Promise { promised: Some(promised.into()), predicted: Some(predicted.into()), verdict })
    };
    let cell = |rpo: &str, rto: &str, rpo_verdict| {
        Some(RecoveryCell {
            record: 3,
            rpo: promise("≤ 24 h", rpo, rpo_verdict),
            rto: promise("≤ 4 h", rto, Verdict::Kept),
        })
    };
    let kept = Verdict::Kept;
    RecoveryMatrix {
        scenarios: ["instance lost", "node lost", "zone lost", "table dropped", "vault lost"]
            .map(String::from)
            .to_vec(),
        stores: vec![
            StoreRow {
                store: "records".into(),
                cells: vec![
                    cell("0 s", "9.0 s", kept),
                    cell("0 s", "9.0 s", kept),
                    cell("1 min", "38 min", kept),
                    cell("0 s", "41 min", kept),
                    None,
                ],
            },
            StoreRow {
                store: "sessions".into(),
                cells: vec![
                    cell("10 s", "14 s", kept),
                    cell("10 s", "14 s", kept),
                    cell("1 d", "20 min", kept),
                    cell("1 d", "20 min", kept),
                    None,
                ],
            },
            StoreRow {
                store: "uploads".into(),
                cells: vec![
                    cell("7 d", "2 h 10 min", Verdict::Broken),
                    cell("7 d", "2 h 10 min", Verdict::Broken),
                    cell("7 d", "2 h 10 min", Verdict::Broken),
                    cell("7 d", "2 h 10 min", Verdict::Broken),
                    None,
                ],
            },
        ],
    }
}

fn drills() -> Vec<Recorded<DrillRun>> {
    let mut runs = Vec::new();
    for (index, outage_ms) in [5_210, 4_870, 5_480, 4_990, 5_130].into_iter().enumerate() {
        runs.push(kill_leader(outage_ms, index as u64));
    }
    runs.push(kill_instance());
    runs.push(kill_node());
    runs.push(cut_segment());
    runs.push(drop_table());
    runs.push(lab_failed());
    runs.push(reachability());
    runs.into_iter().zip(4..).map(|(run, record)| Recorded::new(record, run)).collect()
}

fn verdict(objective: &str, promised: u64, measured: u64, verdict: Verdict) -> DrillVerdict {
    DrillVerdict {
        objective: objective.into(),
        promised: Some(promised.into()),
        predicted: None,
        measured: Some(measured.into()),
        verdict,
        unit: Unit::Ms,
        because: Vec::new(),
    }
}

fn lane(name: &str, end_ms: u64, failed: &[(u64, u64)]) -> Lane {
    let mut spans = Vec::new();
    let mut from_ms = 0;
    for &(start, end) in failed {
        spans.push(Span { from_ms, until_ms: start, ok: true });
        spans.push(Span { from_ms: start, until_ms: end, ok: false });
        from_ms = end;
    }
    spans.push(Span { from_ms, until_ms: end_ms, ok: true });
    Lane { name: name.into(), spans }
}

fn kill_leader(outage_ms: u64, index: u64) -> DrillRun {
    DrillRun {
        outage_ms: Some(outage_ms),
        requests: Some(1_260),
        errors: Some(61),
        acknowledged: Some(1_148 + index),
        lost: Some(0),
        detect_ms: Some(1_100),
        alert_ms: Some(21_300 + index * 400),
        recover_ms: Some(26_200),
        predicted_ms_max: Some(9_000),
        verdicts: vec![
            verdict("availability", 2_592_000, outage_ms, Verdict::Kept),
            verdict("rto", 14_400_000, outage_ms, Verdict::Kept),
            verdict("rpo", 86_400_000, 0, Verdict::Kept),
        ],
        spacing_ms: Some(20),
        timeline: Some(Timeline {
            end_ms: 60_000,
            fault_ms: Some(10_000),
            heal_ms: Some(31_000),
            alert_ms: Some(31_300 + index * 400),
            recovered_ms: Some(36_200),
            lanes: vec![
                lane("book-visit", 60_000, &[(10_180, 10_180 + outage_ms)]),
                lane("read-history", 60_000, &[(10_200, 10_900)]),
                lane("ledger: records", 60_000, &[(10_150, 10_150 + outage_ms)]),
                lane("ledger: sessions", 60_000, &[]),
            ],
        }),
        ..DrillRun::new("kill-leader", "records/db-02")
    }
}

fn kill_instance() -> DrillRun {
    DrillRun {
        outage_ms: Some(420),
        requests: Some(900),
        errors: Some(9),
        acknowledged: Some(880),
        lost: Some(0),
        recover_ms: Some(3_400),
        predicted_ms_max: Some(2_000),
        verdicts: vec![verdict("availability", 2_592_000, 420, Verdict::Kept)],
        spacing_ms: Some(20),
        timeline: Some(Timeline {
            end_ms: 30_000,
            fault_ms: Some(8_000),
            heal_ms: None,
            alert_ms: None,
            recovered_ms: Some(11_400),
            lanes: vec![
                lane("book-visit", 30_000, &[(8_020, 8_140), (8_600, 8_900)]),
                lane("ledger: records", 30_000, &[]),
            ],
        }),
        ..DrillRun::new("kill-instance", "web/app-01/apache")
    }
}

fn kill_node() -> DrillRun {
    let mut run = kill_leader(6_730, 9);
    run.drill = "kill-node".into();
    run.struck = "jakarta/room-1/pve-02 (edge-b, app-02, db-02, cache-02)".into();
    run.lost = Some(3);
    run.verdicts[2] = DrillVerdict {
        measured: Some(3.into()),
        promised: Some(0.into()),
        unit: Unit::Count,
        ..verdict("writes kept", 0, 3, Verdict::Broken)
    };
    run
}

fn cut_segment() -> DrillRun {
    let mut run = kill_leader(11_900, 2);
    run.drill = "cut-segment".into();
    run.struck = "database".into();
    run.alert_ms = None;
    run.predicted_ms_max = Some(13_500);
    run.verdicts.push(DrillVerdict {
        promised: None,
        measured: None,
        because: vec!["the copy changes a timer that the prediction uses".into()],
        ..verdict("response-time", 0, 0, Verdict::Unknown)
    });
    run
}

fn drop_table() -> DrillRun {
    DrillRun {
        outage_ms: Some(64_200),
        requests: Some(4_000),
        errors: Some(610),
        acknowledged: Some(3_377),
        lost: Some(0),
        alert_ms: Some(15_000),
        recover_ms: Some(64_200),
        predicted_ms_max: Some(14_400_000),
        verdicts: vec![
            verdict("rto", 14_400_000, 64_200, Verdict::Kept),
            verdict("rpo", 86_400_000, 0, Verdict::Kept),
        ],
        spacing_ms: Some(20),
        timeline: Some(Timeline {
            end_ms: 90_000,
            fault_ms: Some(10_000),
            heal_ms: Some(73_000),
            alert_ms: Some(25_000),
            recovered_ms: Some(74_200),
            lanes: vec![
                lane("book-visit", 90_000, &[(10_020, 74_220)]),
                lane("ledger: records", 90_000, &[(10_100, 74_100)]),
            ],
        }),
        ..DrillRun::new("drop-table", "records.visits")
    }
}

fn lab_failed() -> DrillRun {
    DrillRun {
        lab_failed: true,
        lab_failed_reason: Some("the machine client-01 did not start in 20 s".into()),
        ..DrillRun::new("kill-instance", "sessions/cache-01/redis")
    }
}

fn reachability() -> DrillRun {
    DrillRun {
        requests: Some(2_412),
        errors: Some(0),
        verdicts: vec![DrillVerdict {
            unit: Unit::Count,
            ..verdict("cells that differ", 0, 0, Verdict::Kept)
        }],
        ..DrillRun::new("reachability", "2 412 cells")
    }
}

fn restores() -> Vec<Recorded<RestoreRecord>> {
    vec![Recorded::new(
        18,
        RestoreRecord {
            source: "records".into(),
            format: "mariadb-backup and binary log".into(),
            point: "before transaction 0-2-4711".into(),
            machine: "scratch-01".into(),
            restore_ms: Some(41_300),
            bytes: Some(188_743_680),
            databases: Some(2),
            tables: Some(14),
            rows: Some(52_377),
            newest: Some(format!("{DAY}T14:38:11Z")),
            acknowledged: Some(3_377),
            lost: Some(0),
            errors: Vec::new(),
            verdicts: vec![
                verdict("rto", 14_400_000, 41_300, Verdict::Kept),
                verdict("rpo", 86_400_000, 0, Verdict::Kept),
            ],
            ..RestoreRecord::default()
        },
    )]
}

fn regimes() -> Vec<Regime> {
    let evidence = |kind, name: &str, outcome, record| EvidenceRef {
        kind,
        name: name.into(),
        outcome,
        date: DAY.into(),
        record,
    };
    let row = |id: &str, article: &str, title: &str, evidence: Vec<EvidenceRef>| Control {
        id: id.into(),
        article: article.into(),
        title: title.into(),
        covered: !evidence.is_empty(),
        evidence,
    };
    vec![
        Regime {
            name: "HIPAA Security Rule".into(),
            rows: vec![
                row(
                    "hipaa-data-backup",
                    "45 CFR 164.308(a)(7)(ii)(A)",
                    "Retrievable exact copies of electronic health information",
                    vec![
                        evidence(EvidenceKind::Finding, "backup-covers-every-store", Verdict::Kept, 3),
                        evidence(EvidenceKind::Finding, "rpo-per-store", Verdict::Broken, 3),
                        evidence(EvidenceKind::Restore, "records", Verdict::Kept, 18),
                    ],
                ),
                row(
                    "hipaa-disaster-recovery",
                    "45 CFR 164.308(a)(7)(ii)(B)",
                    "Procedures to restore any loss of data",
                    vec![evidence(EvidenceKind::Drill, "drop-table", Verdict::Kept, 12)],
                ),
                row(
                    "hipaa-testing",
                    "45 CFR 164.308(a)(7)(ii)(D)",
                    "Periodic testing of contingency plans",
                    vec![
                        evidence(EvidenceKind::Drill, "kill-leader", Verdict::Kept, 8),
                        evidence(EvidenceKind::Drill, "kill-node", Verdict::Broken, 10),
                    ],
                ),
                row(
                    "hipaa-transmission",
                    "45 CFR 164.312(e)(1)",
                    "Guard against access to data in transmission",
                    vec![evidence(EvidenceKind::Drill, "reachability", Verdict::Kept, 14)],
                ),
                row("hipaa-workforce", "45 CFR 164.308(a)(3)", "Workforce security", Vec::new()),
                row("hipaa-media", "45 CFR 164.310(d)(1)", "Disposal and reuse of media", Vec::new()),
            ],
        },
        Regime {
            name: "UU PDP (Indonesia, law 27 of 2022)".into(),
            rows: vec![
                row(
                    "pdp-35",
                    "Article 35",
                    "Protect personal data with operational and technical measures",
                    vec![
                        evidence(EvidenceKind::Verdict, "residency of patient", Verdict::Kept, 3),
                        evidence(EvidenceKind::Finding, "flow-permitted-end-to-end", Verdict::Unknown, 3),
                    ],
                ),
                row(
                    "pdp-46",
                    "Article 46",
                    "Written notice of a failure of protection within 3 × 24 hours",
                    Vec::new(),
                ),
            ],
        },
    ]
}

fn versions() -> Vec<Recorded<ProductVersion>> {
    let row = |product: &str, production: Option<&str>, lab: &str| {
        Recorded::new(
            2,
            ProductVersion {
                product: product.into(),
                production: production.map(String::from),
                lab: lab.into(),
            },
        )
    };
    vec![
        row("nginx", Some("1.22"), "1.22.1-9+deb12u3"),
        row("MariaDB Galera", Some("10.11"), "10.11.14-0+deb12u2"),
        row("Redis with Sentinel", Some("7.0"), "7.0.15-1~deb12u6"),
        row("HAProxy", Some("2.6"), "2.6.12-1+deb12u3"),
        row("Prometheus", None, "2.42.0"),
    ]
}

const TOPOLOGY: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 320" font-family="sans-serif" font-size="14">
<rect x="10" y="10" width="200" height="300" rx="8" fill="#eef4f8"/><text x="24" y="36">dmz 192.168.10.0/24</text>
<rect x="240" y="10" width="300" height="300" rx="8" fill="#f2f6ee"/><text x="254" y="36">application 192.168.20.0/24</text>
<rect x="570" y="10" width="320" height="300" rx="8" fill="#f8f3ea"/><text x="584" y="36">database 192.168.30.0/24</text>
<g fill="#fff" stroke="#566273"><rect x="40" y="130" width="140" height="60" rx="5"/><rect x="300" y="130" width="180" height="60" rx="5"/><rect x="630" y="70" width="200" height="60" rx="5"/><rect x="630" y="200" width="200" height="60" rx="5"/></g>
<text x="60" y="165">edge ×2 nginx</text><text x="320" y="165">web ×3 stand-in</text><text x="648" y="105">records ×3 Galera</text><text x="648" y="235">sessions ×3 Redis</text>
<g stroke="#1b2430" fill="none"><path d="M180 160H300M480 150L630 100M480 170L630 230"/></g></svg>"##;
