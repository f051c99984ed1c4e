//! What may pass as a matrix: a row per client, a column per server.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::view::Row;

const CELL: usize = 16;
const NAMES: usize = 260;

/// Draws a square per pair: filled where everything that passes is sure, hollow where something is not.
pub fn svg(rows: &[Row]) -> String {
    let parties: BTreeSet<&str> =
        rows.iter().flat_map(|row| [row.client.as_str(), row.server.as_str()]).collect();
    let at: BTreeMap<&str, usize> = parties.iter().enumerate().map(|(index, name)| (*name, index)).collect();
    let side = NAMES + CELL * parties.len() + CELL;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <title>Who may reach whom: clients in rows, servers in columns</title>\n"
    );
    for (name, index) in &at {
        let middle = NAMES + CELL * index + CELL / 2 + 4;
        let name = escaped(name);
        let _ = writeln!(text, "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{name}</text>", NAMES - 6);
        let _ =
            writeln!(text, "<text transform=\"translate({middle},{}) rotate(-90)\">{name}</text>", NAMES - 6);
    }
    for ((client, server), rows) in pairs(rows) {
        let (x, y) = (NAMES + CELL * at[server], NAMES + CELL * at[client]);
        let sure = rows.iter().all(|row| row.sure);
        let fill = if sure { "#1d6f5c" } else { "none" };
        let ports: Vec<String> = rows.iter().map(|row| row.ports.to_string()).collect();
        let title = escaped(&format!("{client} to {server}: {}", ports.join(", ")));
        let _ = writeln!(
            text,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{fill}\" stroke=\"#1d6f5c\"><title>{title}</title></rect>",
            x + 2,
            y + 2,
            CELL - 4,
            CELL - 4
        );
    }
    text.push_str("</svg>\n");
    text
}

fn pairs(rows: &[Row]) -> BTreeMap<(&str, &str), Vec<&Row>> {
    let mut pairs: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        pairs.entry((&row.client, &row.server)).or_default().push(row);
    }
    pairs
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
