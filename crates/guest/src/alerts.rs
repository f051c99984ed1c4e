//! The receiver of Alertmanager's webhook: it notes when each alert arrived.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::{self, Request, Response};
use crate::log::Lines;
use crate::{Failure, clock, log};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Alerts {
    pub listens: SocketAddr,
    /// One `Arrival` per line.
    pub log_path: PathBuf,
}

/// One alert of one notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// On the kernel's monotonic clock.
    pub arrived_ns: u64,
    pub arrived_unix_ms: u64,
    pub name: String,
    /// `firing` or `resolved`.
    pub status: String,
    pub starts_at: String,
    pub labels: Value,
}

/// One notification is small and Alertmanager sends one at a time; a second connection may overlap.
const CONNECTIONS_MAX: usize = 8;

pub fn run(config: &Alerts) -> Result<(), Failure> {
    let lines = Lines::open(&config.log_path)?;
    let handler: http::Handler = Arc::new(move |request| receive(&lines, request));
    http::serve(&[config.listens], CONNECTIONS_MAX, &handler)
}

/// Reads the whole lines of a log that may still be written to.
pub fn read_log(path: &Path) -> Result<Vec<Arrival>, Failure> {
    log::read(path)
}

fn receive(lines: &Lines, request: &Request) -> Response {
    if request.method == "GET" {
        return Response::text(200, "ok\n");
    }
    let Ok(notification) = serde_json::from_slice::<Value>(&request.body) else {
        return Response::text(400, "the body is no JSON\n");
    };
    match arrivals(&notification).iter().try_for_each(|arrival| lines.write(arrival)) {
        Ok(()) => Response::text(200, "noted\n"),
        Err(failure) => Response::text(503, failure.to_string()),
    }
}

fn arrivals(notification: &Value) -> Vec<Arrival> {
    let (arrived_ns, arrived_unix_ms) = (clock::monotonic_ns(), clock::unix_ms());
    let alerts = notification["alerts"].as_array().map_or(&[][..], Vec::as_slice);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let arrival = |alert: &Value| Arrival {
        arrived_ns,
        arrived_unix_ms,
        name: text(&alert["labels"]["alertname"]),
        status: text(&alert["status"]),
        starts_at: text(&alert["startsAt"]),
        labels: alert["labels"].clone(),
    };
    alerts.iter().map(arrival).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_alert_of_a_notification_is_noted() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("alerts");
        let lines = Lines::open(&path).unwrap();
        let alert = |name| json!({ "status": "firing", "startsAt": "2026-11-21T10:00:00Z", "labels": { "alertname": name } });
        let body = json!({ "alerts": [alert("InstanceDown"), alert("EdgeDown")] }).to_string().into_bytes();
        let request = Request { method: "POST".to_owned(), body, ..Request::default() };
        assert_eq!(receive(&lines, &request).status, 200);
        let names: Vec<_> = read_log(&path).unwrap().into_iter().map(|arrival| arrival.name).collect();
        assert_eq!(names, ["InstanceDown", "EdgeDown"]);
    }
}
