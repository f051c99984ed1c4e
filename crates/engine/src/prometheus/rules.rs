//! Alert rules that a drill waits for.

use serde_json::{Value, json};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub name: String,
    pub expression: String,
    /// The expression must hold for so long.
    pub for_ms: u64,
    pub severity: String,
    pub summary: String,
}

/// A target that Prometheus cannot scrape, whatever runs there.
pub fn instance_down(for_ms: u64) -> Rule {
    rule("InstanceDown", "up == 0", for_ms, "{{ $labels.job }} on {{ $labels.instance }} does not answer")
}

/// A Galera cluster that is smaller than it should be, as seen by any member that still answers, or not seen at all.
pub fn galera_member_lost(component: &str, members: usize, for_ms: u64) -> Rule {
    let size = format!("max(mysql_global_status_wsrep_cluster_size{{{}}})", component_is(component));
    let expression = format!("{size} < {members} or absent({size})");
    rule("GaleraMemberLost", &expression, for_ms, &format!("{component} has fewer than {members} members"))
}

/// No Redis server that says that it is the primary.
pub fn redis_primary_lost(component: &str, for_ms: u64) -> Rule {
    let primaries = format!("redis_instance_info{{role=\"master\",{}}}", component_is(component));
    let expression = format!("absent({primaries} and on(instance) redis_up == 1)");
    rule("RedisPrimaryLost", &expression, for_ms, &format!("{component} has no primary"))
}

/// A Redis primary with fewer replicas than it should have.
pub fn replica_lost(component: &str, replicas: usize, for_ms: u64) -> Rule {
    let expression = format!("max(redis_connected_slaves{{{}}}) < {replicas}", component_is(component));
    rule("ReplicaLost", &expression, for_ms, &format!("{component} has fewer than {replicas} replicas"))
}

/// The front door does not answer a request from outside.
pub fn edge_down(for_ms: u64) -> Rule {
    rule("EdgeDown", "probe_success == 0", for_ms, "{{ $labels.instance }} does not answer")
}

fn rule(name: &str, expression: &str, for_ms: u64, summary: &str) -> Rule {
    Rule {
        name: name.to_owned(),
        expression: expression.to_owned(),
        for_ms,
        severity: "critical".to_owned(),
        summary: summary.to_owned(),
    }
}

/// A string of `PromQL` takes the escapes of a Go string, of which JSON's are a part.
fn component_is(component: &str) -> String {
    format!("component={}", Value::from(component))
}

pub fn file(rules: &[Rule]) -> Value {
    let alerts = rules.iter().map(|rule| {
        json!({
            "alert": rule.name,
            "expr": rule.expression,
            "for": format!("{}ms", rule.for_ms),
            "labels": { "severity": rule.severity },
            "annotations": { "summary": rule.summary },
        })
    });
    json!({ "groups": [{ "name": "sehat", "rules": alerts.collect::<Vec<_>>() }] })
}
