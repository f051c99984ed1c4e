//! Dashboards of Grafana.

use sehat_diagnostic::{Origin, Source};
use sehat_platform::inventory::watch::{Dashboard, Panel};
use sehat_yaml::Node;

use crate::kubernetes::get::{items, text, word};

pub fn is_dashboard(node: &Node) -> bool {
    let model = node.at(&["dashboard"]).unwrap_or(node);
    let has = |key: &str| model.get(key).is_some();
    model.get("panels").is_some() && (has("title") || has("schemaVersion"))
}

pub fn dashboard(name: &str, node: &Node, comment: Option<Origin>) -> Dashboard {
    let wrapper = node.at(&["dashboard"]);
    let model = wrapper.unwrap_or(node);
    let mut panels = Vec::new();
    items(model, &["panels"]).iter().for_each(|panel| read_panel(panel, &mut panels, 0));
    Dashboard {
        name: text(model, &["title"]).map_or_else(|| name.to_owned(), |title| title.value),
        origin: text(model, &["title"]).map_or_else(|| node.origin.clone(), |title| title.origin),
        wrapped: wrapper.map(|found| found.origin.clone()),
        comment,
        panels,
    }
}

/// A row holds panels.
fn read_panel(node: &Node, found: &mut Vec<Panel>, depth: usize) {
    let queries = items(node, &["targets"]).iter().filter_map(|target| text(target, &["expr"])).collect();
    found.push(Panel {
        title: word(node, &["title"]),
        origin: text(node, &["title"]).map_or_else(|| node.origin.clone(), |title| title.origin),
        kind: text(node, &["type"]),
        has_place: node.get("gridPos").is_some(),
        queries,
    });
    if depth < 4 {
        items(node, &["panels"]).iter().for_each(|panel| read_panel(panel, found, depth + 1));
    }
}

/// Blanks the comments at the top of a text that should be JSON, and says where the first stands.
pub fn without_comments(source: &Source) -> Option<(Source, Origin)> {
    let text: &str = &source.text;
    let start = text.len() - text.trim_start().len();
    if !text[start..].starts_with("//") {
        return None;
    }
    let (mut blank, mut at) = (text[..start].to_owned(), start);
    for line in text[start..].split_inclusive('\n') {
        if !line.trim_start().starts_with("//") {
            break;
        }
        blank.push_str(&" ".repeat(line.trim_end_matches('\n').len()));
        blank.push_str(&line[line.trim_end_matches('\n').len()..]);
        at += line.len();
    }
    blank.push_str(&text[at..]);
    let line = text[..start].matches('\n').count() + 1;
    let origin = Origin { path: source.path.clone(), start, end: start + 2, line, column: 1 };
    Some((Source { path: source.path.clone(), text: blank.into() }, origin))
}
