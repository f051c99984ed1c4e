//! Laws of findings about files: what is taken away breaks nothing, the order of files says nothing, and a repair mends.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sehat_check::Report;
use sehat_diagnostic::{Source, Sources};
use sehat_verdict::{Finding, Fix, State};
use sehat_yaml::{Node, Plain};
use serde_json::{Map, Value, json};

use crate::support::as_of;

/// The rules that look at workloads and what surrounds them.
const RULES: [&str; 21] = [
    "autoscale-max-fits",
    "autoscale-metric-source",
    "autoscale-target-meaningful",
    "connection-budget",
    "identity-used-least-privilege",
    "image-tag-immutable",
    "object-defined-once",
    "pod-fits-node",
    "probe-fits-container",
    "quorum-survives",
    "quota-fits",
    "reference-resolves",
    "replica-floor-consistent",
    "replicas-spread",
    "requests-within-limits",
    "rollout-keeps-serving",
    "secret-lifecycle",
    "shared-state-for-replicas",
    "storage-usable-and-growth",
    "workload-hardened",
    "workload-hardening-stated",
];

/// A tree of files: path and text.
type Tree = Vec<(String, String)>;

/// Every input of a rule's scenario that is made of files, by its heading.
fn trees(rule: &str) -> Vec<(String, Tree)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(format!("{rule}.md"));
    let markdown = std::fs::read_to_string(path).expect("a scenario per rule");
    let mut trees: Vec<(String, Tree)> = Vec::new();
    for section in markdown.split("\n## ").skip(1) {
        let heading = section.lines().next().unwrap_or_default().to_owned();
        let blocks = section.split("\n```yaml ").skip(1);
        let files: Tree = blocks
            .filter_map(|block| {
                let (path, rest) = block.split_once('\n')?;
                Some((path.to_owned(), rest.split("\n```").next()?.to_owned() + "\n"))
            })
            .collect();
        trees.push((heading, files));
    }
    trees.retain(|(_, files)| !files.is_empty());
    trees
}

/// Each document in a file of its own.
fn split(tree: &Tree) -> Tree {
    let documents = tree.iter().flat_map(|(path, text)| {
        text.split("\n---\n").map(move |document| (path.clone(), document.to_owned() + "\n"))
    });
    documents
        .enumerate()
        .map(|(index, (path, text))| (format!("{index:02}-{}", path.replace('/', "-")), text))
        .collect()
}

fn checked(tree: &Tree) -> Report {
    let mut sources = Sources::default();
    for (path, text) in tree {
        sources.add(path, text);
    }
    sehat_check::check(&[sehat_import::import(&sources).platform()], as_of())
}

fn ours(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|finding| RULES.contains(&finding.rule))
}

/// How many broken findings each rule has. A finding for many names the first of them, so its words may change.
fn broken(report: &Report) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for finding in ours(report).filter(|finding| finding.state == State::Broken) {
        *counts.entry(finding.rule).or_insert(0) += 1;
    }
    counts
}

#[test]
fn taking_a_file_away_breaks_nothing() {
    for rule in RULES {
        for (_, tree) in trees(rule).into_iter().filter(|(heading, _)| heading == "Kept") {
            let files = split(&tree);
            let before = broken(&checked(&files));
            for taken in 0..files.len() {
                let mut rest = files.clone();
                let (path, _) = rest.remove(taken);
                for (rule, count) in broken(&checked(&rest)) {
                    let known = before.get(rule).copied().unwrap_or(0);
                    assert!(count <= known, "without {path} there is more broken by {rule}: {rest:#?}");
                }
            }
        }
    }
}

#[test]
fn the_order_of_files_says_nothing() {
    let shape = |report: &Report| {
        let mut shape: Vec<_> = ours(report)
            .map(|finding| {
                (finding.rule, finding.state, finding.severity, finding.count, finding.fixes.len())
            })
            .collect();
        shape.sort();
        shape
    };
    for rule in RULES {
        for (heading, tree) in trees(rule) {
            let files = split(&tree);
            let count = files.len();
            let turned: Tree = files
                .iter()
                .enumerate()
                .map(|(index, (path, text))| (format!("{:02}-{path}", count - index), text.clone()))
                .collect();
            assert_eq!(shape(&checked(&files)), shape(&checked(&turned)), "{rule}, {heading}");
            assert_eq!(checked(&files), checked(&files), "{rule}, {heading}, twice");
        }
    }
}

/// Values that nobody expects.
const ODD: [&str; 8] =
    ["0", "-1", "4294967295", "18446744073709551615", "99999999999999999999%", "null", "[]", "9E"];

#[test]
fn odd_values_are_judged_without_a_panic() {
    for rule in RULES {
        for (_, tree) in trees(rule) {
            for (file, (_, text)) in tree.iter().enumerate() {
                for (at, line) in text.lines().enumerate() {
                    let Some((key, _)) = line.split_once(": ") else { continue };
                    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                    lines[at] = format!("{key}: {}", ODD[at % ODD.len()]);
                    let mut odd = tree.clone();
                    odd[file].1 = lines.join("\n");
                    checked(&odd);
                }
            }
        }
    }
}

/// Applies every repair of a rule to its broken input: its findings are gone, and there is none that was not there.
#[test]
fn a_repair_mends() {
    let mut mended = BTreeSet::new();
    for rule in RULES {
        for (_, tree) in trees(rule).into_iter().filter(|(heading, _)| heading.starts_with("Broken")) {
            let before = checked(&tree);
            for finding in
                before.findings.iter().filter(|finding| finding.rule == rule && !finding.fixes.is_empty())
            {
                let after = checked(&applied(&tree, &finding.fixes));
                let still =
                    after.findings.iter().any(|other| other.rule == rule && other.message == finding.message);
                assert!(!still, "{rule}: {} is still there", finding.message);
                let known = |other: &Finding| {
                    before
                        .findings
                        .iter()
                        .any(|before| before.rule == other.rule && before.subject == other.subject)
                };
                let new: Vec<_> = after.findings.iter().filter(|other| !known(other)).collect();
                assert!(new.is_empty(), "{rule}: {} brings {new:#?}", finding.message);
                mended.insert(rule);
            }
        }
    }
    assert!(mended.len() >= 9, "{mended:?}");
}

fn applied(tree: &Tree, fixes: &[Fix]) -> Tree {
    let mut texts = tree.clone();
    for fix in fixes {
        if let Fix::Replace { origin, with } = fix {
            let text = texts.iter_mut().find(|(path, _)| **path == *origin.path).map(|(_, text)| text);
            text.expect("the file of the repair").replace_range(origin.start..origin.end, with);
        }
    }
    let mut documents: Vec<(String, Value)> =
        texts.iter().flat_map(|(path, text)| values(path, text)).collect();
    for fix in fixes {
        match fix {
            Fix::Add(object) => documents.push(("added.json".to_owned(), object.clone())),
            Fix::Merge { kind, namespace, name, patch, .. } => {
                let of = |value: &Value| {
                    value["kind"] == **kind
                        && value["metadata"]["name"] == **name
                        && namespace
                            .as_ref()
                            .is_none_or(|namespace| value["metadata"]["namespace"] == **namespace)
                };
                let found =
                    documents.iter_mut().find(|(_, value)| of(value)).expect("the object of the repair");
                merge(&mut found.1, patch);
            }
            Fix::Replace { .. } => {}
        }
    }
    // Documents of one file stay together, since some rules look at what lies beside each other.
    let paths: BTreeSet<String> = documents.iter().map(|(path, _)| path.clone()).collect();
    let text = |path: &String| {
        let ours = documents.iter().filter(|(other, _)| other == path);
        ours.map(|(_, value)| value.to_string()).collect::<Vec<_>>().join("\n---\n")
    };
    paths.iter().map(|path| (path.clone(), text(path))).collect()
}

fn values(path: &str, text: &str) -> Vec<(String, Value)> {
    let source = Source { path: path.into(), text: text.into() };
    let mut diagnostics = Vec::new();
    let documents = sehat_yaml::read(&source, sehat_yaml::Options::default(), &mut diagnostics);
    documents.iter().map(|document| (path.to_owned(), value(document))).collect()
}

fn value(node: &Node) -> Value {
    if let Some(scalar) = node.scalar() {
        return match scalar.plain() {
            Plain::Bool(flag) => json!(flag),
            Plain::Int(number) => json!(number),
            _ if scalar.is_null() => Value::Null,
            _ => json!(scalar.text),
        };
    }
    if node.is_map() {
        return node
            .entries()
            .iter()
            .map(|(key, entry)| (key.text.clone(), value(entry)))
            .collect::<Map<_, _>>()
            .into();
    }
    node.items().iter().map(value).collect()
}

/// Source: Kubernetes, strategic merge patch: lists of named things merge by name, null removes.
fn merge(into: &mut Value, patch: &Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (key, value) in patch {
                if value.is_null() {
                    into.remove(key);
                } else {
                    merge(into.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (Value::Array(into), Value::Array(patch)) if patch.iter().all(|item| item.get("name").is_some()) => {
            for item in patch {
                match into.iter_mut().find(|known| known["name"] == item["name"]) {
                    Some(known) => merge(known, item),
                    None => into.push(item.clone()),
                }
            }
        }
        (into, Value::Object(patch)) => {
            *into = json!({});
            merge(into, &Value::Object(patch.clone()));
        }
        (into, patch) => *into = patch.clone(),
    }
}
