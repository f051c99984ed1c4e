//! What may pass, as a table, JSON, CSV, a graph and a picture.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use sehat_diagnostic::Place;
use sehat_platform::Ports;
use serde_json::{Value, json};

use super::view::Row;
use crate::style::{bold, dim, doubtful};

/// Clients that may do the same because of the same rules share a line.
pub fn table(rows: &[Row]) -> String {
    type Key<'r> = (&'r str, bool, Vec<String>);
    let mut lines: BTreeMap<Key<'_>, (BTreeSet<&str>, BTreeSet<Ports>)> = BTreeMap::new();
    let parties: BTreeSet<&str> =
        rows.iter().flat_map(|row| [row.client.as_str(), row.server.as_str()]).collect();
    for ((client, server), rows) in by_pair(rows) {
        let mut by_reason: BTreeMap<(bool, Vec<String>), BTreeSet<Ports>> = BTreeMap::new();
        for row in rows {
            by_reason.entry((row.sure, because(row))).or_default().insert(row.ports);
        }
        for ((sure, why), ports) in by_reason {
            let mut key_why = why;
            key_why.push(ports_text(&ports));
            let line = lines.entry((server, sure, key_why)).or_default();
            line.0.insert(client);
            line.1.extend(ports);
        }
    }
    let mut text = String::new();
    for ((server, sure, why), (clients, ports)) in &lines {
        let places = &why[..why.len().saturating_sub(1)];
        let from = clients_text(clients, server, &parties);
        let state = if *sure { String::new() } else { format!(" {}", doubtful("(not sure)")) };
        let _ = writeln!(text, "{} <- {from}  {}{state}", bold(server), ports_text(ports));
        if places.is_empty() {
            let _ = writeln!(text, "    {}", dim("nothing guards either end"));
        }
        for place in places {
            let _ = writeln!(text, "    {}", dim(place));
        }
    }
    let pairs = rows.iter().map(|row| (&row.client, &row.server)).collect::<BTreeSet<_>>().len();
    let _ = writeln!(text, "{pairs} pairs may talk");
    text
}

fn by_pair(rows: &[Row]) -> BTreeMap<(&str, &str), Vec<&Row>> {
    let mut pairs: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        pairs.entry((&row.client, &row.server)).or_default().push(row);
    }
    pairs
}

fn because(row: &Row) -> Vec<String> {
    row.because.iter().map(ToString::to_string).collect()
}

/// Lists of names this long say less than their number.
const NAMES_MAX: usize = 8;

fn clients_text(clients: &BTreeSet<&str>, server: &str, parties: &BTreeSet<&str>) -> String {
    if clients.len() > 2 && parties.iter().all(|party| *party == server || clients.contains(party)) {
        return "everybody".to_owned();
    }
    let shown: Vec<&str> = clients.iter().copied().take(NAMES_MAX).collect();
    match clients.len().saturating_sub(NAMES_MAX) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Every port of TCP, UDP and SCTP is called that.
pub fn ports_text(ports: &BTreeSet<Ports>) -> String {
    let all = |ports: &&Ports| ports.first <= 1 && ports.last == u16::MAX;
    if ports.iter().filter(all).count() >= 3 {
        return "every port".to_owned();
    }
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

pub fn json(rows: &[Row]) -> Value {
    json!({ "sehat-reach": 1, "connections": rows.iter().map(one).collect::<Vec<_>>() })
}

pub fn one(row: &Row) -> Value {
    json!({
        "client": row.client,
        "server": row.server,
        "protocol": row.ports.protocol.to_string(),
        "first": row.ports.first,
        "last": row.ports.last,
        "sure": row.sure,
        "because": row.because.iter().map(Place::from).collect::<Vec<_>>(),
    })
}

pub fn csv(rows: &[Row]) -> String {
    let mut text = "client,server,protocol,first,last,sure,because\n".to_owned();
    for row in rows {
        let fields = [
            row.client.clone(),
            row.server.clone(),
            row.ports.protocol.to_string(),
            row.ports.first.to_string(),
            row.ports.last.to_string(),
            row.sure.to_string(),
            because(row).join(" "),
        ];
        let _ = writeln!(text, "{}", fields.map(|field| csv_field(&field)).join(","));
    }
    text
}

/// Source: RFC 4180; a field that a spreadsheet would take for a formula is quoted as text.
fn csv_field(field: &str) -> String {
    let guarded =
        if field.starts_with(['=', '+', '-', '@']) { format!("'{field}") } else { field.to_owned() };
    if guarded.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

pub fn dot(rows: &[Row]) -> String {
    let quoted = |name: &str| format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    let mut text = "digraph reach {\n  rankdir=LR;\n".to_owned();
    for ((client, server), rows) in by_pair(rows) {
        let ports: BTreeSet<Ports> = rows.iter().map(|row| row.ports).collect();
        let style = if rows.iter().all(|row| row.sure) { "" } else { ", style=dashed" };
        let label = quoted(&ports_text(&ports));
        let _ = writeln!(text, "  {} -> {} [label={label}{style}];", quoted(client), quoted(server));
    }
    text.push_str("}\n");
    text
}
