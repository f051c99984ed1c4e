//! What may pass as a matrix: a row per client, a column per server.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::view::Row;

const CELL: usize = 16;
const NAMES_MIN: usize = 60;

/// Draws a square per pair: filled where everything that passes is sure, hollow where something is not.
pub fn svg(rows: &[Row]) -> String {
    let parties: BTreeSet<&str> =
        rows.iter().flat_map(|row| [row.client.as_str(), row.server.as_str()]).collect();
    let at: BTreeMap<&str, usize> = parties.iter().enumerate().map(|(index, name)| (*name, index)).collect();
    // Names stand in front of the matrix, at about six units a letter.
    let names =
        parties.iter().map(|name| name.chars().count() * 6 + 12).max().unwrap_or(NAMES_MIN).max(NAMES_MIN);
    let side = names + CELL * parties.len() + CELL;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <title>Who may reach whom: clients in rows, servers in columns</title>\n\
         <rect width=\"{side}\" height=\"{side}\" fill=\"white\"/>\n"
    );
    for (name, index) in &at {
        let middle = names + CELL * index + CELL / 2 + 4;
        let name = escaped(name);
        let _ = writeln!(text, "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{name}</text>", names - 6);
        let _ =
            writeln!(text, "<text transform=\"translate({middle},{}) rotate(-90)\">{name}</text>", names - 6);
    }
    for ((client, server), rows) in pairs(rows) {
        let (x, y) = (names + CELL * at[server], names + CELL * at[client]);
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
