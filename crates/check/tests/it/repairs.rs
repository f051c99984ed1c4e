//! Every repair that a program can make is made: the finding is gone, and none is new.

use std::collections::BTreeSet;

use sehat_check::{Report, rules};
use sehat_diagnostic::{Origin, Source, Sources};
use sehat_verdict::{Finding, Fix, State};
use sehat_yaml::{Key, Node, Value};

use crate::scenarios::broken_files;
use crate::support::as_of;

/// Repairs without which a kind that the issue names would have none.
const KINDS: [&str; 2] = ["merge", "replace"];

#[test]
fn every_repair_mends_its_finding() {
    let mut kinds: BTreeSet<String> = BTreeSet::new();
    let mut wrong = Vec::new();
    for rule in rules::ALL.iter() {
        for files in broken_files(rule.name) {
            let before = judged(&files);
            for finding in before
                .findings
                .iter()
                .filter(|finding| finding.rule == rule.name && !finding.fixes.is_empty())
            {
                kinds.extend(finding.fixes.iter().map(kind));
                wrong.extend(mend(finding, &files, &before));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let missing: Vec<&&str> = KINDS.iter().filter(|kind| !kinds.contains(**kind)).collect();
    assert!(missing.is_empty(), "no repair of kind {missing:?} among {kinds:?}");
}

fn kind(fix: &Fix) -> String {
    match fix {
        Fix::Add(object) => object["kind"].as_str().unwrap_or("add").to_owned(),
        Fix::Merge { .. } => "merge".to_owned(),
        Fix::Replace { .. } => "replace".to_owned(),
    }
}

fn judged(files: &Sources) -> Report {
    sehat_check::check(&[sehat_import::import(files).platform()], as_of())
}

/// Says what is wrong with the repairs of a finding.
fn mend(finding: &Finding, files: &Sources, before: &Report) -> Vec<String> {
    let mended = finding.fixes.iter().fold(files.clone(), |files, fix| applied(&files, fix));
    let after = judged(&mended);
    let name = |finding: &Finding| (finding.rule, finding.subject.clone());
    let broken = |report: &Report| -> BTreeSet<(&'static str, String)> {
        report.findings.iter().filter(|finding| finding.state == State::Broken).map(name).collect()
    };
    let stays =
        after.findings.iter().any(|other| name(other) == name(finding) && other.message == finding.message);
    let stays = stays.then(|| format!("{} of {} stays: {}", finding.rule, finding.subject, finding.message));
    let known = broken(before);
    let new = broken(&after)
        .into_iter()
        .filter(|found| !known.contains(found))
        .map(|found| format!("the repair of {} of {} brings {found:?}", finding.rule, finding.subject));
    stays.into_iter().chain(new).collect()
}

/// Applies a change as a user would: a new file, a patch over an object, another text.
fn applied(files: &Sources, fix: &Fix) -> Sources {
    match fix {
        Fix::Add(object) => {
            let mut files = files.clone();
            files.add(
                "repair.yaml",
                &format!("{}---\n{}", text_of(&files, "repair.yaml"), sehat_yaml::emit(&node(object))),
            );
            files
        }
        Fix::Merge { kind, namespace, name, patch, .. } => {
            merged(files, (kind, namespace.as_deref(), name), patch)
        }
        Fix::Replace { origin, with } => replaced(files, origin, with),
    }
}

fn text_of(files: &Sources, path: &str) -> String {
    files.iter().find(|(known, _)| *known == path).map_or_else(String::new, |(_, text)| text.to_owned())
}

fn replaced(files: &Sources, origin: &Origin, with: &str) -> Sources {
    let text = text_of(files, &origin.path);
    let mut files = files.clone();
    files.add(&origin.path, &format!("{}{with}{}", &text[..origin.start], &text[origin.end..]));
    files
}

/// Lays a patch over the object in its file; the other documents of the file stay.
fn merged(
    files: &Sources,
    (kind, namespace, name): (&str, Option<&str>, &str),
    patch: &serde_json::Value,
) -> Sources {
    let mut out = Sources::default();
    for (path, text) in files.iter() {
        let source = Source { path: path.into(), text: text.into() };
        let mut documents = sehat_yaml::read(&source, sehat_yaml::Options::default(), &mut Vec::new());
        if !path.ends_with("yaml") || documents.is_empty() {
            out.add(path, text);
            continue;
        }
        let is_it = |object: &Node| {
            let word = |keys: &[&str]| object.at(keys).and_then(Node::as_text);
            let own = word(&["metadata", "namespace"]);
            word(&["kind"]) == Some(kind)
                && word(&["metadata", "name"]) == Some(name)
                && (own == namespace || own.unwrap_or("default") == namespace.unwrap_or("default"))
        };
        documents.iter_mut().filter(|object| is_it(object)).for_each(|object| merge(object, patch));
        out.add(path, &documents.iter().map(sehat_yaml::emit).collect::<Vec<_>>().join("---\n"));
    }
    out
}

/// A strategic merge, as far as repairs need it: maps join, lists of named things join by name, null removes.
fn merge(target: &mut Node, patch: &serde_json::Value) {
    match (patch, &mut target.value) {
        (serde_json::Value::Object(changes), Value::Map(entries)) => {
            for (key, change) in changes {
                let at = entries.iter().position(|(known, _)| known.text == *key);
                match (at, change.is_null()) {
                    (Some(at), true) => drop(entries.remove(at)),
                    (None, true) => {}
                    (Some(at), false) => merge(&mut entries[at].1, change),
                    (None, false) => {
                        entries.push((Key { text: key.clone(), origin: Origin::default() }, node(change)));
                    }
                }
            }
        }
        (serde_json::Value::Array(changes), Value::List(items))
            if changes.iter().all(|item| item["name"].is_string()) =>
        {
            for change in changes {
                let is_it =
                    |item: &&mut Node| item.get("name").and_then(Node::as_text) == change["name"].as_str();
                match items.iter_mut().find(is_it) {
                    Some(item) => merge(item, change),
                    None => items.push(node(change)),
                }
            }
        }
        _ => *target = node(patch),
    }
}

fn node(value: &serde_json::Value) -> Node {
    let origin = Origin::default();
    match value {
        serde_json::Value::String(text) => Node::quoted(text, origin),
        serde_json::Value::Array(items) => {
            Node { origin, value: Value::List(items.iter().map(node).collect()) }
        }
        serde_json::Value::Object(entries) => {
            let entry = |(key, value): (&String, &serde_json::Value)| {
                (Key { text: key.clone(), origin: Origin::default() }, node(value))
            };
            Node { origin, value: Value::Map(entries.iter().map(entry).collect()) }
        }
        other => Node::text(other.to_string(), origin),
    }
}
