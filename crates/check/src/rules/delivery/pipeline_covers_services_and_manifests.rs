//! Proves that what is built is deployed, and that each manifest lies where the pipeline applies it.
//!
//! The paths that workflows apply (`kubectl apply -k`, `-f`) are followed through kustomizations; an unknown part of a
//! path, such as the name of an environment, may be any. Manifests outside lie on no path. An image that is pushed and
//! that no manifest deploys is built for nobody.
//!
//! Both are unknown rather than broken, because somebody else may apply the rest: broken where the input claims to be
//! whole. Repositories that a GitOps controller reads, or that deploy by charts, are not judged.
//!
//! Source: OpenGitOps principles 1.0.0.

mod prose;

use std::collections::BTreeSet;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::delivery::{Command, Workflow};
use sehat_platform::inventory::{Inventory, Object};
use sehat_verdict::{Finding, Severity, State};

use crate::pipelines::{ImageName, Pushed, pushed, scripts};
use crate::{Context, Outcome, Rule};

const NAME: &str = "pipeline-covers-services-and-manifests";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Every built service is deployed, and every manifest lies on an apply path.",
    severity: Severity::Medium,
    hygiene: false,
    source: "OpenGitOps principles 1.0.0",
    file: include_str!("pipeline_covers_services_and_manifests.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

fn judge(context: &Context<'_>) -> Outcome {
    let inventory = context.inventory;
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(off_path(inventory));
    findings.extend(
        inventory.delivery.workflows.iter().filter_map(|workflow| built_for_nobody(inventory, workflow)),
    );
    findings.into()
}

fn state(inventory: &Inventory) -> State {
    if inventory.whole { State::Broken } else { State::Unknown }
}

/// A path that a workflow applies.
struct Applied<'a> {
    path: String,
    origin: &'a Origin,
}

fn applied(inventory: &Inventory) -> Vec<Applied<'_>> {
    let workflows = inventory.delivery.workflows.iter();
    let scripts = workflows.flat_map(|workflow| workflow.jobs.iter().flat_map(scripts));
    scripts
        .flat_map(sehat_platform::inventory::delivery::Script::seen)
        .flat_map(|seen| &seen.line.commands)
        .filter(|command| command.name() == "kubectl" && command.has("apply"))
        .filter_map(|command| {
            let path =
                command.option(&["-k", "--kustomize", "-f", "--filename"]).filter(|path| *path != "-")?;
            Some(Applied { path: path.trim_end_matches('/').to_owned(), origin: &command.origin })
        })
        .collect()
}

fn off_path(inventory: &Inventory) -> Option<Finding> {
    let applied = applied(inventory);
    let first = applied.first()?;
    let by_others = inventory.objects.iter().any(|object| {
        matches!(object.group(), "argoproj.io" | "kustomize.toolkit.fluxcd.io" | "helm.toolkit.fluxcd.io")
    });
    let by_charts =
        inventory.delivery.all_scripts().flat_map(sehat_platform::inventory::delivery::Script::commands).any(
            |command| {
                matches!(
                    command.innermost().name(),
                    "helm" | "helmfile" | "argocd" | "flux" | "skaffold" | "terraform"
                )
            },
        );
    if by_others || by_charts {
        return None;
    }
    let reached = reached(inventory, &applied);
    let outside: Vec<&Object> = inventory
        .objects
        .iter()
        .filter(|object| {
            !object.origin.path.is_empty() && !reached.iter().any(|path| covers(path, &object.origin.path))
        })
        .collect();
    // Where nothing lies on a path, the paths mean another place.
    if outside.is_empty() || outside.len() == inventory.objects.len() {
        return None;
    }
    Some(of_manifests(inventory, first, &outside))
}

fn of_manifests(inventory: &Inventory, first: &Applied<'_>, outside: &[&Object]) -> Finding {
    let names: Vec<String> = outside.iter().take(4).map(|object| object.id.to_string()).collect();
    let more = if outside.len() > names.len() { ", …" } else { "" };
    let mut finding = Finding::unknown(NAME, Severity::Medium, names[0].clone())
        .says(format!("no workflow applies {}{more}: only `{}` is applied", names.join(", "), first.path))
        .witness("a change in these files reaches no cluster")
        .repair("take them into a kustomization that is applied, or say who applies them")
        .counts(outside.len());
    finding.state = state(inventory);
    let finding =
        outside.iter().take(4).fold(finding, |finding, object| finding.at(&object.origin, "on no path"));
    finding.at(first.origin, "what is applied")
}

/// Returns the applied paths with all that their kustomizations take over.
fn reached(inventory: &Inventory, applied: &[Applied<'_>]) -> BTreeSet<String> {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = applied.iter().map(|applied| applied.path.clone()).collect();
    while let Some(path) = open.pop() {
        if !reached.insert(path.clone()) {
            continue;
        }
        for kustomization in
            inventory.delivery.kustomizations.iter().filter(|known| covers_folder(&path, &known.folder))
        {
            open.extend(kustomization.takes.iter().map(|taken| joined(&kustomization.folder, taken)));
        }
    }
    reached
}

/// Joins a folder and a relative path.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// Returns whether a path names the file or a folder above it; the roots of both may differ.
fn covers(path: &str, file: &str) -> bool {
    let file: Vec<&str> = file.split('/').filter(|part| !part.is_empty()).collect();
    let path: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let starts = 0..=file.len().saturating_sub(path.len());
    path.is_empty()
        || starts.into_iter().any(|start| matches_at(&path, file.get(start..).unwrap_or_default()))
}

fn covers_folder(path: &str, folder: &str) -> bool {
    let folder: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let path: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let tail = folder.len().checked_sub(path.len()).and_then(|start| folder.get(start..));
    tail.is_some_and(|tail| matches_at(&path, tail))
}

fn matches_at(path: &[&str], parts: &[&str]) -> bool {
    path.len() <= parts.len() && path.iter().zip(parts).all(|(want, part)| want.contains('$') || want == part)
}

fn built_for_nobody(inventory: &Inventory, workflow: &Workflow) -> Option<Finding> {
    let images: BTreeSet<String> = inventory
        .workloads
        .iter()
        .flat_map(|workload| {
            let images = workload.pod.all_containers().filter_map(|container| container.image.as_ref());
            let names = images.map(|image| ImageName::read(image).name().to_owned());
            names.chain([workload.object.id.name.clone()]).collect::<Vec<_>>()
        })
        .collect();
    if images.is_empty() || applied(inventory).is_empty() && !changes_cluster(workflow) {
        return None;
    }
    let pushed: Vec<Pushed> = workflow.steps().flat_map(|(_, step)| pushed(step)).collect();
    let unused: BTreeSet<&str> = pushed
        .iter()
        .map(|pushed| pushed.image.name())
        .filter(|name| !name.is_empty() && !name.contains(['$', '\u{1}', '{']) && !images.contains(*name))
        .collect();
    let first = pushed.iter().find(|pushed| unused.contains(pushed.image.name()))?;
    let names: Vec<&str> = unused.iter().copied().take(4).collect();
    let mut finding = Finding::unknown(NAME, Severity::Medium, &workflow.name)
        .says(format!("{} builds {}, and no manifest deploys it", workflow.name, names.join(", ")))
        .witness("an image that nothing runs")
        .repair("add the manifests, or do not build it here")
        .at(&first.origin, "built here")
        .counts(unused.len());
    finding.state = state(inventory);
    Some(finding)
}

fn changes_cluster(workflow: &Workflow) -> bool {
    let commands = workflow
        .jobs
        .iter()
        .flat_map(scripts)
        .flat_map(sehat_platform::inventory::delivery::Script::commands);
    commands.into_iter().any(|command: &Command| crate::pipelines::change(command).is_some())
}
