//! Proves that one actor alone owns what runs.
//!
//! Three ways to have two are judged. A workflow edits manifests and applies them without a commit: what runs stands in
//! no version of the repository, and the next run from another branch takes it back. A workflow or a runbook changes a
//! live object (`kubectl set image`, `scale`, `patch`) that a manifest declares: the next apply takes it back. And a
//! count of replicas is set by hand where an autoscaler sets it.
//!
//! Source: OpenGitOps principles 1.0.0, "Versioned and Immutable", "Continuously Reconciled"; Kubernetes documentation,
//! Declarative Management of Kubernetes Objects.

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::delivery::{Command, Script, Workflow};
use sehat_platform::inventory::{Inventory, Object};
use sehat_verdict::{Finding, Severity};

use crate::pipelines::{Change, change, deploys, scripts};
use crate::{Context, Outcome, Rule};

const NAME: &str = "single-deployer";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Exactly one actor owns each live object.",
    severity: Severity::High,
    hygiene: false,
    source: "OpenGitOps principles 1.0.0; Kubernetes documentation, declarative management",
    file: include_str!("single_deployer.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let inventory = context.inventory;
    let uncommitted = inventory.delivery.workflows.iter().filter_map(uncommitted);
    let mut findings: Vec<Finding> = uncommitted.collect();
    findings.extend(live_changes(inventory));
    findings.into()
}

/// The manifests are edited and applied, and what was applied is committed nowhere.
fn uncommitted(workflow: &Workflow) -> Option<Finding> {
    let deploys = deploys(workflow);
    let deploy = deploys.iter().find(|deploys| deploys.change == Change::Apply)?;
    let commands = || {
        workflow.jobs.iter().flat_map(scripts).flat_map(sehat_platform::inventory::delivery::Script::commands)
    };
    let edit = commands().find(|command| edits_manifest(command))?;
    let commits = commands().any(|command| {
        let command = command.innermost();
        command.name() == "git" && (command.has("commit") || command.has("push"))
    });
    let by_action = workflow.steps().any(|(_, step)| {
        step.uses.as_ref().is_some_and(|uses| uses.contains("commit") || uses.contains("pull-request"))
    });
    (!commits && !by_action).then(|| {
        Finding::broken(NAME, Severity::High, &workflow.name)
            .says(format!("{} edits manifests, applies them, and commits them nowhere", workflow.name))
            .witness("a second run from another branch, or an apply by hand, brings back what the repository says")
            .repair("commit the new tag and let the apply read the repository, or set it in a kustomization's `images`")
            .at(&edit.origin, "edited here only")
            .at(deploy.origin, "and applied")
    })
}

fn edits_manifest(command: &Command) -> bool {
    let command = command.innermost();
    let in_place = command.texts().any(|text| text.starts_with("-i") || text == "--in-place");
    let of_yaml = command.texts().any(|text| [".yaml", ".yml"].iter().any(|end| text.ends_with(end)));
    match command.name() {
        "sed" | "yq" | "perl" => in_place && of_yaml,
        "kustomize" => command.has("edit"),
        _ => false,
    }
}

/// Who changes a live object, and how.
struct Live<'a> {
    script: &'a Script,
    verb: &'a str,
    origin: &'a Origin,
}

fn live_changes(inventory: &Inventory) -> Vec<Finding> {
    let mut changed: BTreeMap<String, (&Object, Vec<Live<'_>>)> = BTreeMap::new();
    for script in inventory.delivery.all_scripts() {
        for seen in script.seen() {
            for command in &seen.line.commands {
                let Some((object, live)) = live(inventory, script, command) else { continue };
                changed.entry(object.id.to_string()).or_insert_with(|| (object, Vec::new())).1.push(live);
            }
        }
    }
    changed.into_values().filter_map(|(object, lives)| finding(inventory, object, &lives)).collect()
}

fn live<'a>(
    inventory: &'a Inventory,
    script: &'a Script,
    command: &'a Command,
) -> Option<(&'a Object, Live<'a>)> {
    if change(command)? != Change::Live || command.name() != "kubectl" {
        return None;
    }
    let verb = command.words.get(1)?.text.as_str();
    let words = command.plain(&["-n", "--namespace", "--patch", "-p", "--type", "--context"]);
    let mut names = words.iter().skip(if verb == "set" { 2 } else { 1 });
    let first = names.next()?;
    let (kind, name) = match first.text.split_once('/') {
        Some((kind, name)) => (kind, name),
        None => (first.text.as_str(), names.next()?.text.as_str()),
    };
    let namespace = command.option(&["-n", "--namespace"]);
    let found = inventory.objects.iter().find(|object| {
        let here =
            namespace.is_none_or(|namespace| namespace == object.id.namespace || !object.namespace_stated);
        object.id.name == name && here && is_kind(&object.id.kind, kind)
    })?;
    Some((found, Live { script, verb, origin: &command.origin }))
}

fn is_kind(kind: &str, word: &str) -> bool {
    let word = word.trim_end_matches('s').to_ascii_lowercase();
    let kind = kind.to_ascii_lowercase();
    let short = [
        ("deploy", "deployment"),
        ("st", "statefulset"),
        ("hpa", "horizontalpodautoscaler"),
        ("d", "daemonset"),
    ];
    kind == word || short.iter().any(|(short, long)| *short == word && *long == kind)
}

fn finding(inventory: &Inventory, object: &Object, lives: &[Live<'_>]) -> Option<Finding> {
    let scaled = lives.iter().find(|live| live.verb == "scale");
    let autoscaler = inventory.limits.autoscalers.iter().find(|scaler| {
        scaler.target.value.name == object.id.name && scaler.target.value.kind == object.id.kind
    });
    if let (Some(live), Some(scaler)) = (scaled, autoscaler) {
        return Some(
            Finding::broken(NAME, Severity::Medium, object.id.to_string())
                .says(format!(
                    "{} scales {} by hand, and {} sets its replicas",
                    live.script.name, object.id, scaler.object.id
                ))
                .witness("within seconds the autoscaler sets the count that its metrics ask for")
                .repair("raise `minReplicas` of the autoscaler in its manifest")
                .at(live.origin, "set here")
                .at(&scaler.object.origin, "and here"),
        );
    }
    let live = lives.first()?;
    let finding = Finding::broken(NAME, Severity::Medium, object.id.to_string())
        .says(format!(
            "{} changes {} in the cluster only (`kubectl {}`)",
            live.script.name, object.id, live.verb
        ))
        .witness("the next apply of its manifest brings back what the file says")
        .repair("change the file, and let one actor apply it")
        .at(live.origin, "changed here")
        .at(&object.origin, "declared here")
        .counts(lives.len());
    Some(lives.iter().skip(1).take(3).fold(finding, |finding, other| finding.at(other.origin, "and here")))
}
