//! One case's list of allowed connections: `[{"src": "ns/name[Kind]", "dst": ..., "conns": {"TCP": [[80, 80]]}}]`.

use std::path::PathBuf;

use sehat_diagnostic::Level;
use sehat_platform::inventory::workload::Workload;
use sehat_platform::{Ports, Protocol};
use sehat_reach::cluster::{AnswerRow, Cluster, Peer, answer, refused};
use serde_json::{Map, Value, json};

use crate::exit::Code;
use crate::style::{print, tell};

pub fn run(paths: &[PathBuf]) -> Code {
    let read = match super::read::read(paths) {
        Ok(read) => read,
        Err(exit) => return refuse(&exit.message),
    };
    let wrong = read.imported.diagnostics.iter().find(|diagnostic| diagnostic.level == Level::Error);
    if let Some(wrong) = wrong {
        let place = wrong.origin.as_ref().map(|origin| format!("{origin}: ")).unwrap_or_default();
        return refuse(&format!("{place}{}", wrong.message));
    }
    let inventory = &read.imported.inventory;
    if let Some((origin, message)) = refused(inventory).first() {
        return refuse(&format!("{origin}: {message}"));
    }
    for policy in &inventory.network.foreign_policies {
        let id = &policy.object.id;
        tell(&format!("{}: {id} is not understood: what it may govern is left out\n", policy.object.origin));
    }
    let cluster = Cluster::new(inventory);
    let rows: Vec<Value> = answer(&cluster).iter().map(|row| shown(row, cluster.workloads())).collect();
    print(&format!("{:#}\n", Value::Array(rows)));
    Code::Kept
}

fn refuse(message: &str) -> Code {
    print(&format!("{}\n", json!({ "error": sehat_diagnostic::redact(message) })));
    Code::BadInput
}

fn shown(row: &AnswerRow, workloads: &[Workload]) -> Value {
    json!({ "src": peer(&row.client, workloads), "dst": peer(&row.server, workloads), "conns": ports(&row.ports) })
}

fn peer(peer: &Peer, workloads: &[Workload]) -> String {
    match peer {
        Peer::Workload(at) => name(&workloads[*at]),
        Peer::Outside(first, last) => format!("{first}-{last}"),
        Peer::IngressController => "{ingress-controller}".to_owned(),
    }
}

/// The topmost owner stands for its pods.
fn name(workload: &Workload) -> String {
    let id = workload.owner.as_ref().unwrap_or(&workload.object.id);
    format!("{}/{}[{}]", id.namespace, id.name, id.kind)
}

fn ports(stated: &[Ports]) -> Value {
    let mut by_protocol = Map::new();
    for (protocol, name) in [(Protocol::Tcp, "TCP"), (Protocol::Udp, "UDP"), (Protocol::Sctp, "SCTP")] {
        let of_protocol = stated.iter().filter(|ports| ports.protocol == protocol);
        let ranges: Vec<Value> = of_protocol.map(|ports| json!([ports.first, ports.last])).collect();
        if !ranges.is_empty() {
            by_protocol.insert(name.to_owned(), Value::Array(ranges));
        }
    }
    Value::Object(by_protocol)
}
