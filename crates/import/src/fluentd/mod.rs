//! Configuration of Fluentd: sections in sections, each with parameters of one line.

use sehat_diagnostic::is_secret_name;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::watch::{LogPipeline, Section};

use crate::Context;
use crate::located::Located;

/// Sections in sections are never deeper.
const DEPTH_MAX: usize = 16;

pub fn is_config(name: &str, text: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let looks = text.contains("<source>") || text.contains("<match") || text.contains("<filter");
    (file.rsplit('.').next() == Some("conf") || file.starts_with("fluent")) && looks && text.contains("@type")
}

pub fn read(name: &str, namespace: Option<String>, located: &Located, cx: &mut Context) {
    let mut sections: Vec<Section> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in located.text.split_inclusive('\n') {
        let bare = line.trim();
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        if bare.starts_with("</") {
            open.pop();
        } else if let Some(head) = bare.strip_prefix('<') {
            let head = head.trim_end_matches('>');
            let name = head.split_whitespace().next().unwrap_or_default().to_owned();
            let around = open.iter().map(|index| sections[*index].name.clone()).collect();
            let origin = located.origin(start, start + bare.len());
            sections.push(Section {
                name,
                origin,
                around,
                parent: open.last().copied(),
                parameters: Vec::new(),
            });
            if open.len() < DEPTH_MAX {
                open.push(sections.len() - 1);
            }
        } else if let Some(section) = open.last().and_then(|index| sections.get_mut(*index)) {
            let (key, value) = bare.split_once(char::is_whitespace).unwrap_or((bare, ""));
            let shown = if is_secret_name(key) { "" } else { value.trim() };
            let origin = located.origin(start, start + bare.len());
            section.parameters.push((key.to_owned(), Stated::new(shown.to_owned(), origin)));
        }
    }
    if !sections.is_empty() {
        cx.inventory.watch.pipelines.push(LogPipeline { name: name.to_owned(), namespace, sections });
    }
}
