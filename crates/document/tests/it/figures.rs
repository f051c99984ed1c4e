//! Holds the figures of the sources against what their documents resolve to.

use std::collections::BTreeMap;

use sehat_document::Document;
use serde_json::Value as Json;

use crate::support::{PLATFORMS, platform, shown};

/// At least so many figures are held.
const FIGURES_MIN: usize = 300;

struct Figure<'a> {
    id: &'a str,
    environment: &'a str,
    path: &'a str,
    text: &'a str,
}

fn figures() -> Vec<Figure<'static>> {
    include_str!("figures.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let parts: Vec<&str> = line.split('\t').collect();
            let [id, environment, path, text] = parts[..] else { panic!("four columns: {line}") };
            Figure { id, environment, path, text }
        })
        .collect()
}

fn documents() -> BTreeMap<&'static str, Document> {
    PLATFORMS.into_iter().map(|(letters, name)| (letters, platform(name))).collect()
}

/// Returns the text at a path of what was resolved: `components.records.replicas`.
fn text_at(platform: &Json, path: &str) -> Option<String> {
    let step = |value: &Json, key: &str| match value {
        Json::Array(items) => items.get(key.parse::<usize>().ok()?).cloned(),
        _ => value.get(key).cloned(),
    };
    text(&path.split('.').try_fold(platform.clone(), |value, key| step(&value, key))?)
}

fn text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Array(items) => {
            items.iter().map(text).collect::<Option<Vec<_>>>().map(|items| items.join(", "))
        }
        _ => None,
    }
}

fn differs(figure: &Figure<'_>, document: &Document) -> Option<String> {
    let Figure { id, environment, path, text } = figure;
    let Some(platform) = document.environment(Some(environment)) else {
        return Some(format!("{id}: there is no environment {environment}"));
    };
    let found = text_at(&sehat_document::write(platform), path);
    let right = found.as_deref() == Some(text) && document.features.contains_key(*id);
    (!right).then(|| format!("{id} {environment} {path}: {found:?} instead of {text:?}"))
}

#[test]
fn documents_are_good() {
    for (letters, document) in documents() {
        assert!(document.is_good(), "{letters}: {}", shown(&document));
    }
}

#[test]
fn figures_are_those_of_the_sources() {
    let documents = documents();
    let figures = figures();
    let wrong: Vec<String> =
        figures.iter().filter_map(|figure| differs(figure, &documents[&figure.id[..3]])).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(figures.len() >= FIGURES_MIN, "only {} figures are held", figures.len());
}

#[test]
fn no_feature_is_lost_in_an_overlay() {
    for (letters, name) in PLATFORMS {
        let document = platform(name);
        for (path, source) in document.sources.iter() {
            let named = source.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
            let ids = named.filter(|word| word.starts_with(&format!("{letters}-")) && !word.contains("-X"));
            for id in ids {
                assert!(document.features.contains_key(id), "{path}: no environment keeps the entry of {id}");
            }
        }
    }
}

#[test]
fn what_is_written_is_read_back() {
    for (letters, document) in documents() {
        for platform in &document.environments {
            let written = sehat_document::write(platform);
            let again = crate::support::read(&written.to_string());
            assert!(again.is_good(), "{letters}: {}", shown(&again));
            assert_eq!(sehat_document::write(&again.environments[0]), written, "{letters}");
        }
    }
}
