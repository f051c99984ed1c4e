//! Proves that a runbook names what there is.
//!
//! Judged are scripts and runbooks that no pipeline runs. A tag that a runbook deploys must be one that the pipeline
//! gives: where every pushed image is named after the commit, `v2.0.0` is built by nobody. Objects that its `kubectl`
//! commands name must stand in the files.
//!
//! Unknown: an object that no file declares; a tag that these workflows do not give, where others may. Both are broken
//! where the input claims to be whole.
//!
//! Source: ISO/IEC 20000-1:2018, 8.5.3; NIST SP 800-34 Rev. 1, 4.3.

use std::collections::BTreeSet;

use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::delivery::{Command, Host, Script, Word};
use sehat_verdict::{Finding, Severity, State};

use crate::pipelines::pushed;
use crate::{Context, Outcome, Rule};

const NAME: &str = "runbook-references-exist";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Names in runbooks match what is declared.",
    severity: Severity::High,
    hygiene: false,
    source: "NIST SP 800-34 Rev. 1, 4.3",
    file: include_str!("runbook_references_exist.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let inventory = context.inventory;
    let mut findings: Vec<Finding> =
        runbooks(inventory).filter_map(|script| never_built(inventory, script)).collect();
    findings.extend(undeclared(inventory));
    findings.into()
}

fn runbooks(inventory: &Inventory) -> impl Iterator<Item = &Script> {
    let scripts = inventory.delivery.scripts.iter();
    scripts.filter(|script| matches!(script.host, Host::File | Host::Runbook))
}

/// A release that is deployed by its tag, where the pipeline names images after commits only.
fn never_built(inventory: &Inventory, script: &Script) -> Option<Finding> {
    let images: Vec<_> = inventory
        .delivery
        .workflows
        .iter()
        .flat_map(|workflow| workflow.steps().flat_map(|(_, step)| pushed(step)))
        .collect();
    let by_release =
        inventory.delivery.workflows.iter().flat_map(|workflow| &workflow.triggers).any(|trigger| {
            !trigger.tags.is_empty()
                || trigger.event.value == "release"
                || trigger.event.value == "workflow_dispatch"
        });
    // A tag that is an expression may be a release's; one of the commit is not.
    let tags: BTreeSet<&str> = images.iter().filter_map(|image| image.image.tag.as_deref()).collect();
    let commits = tags.iter().all(|tag| !tag.contains(['$']) || tag.contains("SHA"));
    let first = images.first().filter(|_| !by_release && commits && only_commits(inventory))?;
    let (name, word) = script.commands().find_map(|command| released(command, &images))?;
    (!tags.contains(word.text.as_str())).then(|| {
        let finding = if inventory.whole {
            Finding::broken(NAME, Severity::High, &script.name)
        } else {
            Finding::unknown(NAME, Severity::High, &script.name)
        };
        finding
            .says(format!(
                "{} deploys `{name}` as `{}`, and the pipeline never gives that tag",
                script.name, word.text
            ))
            .witness(format!(
                "images are named after the commit and `latest`: `{}` cannot be pulled",
                word.text
            ))
            .repair("build releases on their tags, or deploy by the commit")
            .at(&word.origin, "never built")
            .at(&first.origin, "what is built")
    })
}

/// The expressions that name images are those of commits.
fn only_commits(inventory: &Inventory) -> bool {
    let steps =
        inventory.delivery.workflows.iter().flat_map(sehat_platform::inventory::delivery::Workflow::steps);
    let names = steps.flat_map(|(_, step)| {
        let words = step
            .script
            .iter()
            .flat_map(sehat_platform::inventory::delivery::Script::commands)
            .flat_map(|command| &command.words);
        words.filter(|word| word.text.contains(':') && word.text.contains("${{")).collect::<Vec<_>>()
    });
    names.into_iter().all(|word| {
        let tag = word.text.rsplit(':').next().unwrap_or_default();
        !tag.contains("${{") || tag.contains("sha") || tag.contains("SHA")
    })
}

/// `./scripts/deploy.sh records v2.0.0`: an image's name, and a version beside it.
fn released<'a>(command: &'a Command, images: &[crate::pipelines::Pushed]) -> Option<(&'a str, &'a Word)> {
    let is_version = |text: &str| {
        let rest = text.strip_prefix('v').unwrap_or(text);
        rest.split('.').count() == 3 && rest.split('.').all(|part| part.parse::<u32>().is_ok())
    };
    let deploys = command.name().contains("deploy") || command.name().contains("release");
    let name = command.texts().skip(1).find(|text| images.iter().any(|image| image.image.name() == *text))?;
    let version = command.words.iter().skip(1).find(|word| is_version(&word.text))?;
    deploys.then_some((name, version))
}

const KINDS: [(&str, &str); 11] = [
    ("deployment", "Deployment"),
    ("deployments", "Deployment"),
    ("deploy", "Deployment"),
    ("statefulset", "StatefulSet"),
    ("sts", "StatefulSet"),
    ("daemonset", "DaemonSet"),
    ("ds", "DaemonSet"),
    ("hpa", "HorizontalPodAutoscaler"),
    ("cronjob", "CronJob"),
    ("svc", "Service"),
    ("service", "Service"),
];

/// One finding for all objects that runbooks name and no file declares.
fn undeclared(inventory: &Inventory) -> Option<Finding> {
    if inventory.workloads.is_empty() {
        return None;
    }
    let mut missing: Vec<(&Script, &'static str, String, &Word)> = Vec::new();
    for script in runbooks(inventory) {
        for seen in script.seen() {
            for command in &seen.line.commands {
                let Some((kind, name, word)) = named(command) else { continue };
                let declared =
                    inventory.objects.iter().any(|object| object.id.kind == kind && object.id.name == name);
                let known = missing.iter().any(|(_, other, known, _)| *other == kind && *known == name);
                if !declared && !known {
                    missing.push((script, kind, name, word));
                }
            }
        }
    }
    let (script, kind, name, word) = missing.first()?;
    let state = if inventory.whole { State::Broken } else { State::Unknown };
    let finding = Finding { state, ..Finding::unknown(NAME, Severity::Medium, &script.name) }
        .says(format!("{} names {kind} `{name}`, which no file declares", script.name))
        .witness(format!("if there is no `{name}`, the step ends with \"not found\" when it is needed"))
        .repair("add its manifest, or name what there is")
        .at(&word.origin, "not declared")
        .counts(missing.len());
    Some(
        missing
            .iter()
            .skip(1)
            .take(4)
            .fold(finding, |finding, (.., word)| finding.at(&word.origin, "nor this")),
    )
}

fn named(command: &Command) -> Option<(&'static str, String, &Word)> {
    if command.name() != "kubectl" || command.has("create") || command.has("apply") || command.has("delete") {
        return None;
    }
    let words =
        command.plain(&["-n", "--namespace", "-c", "-l", "-o", "--patch", "-p", "--type", "--context"]);
    let kind_of = |text: &str| KINDS.iter().find(|(word, _)| *word == text).map(|(_, kind)| *kind);
    words.iter().enumerate().skip(1).find_map(|(at, word)| {
        let (kind, name, place) = if let Some((kind, name)) = word.text.split_once('/') {
            (kind_of(kind)?, name, *word)
        } else {
            let next = words.get(at + 1)?;
            (kind_of(&word.text)?, next.text.as_str(), *next)
        };
        let plain =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
        (plain && !name.ends_with("xxx")).then(|| (kind, name.to_owned(), place))
    })
}
