//! Alertmanager: gathers alerts and hands them to a receiver.

use serde_json::json;

use crate::contents::{Contents, Directory, File, Opening, Party, Probe, Process};
use crate::write::json;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub port: u16,
    /// Where notifications go, `http://192.168.40.9:9099/`.
    pub webhook: String,
    /// Wait for further alerts of a group before the first notification.
    pub group_wait_ms: u64,
    /// Between notifications of a group that has changed.
    pub group_interval_ms: u64,
    /// Until an unchanged group is told again.
    pub repeat_ms: u64,
    /// An alert that Prometheus no longer sends counts as over after this time.
    pub resolve_ms: u64,
}

const CONFIG: &str = "/etc/prometheus/alertmanager-sehat.yml";
const DATA_DIR: &str = "/var/lib/prometheus/alertmanager";
/// Debian's user of Prometheus and everything around it.
const USER: &str = "prometheus";
/// It listens within a tenth of this.
const READY_MS_MAX: u64 = 10_000;

pub fn contents(input: &Input) -> Contents {
    let command = [
        "prometheus-alertmanager".to_owned(),
        format!("--config.file={CONFIG}"),
        format!("--storage.path={DATA_DIR}"),
        format!("--web.listen-address=0.0.0.0:{}", input.port),
        // One instance has nobody to gossip with, and would look for an address to do it on.
        "--cluster.listen-address=".to_owned(),
        "--log.level=warn".to_owned(),
    ];
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let ready = Probe::Http { port: input.port, path: "/-/ready".to_owned(), status: 200 };
    Contents {
        packages: ["prometheus-alertmanager".to_owned()].into(),
        directories: vec![Directory::new(DATA_DIR, USER, 0o750)],
        files: vec![File::plain(CONFIG, json(&config(input)))],
        processes: vec![Process::new("alertmanager", USER, &command).ready(ready, READY_MS_MAX)],
        ..Contents::default()
    }
}

pub fn openings(input: &Input) -> Vec<Opening> {
    vec![Opening::tcp(input.port, Party::Metrics)]
}

fn config(input: &Input) -> serde_json::Value {
    let ms = |ms: u64| format!("{ms}ms");
    json!({
        "global": { "resolve_timeout": ms(input.resolve_ms) },
        "route": {
            "receiver": "webhook",
            "group_by": ["alertname"],
            "group_wait": ms(input.group_wait_ms),
            "group_interval": ms(input.group_interval_ms),
            "repeat_interval": ms(input.repeat_ms),
        },
        "receivers": [{ "name": "webhook", "webhook_configs": [{ "url": input.webhook, "send_resolved": true }] }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> Input {
        Input {
            port: 9093,
            webhook: "http://192.168.40.9:9099/".to_owned(),
            group_wait_ms: 1000,
            group_interval_ms: 5000,
            repeat_ms: 3_600_000,
            resolve_ms: 300_000,
        }
    }

    #[test]
    fn one_receiver() {
        insta::assert_snapshot!(contents(&input()).files[0].text);
    }

    #[test]
    fn alertmanager_takes_it() {
        let Some(root) = crate::real::root("prometheus-alertmanager") else { return };
        let check = "prometheus-alertmanager --config.file=/etc/prometheus/alertmanager-sehat.yml --storage.path=/tmp/sehat-am \
                     --web.listen-address=127.0.0.1:0 --cluster.listen-address= 2>&1 & sleep 1; kill $!; wait $!";
        root.accepts(&contents(&input()), &["sh", "-c", check], "Completed loading of configuration file");
    }
}
