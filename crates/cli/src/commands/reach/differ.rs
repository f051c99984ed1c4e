//! `--diff OLD NEW`: which connections open and which close.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use sehat_platform::{Ports, Protocol};
use serde_json::{Value, json};

use super::view::Row;
use crate::style::{bad, good};

/// Connections that only one side has.
pub struct Difference {
    pub opened: Vec<Row>,
    pub closed: Vec<Row>,
}

pub fn differ(old: &[Row], new: &[Row]) -> Difference {
    Difference { opened: without(new, old), closed: without(old, new) }
}

/// Ranges of ports by client, server and protocol.
type Known<'a> = BTreeMap<(&'a str, &'a str, Protocol), Vec<(u16, u16)>>;

/// Returns the ports of `rows` that `others` do not have for the same pair.
fn without(rows: &[Row], others: &[Row]) -> Vec<Row> {
    let mut known: Known<'_> = BTreeMap::new();
    for row in others {
        let key = (row.client.as_str(), row.server.as_str(), row.ports.protocol);
        known.entry(key).or_default().push((row.ports.first, row.ports.last));
    }
    let mut left = Vec::new();
    for row in rows {
        let key = (row.client.as_str(), row.server.as_str(), row.ports.protocol);
        let mut parts = vec![(row.ports.first, row.ports.last)];
        for hole in known.get(&key).into_iter().flatten() {
            parts = parts.into_iter().flat_map(|part| cut(part, *hole)).collect();
        }
        left.extend(
            parts
                .into_iter()
                .map(|(first, last)| Row { ports: Ports { first, last, ..row.ports }, ..row.clone() }),
        );
    }
    left
}

fn cut(part: (u16, u16), hole: (u16, u16)) -> Vec<(u16, u16)> {
    if hole.1 < part.0 || part.1 < hole.0 {
        return vec![part];
    }
    let before = (part.0 < hole.0).then(|| (part.0, hole.0 - 1));
    let after = (hole.1 < part.1).then(|| (hole.1 + 1, part.1));
    before.into_iter().chain(after).collect()
}

impl Difference {
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (word, rows) in [(bad("opened"), &self.opened), (good("closed"), &self.closed)] {
            for (pair, ports) in pairs(rows) {
                let _ = writeln!(text, "{word} {} -> {}  {ports}", pair.0, pair.1);
            }
        }
        let count = |rows: &[Row]| pairs(rows).len();
        let _ = writeln!(text, "{} pairs opened, {} closed", count(&self.opened), count(&self.closed));
        text
    }

    pub fn json(&self) -> Value {
        let list = |rows: &[Row]| rows.iter().map(super::show::one).collect::<Vec<_>>();
        json!({ "sehat-reach": 1, "opened": list(&self.opened), "closed": list(&self.closed) })
    }
}

fn pairs(rows: &[Row]) -> BTreeMap<(&str, &str), String> {
    let mut pairs: BTreeMap<(&str, &str), BTreeSet<Ports>> = BTreeMap::new();
    for row in rows {
        pairs.entry((&row.client, &row.server)).or_default().insert(row.ports);
    }
    pairs.into_iter().map(|(pair, ports)| (pair, super::show::ports_text(&ports))).collect()
}
