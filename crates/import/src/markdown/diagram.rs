//! Mermaid: boxes become names, arrows become links.

use std::collections::BTreeMap;
use std::ops::Range;

use sehat_diagnostic::Source;
use sehat_platform::inventory::prose::{Form, Link, Prose};

use super::{place, statements};

/// Nobody draws more by hand.
const LINES_MAX: usize = 500;

/// Reads the flow of one diagram.
pub fn read(source: &Source, content: Range<usize>, prose: &mut Prose) {
    let mut boxes: BTreeMap<String, usize> = BTreeMap::new();
    let mut at = content.start;
    for line in source.text[content.clone()].split_inclusive('\n').take(LINES_MAX) {
        let ends: Vec<usize> = parts(line)
            .into_iter()
            .filter_map(|(start, text)| node(source, at + start, text, &mut boxes, prose))
            .collect();
        for pair in ends.windows(2) {
            let name = |index: usize| prose.statements[index].text.clone();
            let origin = place(source, at..at + line.trim_end().len());
            prose.links.push(Link {
                from: name(pair[0]),
                to: name(pair[1]),
                ends: (pair[0], pair[1]),
                origin,
            });
        }
        at += line.len();
    }
}

/// The ends of arrows with their places; the label of an arrow is none.
fn parts(line: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(arrow) = arrow(&line[from..]) {
        found.push((from, &line[from..from + arrow.start]));
        from += arrow.end;
        if let Some(label) = line[from..].trim_start().strip_prefix('|') {
            let skipped = line[from..].len() - label.len();
            from += label.find('|').map_or(line[from..].len(), |end| skipped + end + 1);
        }
    }
    if !found.is_empty() || line.contains(['[', '(', '{']) {
        found.push((from, &line[from..]));
    }
    found
}

fn arrow(text: &str) -> Option<Range<usize>> {
    ["-->", "---", "==>", "-.->"]
        .iter()
        .filter_map(|mark| text.find(mark).map(|at| at..at + mark.len()))
        .min_by_key(|range| range.start)
}

/// Returns the statement of a box, which its first mention makes.
fn node(
    source: &Source,
    at: usize,
    text: &str,
    boxes: &mut BTreeMap<String, usize>,
    prose: &mut Prose,
) -> Option<usize> {
    let trimmed = text.trim().trim_end_matches(';');
    let start = at + (text.len() - text.trim_start().len());
    let id_end =
        trimmed.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(trimmed.len());
    let id = trimmed[..id_end].to_owned();
    if id.is_empty()
        || matches!(id.as_str(), "graph" | "flowchart" | "subgraph" | "end" | "style" | "classDef")
    {
        return None;
    }
    if let Some(known) = boxes.get(&id) {
        return Some(*known);
    }
    let label = trimmed[id_end..]
        .trim_matches(|letter: char| matches!(letter, '[' | ']' | '(' | ')' | '{' | '}' | '"' | ' '));
    let (label, start) = match trimmed.find(label).filter(|_| !label.is_empty()) {
        Some(offset) => (label, start + offset),
        None => (id.as_str(), start),
    };
    let index = prose.statements.len();
    let origin = place(source, start..start + label.len());
    let made = statements::statement(Form::Node, label, origin, None, &prose.statements);
    prose.statements.push(made);
    boxes.insert(id, index);
    Some(index)
}
