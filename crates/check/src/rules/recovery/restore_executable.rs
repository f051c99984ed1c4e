//! Proves that each step of a restore refers to what is there at that moment.
//!
//! Judged are scripts and runbooks that load a copy into a database. A pod that a step enters must be one that the files
//! make. A folder that is read inside a pod must be one of its volumes. A database that runs in the cluster can only be
//! loaded after the step that brings the cluster's objects back. A comment that names a step must have a command behind
//! it. A script that runs by itself must end at the first step that fails.
//!
//! Unknown: a pod that no file makes.
//!
//! Source: NIST SP 800-34 Rev. 1, 4.4; ISO/IEC 27002:2022, 5.30.

use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::delivery::{Command, Line, Note, Script, Word};
use sehat_platform::inventory::workload::{VolumeSource, Workload};
use sehat_verdict::{Finding, Severity, State};

use crate::scripts::{Entered, Load, PodName, entered, load_of, pod, restores, runs_by_itself};
use crate::{Context, Outcome, Rule};

const NAME: &str = "restore-executable";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Each restore step refers to things that exist at that moment, in an order for total loss.",
    severity: Severity::Critical,
    hygiene: false,
    source: "NIST SP 800-34 Rev. 1, 4.4; ISO/IEC 27002:2022, 5.30",
    file: include_str!("restore_executable.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let inventory = context.inventory;
    let scripts = inventory.delivery.all_scripts().filter(|script| restores(script));
    let mut findings = Vec::new();
    for script in scripts {
        let entered: Vec<Entered> = script.commands().filter_map(entered).collect();
        findings.extend(missing_pod(inventory, script, &entered));
        findings.extend(missing_folder(inventory, script, &entered));
        findings.extend(loaded_too_early(script));
        findings.extend(step_without_command(script));
        findings.extend(goes_on(script));
    }
    findings.into()
}

fn missing_pod(inventory: &Inventory, script: &Script, entered: &[Entered]) -> Option<Finding> {
    let names = entered.iter().map(|one| (one, pod(inventory, one)));
    let missing: Vec<(&Entered, PodName<'_>)> =
        names.filter(|(_, name)| matches!(name, PodName::Unknown | PodName::Otherwise { .. })).collect();
    let (one, name) = missing.first()?;
    let finding = match name {
        PodName::Otherwise { cluster, pods } => Finding::broken(NAME, Severity::Critical, &script.name)
            .says(format!("{} enters pod `{}`, and {cluster} names its pods {pods}", script.name, one.pod))
            .witness(format!(
                "`kubectl exec {}` ends with \"pods not found\", at the moment of the loss",
                one.pod
            ))
            .repair(format!(
                "restore as the operator does: a new {} that bootstraps from the backup",
                cluster.kind
            )),
        _ => Finding::unknown(NAME, Severity::High, &script.name)
            .says(format!("{} enters pod `{}`, which no file makes", script.name, one.pod))
            .witness(format!("neither a StatefulSet nor a Pod of the files gives `{}`", one.pod))
            .repair("add the manifest of what makes it, or name a pod that exists"),
    };
    let others = missing.iter().skip(1).take(4);
    let finding = finding.at(&one.origin, "this pod").counts(missing.len());
    Some(others.fold(finding, |finding, (other, _)| finding.at(&other.origin, "and here")))
}

/// A path that stands in a step inside a pod, below a folder that another workload alone mounts.
fn missing_folder(inventory: &Inventory, script: &Script, entered: &[Entered]) -> Option<Finding> {
    let inside = entered.iter().find(|one| one.stays)?;
    let target = pod(inventory, inside);
    let words = script.commands().flat_map(|command| &command.words);
    let paths = words.filter(|word| word.text.starts_with('/') && word.origin.start > inside.origin.start);
    paths.into_iter().find_map(|path| {
        let (keeper, folder, claim) = keeper(inventory, path)?;
        let has = match &target {
            PodName::Of(workload) => mounts(workload, path).is_some(),
            _ => false,
        };
        let state = if target == PodName::Unknown { State::Unknown } else { State::Broken };
        (!has).then(|| Finding { state, ..of_folder(script, path, inside, keeper, &folder, &claim) })
    })
}

/// The one workload that mounts a claim above a path.
fn keeper<'a>(inventory: &'a Inventory, path: &Word) -> Option<(&'a Workload, String, String)> {
    inventory.workloads.iter().find_map(|workload| {
        let (folder, volume) = mounts(workload, path)?;
        let found = workload.pod.volumes.iter().find(|known| known.name == volume)?;
        let VolumeSource::Claim(claim) = &found.source else { return None };
        Some((workload, folder, claim.value.clone()))
    })
}

fn mounts(workload: &Workload, path: &Word) -> Option<(String, String)> {
    let mounts = workload.pod.all_containers().flat_map(|container| &container.mounts);
    mounts.into_iter().find_map(|mount| {
        let folder = mount.path.trim_end_matches('/');
        let below = !folder.is_empty() && path.text.strip_prefix(folder)?.starts_with('/');
        below.then(|| (folder.to_owned(), mount.volume.value.clone()))
    })
}

fn of_folder(
    script: &Script,
    path: &Word,
    inside: &Entered,
    keeper: &Workload,
    folder: &str,
    claim: &str,
) -> Finding {
    let keeper = &keeper.object;
    Finding::broken(NAME, Severity::Critical, &script.name)
        .says(format!(
            "{} reads `{}` in pod `{}`, and only {} mounts `{claim}` at `{folder}`",
            script.name, path.text, inside.pod, keeper.id
        ))
        .witness(format!("in `{}` there is no folder `{folder}`: the copy cannot be read there", inside.pod))
        .repair(format!(
            "load it from a Job that mounts `{claim}` and reaches the database through its service"
        ))
        .at(&path.origin, "read here")
        .at(&inside.origin, "in this pod")
        .at(&keeper.origin, "what mounts it")
}

/// In a total loss nothing runs when the first step does.
fn loaded_too_early(script: &Script) -> Option<Finding> {
    let seen = script.seen();
    let in_pod = |line: &Line| line.commands.iter().any(|command| entered(command).is_some());
    let load = seen.iter().find(|seen| load_of(seen.line).is_some() && in_pod(seen.line))?;
    let later = seen.iter().filter(|seen| seen.line.origin.start > load.line.origin.start);
    let later = later.filter_map(|seen| brings_back(seen.line)).find(|command| !command.has("namespace"))?;
    let before = seen.iter().take_while(|seen| seen.line.origin.start < load.line.origin.start);
    if before.into_iter().any(|seen| brings_back(seen.line).is_some()) {
        return None;
    }
    Some(
        Finding::broken(NAME, Severity::High, &script.name)
            .says(format!("{} loads the database before it brings back what runs it", script.name))
            .witness("after a total loss no pod exists when the first step enters one")
            .repair("first the cluster and its objects, then wait until the database is ready, then load it")
            .at(&load.line.origin, "loaded here")
            .at(&later.origin, "its objects come back here"),
    )
}

/// The command of a line that makes objects of the cluster.
fn brings_back(line: &Line) -> Option<&Command> {
    line.commands.iter().find(|command| {
        let verb = command.words.get(1).map_or("", |word| word.text.as_str());
        matches!((command.name(), verb), ("kubectl", "apply" | "create") | ("helm", "install" | "upgrade"))
    })
}

const VERBS: [&str; 24] = [
    "apply", "change", "check", "copy", "create", "delete", "drop", "load", "notify", "point", "promote",
    "recreate", "rename", "restart", "restore", "rotate", "run", "scale", "start", "stop", "switch",
    "update", "validate", "verify",
];

fn step_without_command(script: &Script) -> Option<Finding> {
    let note = script.notes.last().filter(|note| !note.is_followed && is_step(note))?;
    Some(
        Finding::broken(NAME, Severity::Medium, &script.name)
            .says(format!("{} has a step without a command: \"{}\"", script.name, note.text))
            .witness("whoever restores at night must invent this step, and the time to restore waits for it")
            .repair("write the command, with the names of what it changes")
            .at(&note.origin, "no command follows"),
    )
}

fn is_step(note: &Note) -> bool {
    let mut words = note.text.split_whitespace();
    let verb = words.next().unwrap_or_default().to_ascii_lowercase();
    VERBS.contains(&verb.as_str()) && words.next().is_some()
}

fn goes_on(script: &Script) -> Option<Finding> {
    let seen = script.seen();
    let load = seen.iter().find_map(|seen| Some((load_of(seen.line)?, seen)))?;
    let (Load { program, .. }, at) = load;
    let is_last = script.lines.last().is_some_and(|last| last.origin.start <= at.line.origin.start);
    if at.errexit || at.line.is_checked || is_last || !runs_by_itself(script) {
        return None;
    }
    Some(
        Finding::broken(NAME, Severity::Medium, &script.name)
            .says(format!("{} goes on after a step that failed", script.name))
            .witness(format!(
                "`{program}` fails, and the steps below it run on a database that is half there"
            ))
            .repair("begin the script with `set -euo pipefail`")
            .at(&at.line.origin, "its failure ends nothing"),
    )
}
