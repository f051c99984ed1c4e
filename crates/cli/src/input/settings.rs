//! `sehat.yaml`: what a team answered to questions, and which findings it accepts for a time.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use sehat_diagnostic::{Diagnostic, Origin, Source, Sources, nearest};
use sehat_platform::inventory::Stated;
use sehat_yaml::{Node, Options};

#[derive(Debug, Default)]
pub struct Settings {
    /// `cni` is `cilium`.
    pub answers: BTreeMap<String, Stated<String>>,
    pub waivers: Vec<Waiver>,
}

/// Findings that are accepted, with the reason and the last day.
#[derive(Clone, Debug)]
pub struct Waiver {
    pub origin: Origin,
    pub rule: String,
    /// `*` stands for any text.
    pub subject: Option<String>,
    pub path: Option<String>,
    pub fingerprint: Option<String>,
    pub reason: String,
    pub until: Date,
}

/// Reads the file where it is there. Everything wrong with it is told in one run.
pub fn settings(file: &Path, sources: &mut Sources) -> (Settings, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let shown = file.to_string_lossy();
    let Ok(text) = super::read_text(file) else { return (Settings::default(), diagnostics) };
    let source: Source = sources.add(&shown, &text);
    let Some(root) = sehat_yaml::read_one(&source, Options::default(), &mut diagnostics) else {
        return (Settings::default(), diagnostics);
    };
    known_keys(&root, &["answers", "waivers"], &mut diagnostics);
    let answers = root.at(&["answers"]).map_or(&[][..], Node::entries);
    let settings = Settings {
        answers: answers
            .iter()
            .filter_map(|(key, value)| {
                Some((key.text.clone(), Stated::new(value.as_text()?.to_owned(), value.origin.clone())))
            })
            .collect(),
        waivers: root
            .at(&["waivers"])
            .map_or(&[][..], Node::items)
            .iter()
            .filter_map(|node| waiver(node, &mut diagnostics))
            .collect(),
    };
    (settings, diagnostics)
}

fn known_keys(node: &Node, known: &[&str], diagnostics: &mut Vec<Diagnostic>) {
    for (key, _) in node.entries().iter().filter(|(key, _)| !known.contains(&key.text.as_str())) {
        let help = nearest(&key.text, known.iter().copied()).map_or_else(
            || format!("known here: {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        diagnostics.push(
            Diagnostic::error("unknown-key", format!("`{}` is not known here", key.text))
                .at(&key.origin, "")
                .help(help),
        );
    }
}

const WAIVER_KEYS: [&str; 6] = ["rule", "subject", "path", "fingerprint", "reason", "until"];

fn waiver(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Waiver> {
    known_keys(node, &WAIVER_KEYS, diagnostics);
    let mut needed = |key: &str, help: &str| {
        let found = node.at(&[key]).and_then(Node::as_text).map(str::to_owned);
        if found.is_none() {
            diagnostics.push(
                Diagnostic::error("incomplete-waiver", format!("this waiver has no `{key}`"))
                    .at(&node.origin, "")
                    .help(help),
            );
        }
        found
    };
    let rule = needed("rule", "name the rule that is waived: `rule: image-tag-immutable`");
    let reason = needed("reason", "say why the finding is accepted");
    let until = needed("until", "say until when: `until: 2027-01-31`");
    let optional = |key: &str| node.at(&[key]).and_then(Node::as_text).map(str::to_owned);
    let date = until.and_then(|until| {
        let date = until.parse::<Date>().ok();
        if date.is_none() {
            let wrong = Diagnostic::error("wrong-value", format!("`{until}` is no date"));
            let origin = &node.at(&["until"])?.origin;
            diagnostics.push(wrong.at(origin, "").help("write it as 2027-01-31"));
        }
        date
    });
    let known = rule.as_deref().is_none_or(|rule| known_rule(rule, node, diagnostics));
    known.then_some(Waiver {
        origin: node.origin.clone(),
        rule: rule?,
        subject: optional("subject"),
        path: optional("path"),
        fingerprint: optional("fingerprint"),
        reason: reason?,
        until: date?,
    })
}

fn known_rule(name: &str, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let names = || sehat_check::rules::ALL.iter().map(|rule| rule.name);
    if names().any(|known| known == name) {
        return true;
    }
    let origin = node.at(&["rule"]).map_or(&node.origin, |found| &found.origin);
    let help = nearest(name, names())
        .map_or_else(|| "`sehat explain` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
    diagnostics.push(
        Diagnostic::error("unknown-rule", format!("there is no rule `{name}`")).at(origin, "").help(help),
    );
    false
}
