//! Prometheus: scrapes, keeps and judges metrics, and sends alerts.

mod rules;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::contents::{Contents, Directory, File, Opening, Party, Probe, Process, SIGTERM};
use crate::write::json;

pub use rules::{Rule, edge_down, galera_member_lost, instance_down, redis_primary_lost, replica_lost};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub port: u16,
    pub scrape_ms: u64,
    pub scrape_ms_max: u64,
    pub evaluation_ms: u64,
    pub keep_ms: u64,
    pub jobs: Vec<Job>,
    pub rules: Vec<Rule>,
    /// `192.168.40.3:9093`.
    pub alertmanagers: Vec<String>,
}

/// Targets of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub name: String,
    pub metrics_path: String,
    pub targets: Vec<Target>,
    /// Where the targets are asked for through a blackbox exporter: its address, and the module that asks.
    pub through: Option<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub address: String,
    pub labels: BTreeMap<String, String>,
}

const CONFIG: &str = "/etc/prometheus/sehat.yml";
const RULES: &str = "/etc/prometheus/sehat-rules.yml";
const DATA_DIR: &str = "/var/lib/prometheus/metrics2";
/// Debian's user.
const USER: &str = "prometheus";
/// It replays its log first, which is short in a lab.
const READY_MS_MAX: u64 = 20_000;
/// It writes its newest block before it ends.
const STOP_MS_MAX: u64 = 10_000;

pub fn contents(input: &Input) -> Contents {
    let command = [
        "prometheus".to_owned(),
        format!("--config.file={CONFIG}"),
        format!("--storage.tsdb.path={DATA_DIR}"),
        format!("--storage.tsdb.retention.time={}ms", input.keep_ms),
        format!("--web.listen-address=0.0.0.0:{}", input.port),
        "--log.level=warn".to_owned(),
    ];
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let ready = Probe::Http { port: input.port, path: "/-/ready".to_owned(), status: 200 };
    Contents {
        packages: ["prometheus".to_owned()].into(),
        directories: vec![Directory::new(DATA_DIR, USER, 0o750)],
        files: vec![
            File::plain(CONFIG, json(&config(input))),
            File::plain(RULES, json(&rules::file(&input.rules))),
        ],
        processes: vec![
            Process::new("prometheus", USER, &command)
                .ready(ready, READY_MS_MAX)
                .stopped_by(SIGTERM, STOP_MS_MAX),
        ],
        ..Contents::default()
    }
}

pub fn openings(input: &Input) -> Vec<Opening> {
    vec![Opening::tcp(input.port, Party::Clients)]
}

fn config(input: &Input) -> Value {
    json!({
        "global": {
            "scrape_interval": format!("{}ms", input.scrape_ms),
            "scrape_timeout": format!("{}ms", input.scrape_ms_max),
            "evaluation_interval": format!("{}ms", input.evaluation_ms),
        },
        "rule_files": [RULES],
        "alerting": { "alertmanagers": [{ "static_configs": [{ "targets": input.alertmanagers }] }] },
        "scrape_configs": input.jobs.iter().map(scrape).collect::<Vec<_>>(),
    })
}

fn scrape(job: &Job) -> Value {
    let targets =
        job.targets.iter().map(|target| json!({ "targets": [target.address], "labels": target.labels }));
    let mut scrape = json!({
        "job_name": job.name,
        "metrics_path": job.metrics_path,
        "static_configs": targets.collect::<Vec<_>>(),
    });
    if let Some((exporter, module)) = &job.through {
        scrape["params"] = json!({ "module": [module] });
        scrape["relabel_configs"] = json!([
            { "source_labels": ["__address__"], "target_label": "__param_target" },
            { "source_labels": ["__param_target"], "target_label": "instance" },
            { "target_label": "__address__", "replacement": exporter },
        ]);
    }
    scrape
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> Input {
        let target = |address: &str| Target {
            address: address.to_owned(),
            labels: [("component".to_owned(), "records".to_owned())].into(),
        };
        let job = |name: &str, addresses: &[&str]| Job {
            name: name.to_owned(),
            metrics_path: "/metrics".to_owned(),
            targets: addresses.iter().map(|address| target(address)).collect(),
            through: None,
        };
        let through = Some(("127.0.0.1:9115".to_owned(), "https".to_owned()));
        Input {
            port: 9090,
            scrape_ms: 5000,
            scrape_ms_max: 2000,
            evaluation_ms: 1000,
            keep_ms: 86_400_000,
            jobs: vec![
                job("mysqld", &["192.168.30.11:9104", "192.168.30.12:9104"]),
                Job {
                    metrics_path: "/probe".to_owned(),
                    through,
                    ..job("edge", &["https://192.168.10.10/"])
                },
            ],
            rules: vec![
                instance_down(5000),
                galera_member_lost("records", 3, 5000),
                redis_primary_lost("sessions", 5000),
                replica_lost("sessions", 2, 5000),
                edge_down(5000),
            ],
            alertmanagers: vec!["127.0.0.1:9093".to_owned()],
        }
    }

    #[test]
    fn a_server_with_rules() {
        let contents = contents(&input());
        insta::assert_snapshot!(format!("{}{}", contents.files[0].text, contents.files[1].text));
    }

    #[test]
    fn prometheus_takes_it() {
        let Some(root) = crate::real::root("promtool") else { return };
        root.accepts(&contents(&input()), &["promtool", "check", "config", CONFIG], "SUCCESS: 5 rules found");
    }
}
