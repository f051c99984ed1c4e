//! Proves that a copy is made of what it is said to be made of.
//!
//! Judged are scripts that copy data. A loop over names must copy something else in each round: where the name stands
//! only in the copy's own name, every copy has the same content. A folder that a container packs must be one of its
//! volumes, because everything else is the image. A pod that a script enters must be one that the files make.
//!
//! Unknown: a pod that no file makes.
//!
//! Source: ISO/IEC 27002:2022, 8.13; Kubernetes documentation, StatefulSet pod identity.

use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::delivery::{Line, Loop, Script};
use sehat_platform::inventory::workload::Workload;
use sehat_verdict::{Finding, Severity};

use crate::scripts::{Dump, Entered, PodName, backs_up, dump_of, entered, pod, workload_of};
use crate::{Context, Outcome, Rule};

const NAME: &str = "backup-target-exists";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "The job names a store that exists and is the one holding the data.",
    severity: Severity::Critical,
    hygiene: false,
    source: "ISO/IEC 27002:2022, 8.13",
    file: include_str!("backup_target_exists.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let inventory = context.inventory;
    let scripts = inventory.delivery.all_scripts().filter(|script| backs_up(script));
    let mut findings = Vec::new();
    for script in scripts {
        let seen = script.seen();
        findings.extend(seen.iter().filter_map(|seen| same_each_round(script, seen.line)));
        if let Some(workload) = workload_of(inventory, script) {
            findings.extend(seen.iter().filter_map(|seen| outside_volumes(script, workload, seen.line)));
        }
        findings.extend(pods(inventory, script));
    }
    findings.into()
}

fn same_each_round(script: &Script, line: &Line) -> Option<Finding> {
    let (at, dump) = dump_of(line)?;
    let around = line.loops.iter().find(|around| !around.variable.is_empty())?;
    let source = &line.commands[at];
    let in_source = source.words.iter().any(|word| word.uses(&around.variable));
    let targets = source.redirects.iter().map(|redirect| &redirect.target);
    let later = line.commands.iter().skip(at + 1).flat_map(|command| {
        command.words.iter().chain(command.redirects.iter().map(|redirect| &redirect.target))
    });
    let in_target = targets.chain(later).any(|word| word.uses(&around.variable));
    (in_target && !in_source).then(|| of_loop(script, line, &dump, around))
}

fn of_loop(script: &Script, line: &Line, dump: &Dump, around: &Loop) -> Finding {
    let variable = &around.variable;
    let what = dump.command.words.last().map_or("the same", |word| word.text.as_str());
    Finding::broken(NAME, Severity::Critical, &script.name)
        .says(format!("{} copies the same in every round: `${variable}` names the copy only", script.name))
        .witness(format!("two values of `${variable}` give two archives of one and the same `{what}`"))
        .repair(format!(
            "copy what `${variable}` names, by a snapshot of each volume or a pod that mounts it"
        ))
        .at(&line.origin, format!("`{}` does not depend on `${variable}`", dump.program))
}

/// A container that packs a folder which is no volume packs its image.
fn outside_volumes(script: &Script, workload: &Workload, line: &Line) -> Option<Finding> {
    let (at, dump) = dump_of(line)?;
    let is_direct = line.commands[at].name() == dump.program;
    let folder = dump.command.words.last().filter(|word| word.is_known())?;
    if dump.store != "files" || !is_direct || !folder.text.starts_with('/') {
        return None;
    }
    let mounts = workload.pod.all_containers().flat_map(|container| &container.mounts);
    let path = folder.text.trim_end_matches('/');
    let covered = mounts.into_iter().any(|mount| {
        let mount = mount.path.trim_end_matches('/');
        mount == path || path.starts_with(&format!("{mount}/")) || mount.starts_with(&format!("{path}/"))
    });
    (!covered).then(|| {
        Finding::broken(NAME, Severity::High, &script.name)
            .says(format!("{} packs `{}`, which is none of its volumes", script.name, folder.text))
            .witness(format!(
                "`{}` in this container is a folder of its image, the same every day",
                folder.text
            ))
            .repair("mount the volume that holds the data, or name the folder where it is mounted")
            .at(&folder.origin, "no volume is mounted here")
    })
}

fn pods(inventory: &Inventory, script: &Script) -> Option<Finding> {
    let entered: Vec<Entered> = script.commands().filter_map(entered).collect();
    let mut missing: Vec<(&Entered, PodName<'_>)> = Vec::new();
    for one in &entered {
        let name = pod(inventory, one);
        let known = missing.iter().any(|(other, _)| other.pod == one.pod);
        if !known && matches!(name, PodName::Unknown | PodName::Otherwise { .. }) {
            missing.push((one, name));
        }
    }
    let first = missing.iter().find(|(_, name)| *name != PodName::Unknown).or_else(|| missing.first())?;
    let finding = match &first.1 {
        PodName::Otherwise { cluster, pods } => Finding::broken(NAME, Severity::High, &script.name)
            .says(format!(
                "{} copies from pod `{}`, and {cluster} names its pods {pods}",
                script.name, first.0.pod
            ))
            .witness(format!("no pod is called `{}`, so the copy fails on every day", first.0.pod))
            .repair(format!("name the pod as {cluster} does, or copy through its service")),
        _ => Finding::unknown(NAME, Severity::High, &script.name)
            .says(format!("{} copies from pod `{}`, which no file makes", script.name, first.0.pod))
            .witness(format!("neither a StatefulSet nor a Pod of the files gives `{}`", first.0.pod))
            .repair("add the manifest of what makes it, or name a pod that exists"),
    };
    let finding = finding.at(&first.0.origin, "this pod");
    let others = missing.iter().filter(|(one, _)| one.pod != first.0.pod).take(4);
    Some(others.fold(finding, |finding, (one, _)| finding.at(&one.origin, "and this one")))
}
