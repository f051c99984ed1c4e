//! `--fixes DIR`: the repairs that a program can make, as a kustomize component and a diff. Nothing is changed in place.

use std::fmt::Write as _;
use std::path::Path;

use sehat_diagnostic::Origin;
use sehat_verdict::{Finding, Fix};
use sehat_yaml::{Key, Node};
use serde_json::{Map, Value, json};

use super::Judged;
use crate::exit::Exit;
use crate::style::tell;

/// Writes the repairs of every finding that counts into a folder that is not there yet.
pub fn write(judged: &Judged, folder: &Path) -> Result<(), Exit> {
    let failed = |error: std::io::Error| {
        Exit::bad_input(format!(
            "{} cannot be written: {error}\n  = help: name a folder that is not there yet",
            folder.display()
        ))
    };
    std::fs::create_dir(folder).map_err(failed)?;
    let (mut repaired, mut findings) = (0, 0);
    for (at, root) in judged.roots.iter().enumerate() {
        let of_root: Vec<&Finding> = judged
            .findings
            .iter()
            .filter(|found| found.root == at && found.counts())
            .map(|found| &found.finding)
            .collect();
        findings += of_root.len();
        repaired += of_root.iter().filter(|finding| !finding.fixes.is_empty()).count();
        let place = if root.name == "." { folder.to_owned() } else { folder.join(&root.name) };
        let files = files(&of_root, judged);
        if !files.is_empty() {
            std::fs::create_dir_all(&place).map_err(failed)?;
        }
        for (name, text) in files {
            std::fs::write(place.join(name), text).map_err(failed)?;
        }
    }
    tell(&format!("{}: repairs of {repaired} of {findings} findings\n", folder.display()));
    Ok(())
}

/// Returns each file's name and text.
fn files(findings: &[&Finding], judged: &Judged) -> Vec<(String, String)> {
    let (mut files, mut resources, mut patches, mut diff) =
        (Vec::new(), Vec::new(), Vec::new(), String::new());
    let repairs = findings.iter().flat_map(|finding| finding.fixes.iter().map(move |fix| (finding, fix)));
    for (number, (finding, fix)) in repairs.enumerate() {
        let name = format!("{:03}-{}.yaml", number + 1, finding.rule);
        match fix {
            Fix::Add(object) => {
                files.push((name.clone(), commented(finding, object)));
                resources.push(name);
            }
            Fix::Merge { .. } => {
                files.push((name.clone(), commented(finding, &patch(fix))));
                patches.push(name);
            }
            Fix::Replace { origin, with } => {
                let _ = write!(diff, "{}", hunk(judged, origin, with, finding));
            }
        }
    }
    if !resources.is_empty() || !patches.is_empty() {
        files.push(("kustomization.yaml".to_owned(), component(&resources, &patches)));
    }
    if !diff.is_empty() {
        files.push(("repairs.diff".to_owned(), diff));
    }
    files
}

fn component(resources: &[String], patches: &[String]) -> String {
    let patches: Vec<Value> = patches.iter().map(|path| json!({ "path": path })).collect();
    let mut value = json!({ "apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component" });
    if !resources.is_empty() {
        value["resources"] = json!(resources);
    }
    if !patches.is_empty() {
        value["patches"] = json!(patches);
    }
    format!("# Name this folder under `components:` of an overlay.\n{}", yaml(&value))
}

fn patch(fix: &Fix) -> Value {
    let Fix::Merge { api_version, kind, namespace, name, patch } = fix else { return Value::Null };
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), json!(name));
    if let Some(namespace) = namespace {
        metadata.insert("namespace".to_owned(), json!(namespace));
    }
    let mut whole = Map::new();
    whole.insert("apiVersion".to_owned(), json!(api_version));
    whole.insert("kind".to_owned(), json!(kind));
    whole.insert("metadata".to_owned(), Value::Object(metadata));
    if let Value::Object(more) = patch {
        for (key, value) in more {
            match (whole.get_mut(key), value) {
                (Some(Value::Object(known)), Value::Object(more)) => known.extend(more.clone()),
                _ => {
                    whole.insert(key.clone(), value.clone());
                }
            }
        }
    }
    Value::Object(whole)
}

fn commented(finding: &Finding, object: &Value) -> String {
    format!(
        "# {}: {}\n{}",
        finding.rule,
        sehat_diagnostic::redact(&finding.message.replace('\n', " ")),
        yaml(object)
    )
}

/// Writes a value as YAML.
pub fn yaml(value: &Value) -> String {
    sehat_yaml::emit(&node(value))
}

fn node(value: &Value) -> Node {
    let origin = Origin::default();
    match value {
        Value::String(text) => Node::quoted(text, origin),
        Value::Array(items) => {
            Node { origin, value: sehat_yaml::Value::List(items.iter().map(node).collect()) }
        }
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| {
                (Key { text: key.clone(), origin: Origin::default() }, node(value))
            };
            Node { origin, value: sehat_yaml::Value::Map(entries.iter().map(entry).collect()) }
        }
        other => Node::text(other.to_string(), origin),
    }
}

/// One hunk of a unified diff: the lines that a range lies in, before and after.
fn hunk(judged: &Judged, origin: &Origin, with: &str, finding: &Finding) -> String {
    let Some((_, text)) = judged.sources.iter().find(|(path, _)| **path == *origin.path) else {
        return String::new();
    };
    let (Some(head), Some(tail)) = (text.get(..origin.start), text.get(origin.end..)) else {
        return String::new();
    };
    let start = head.rfind('\n').map_or(0, |at| at + 1);
    let end = tail.find('\n').map_or(text.len(), |at| origin.end + at);
    let old = &text[start..end];
    let new = format!("{}{with}{}", &text[start..origin.start], &text[origin.end..end]);
    let lines =
        |text: &str, mark: char| text.lines().fold(String::new(), |sum, line| format!("{sum}{mark}{line}\n"));
    let count = |text: &str| text.lines().count();
    format!(
        "# {}\n--- a/{path}\n+++ b/{path}\n@@ -{line},{} +{line},{} @@\n{}{}",
        finding.rule,
        count(old),
        count(&new),
        lines(old, '-'),
        lines(&new, '+'),
        path = origin.path,
        line = head[..start].lines().count() + 1,
    )
}
