//! Proves that a rollout is watched, and taken back when it fails.
//!
//! Judged are jobs of workflows that change workloads of a cluster. After the change somebody must look whether it
//! arrives (`kubectl rollout status`, `kubectl wait`, `helm --wait`), within a time that is stated, and a change that
//! does not arrive must be taken back (`kubectl rollout undo`, `helm rollback`, `helm --atomic`) or the job must hand it
//! to a controller that does both.
//!
//! Source: Kubernetes documentation, Deployments: "Failed Deployment": a Deployment that fails stays as it is.

mod prose;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::delivery::{Command, Job};
use sehat_verdict::{Finding, Fix, Severity};

use crate::pipelines::{Change, Deploys, deploys, scripts};
use crate::{Context, Outcome, Rule};

const NAME: &str = "rollout-verified-reversible";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "A rollout waits for health and is taken back where it fails.",
    severity: Severity::Medium,
    hygiene: false,
    source: "Kubernetes documentation, Deployments: Failed Deployment",
    file: include_str!("rollout_verified_reversible.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

fn judge(context: &Context<'_>) -> Outcome {
    let workflows = context.inventory.delivery.workflows.iter();
    let deploys = workflows.flat_map(deploys).filter(|deploys| deploys.change != Change::Sync);
    deploys.filter_map(|deploys| judge_job(&deploys)).collect::<Vec<_>>().into()
}

fn judge_job(deploys: &Deploys<'_>) -> Option<Finding> {
    let job = deploys.job;
    let commands: Vec<&Command> =
        scripts(job).flat_map(sehat_platform::inventory::delivery::Script::commands).collect();
    // Infrastructure has plans and no rollouts; actions wait by themselves.
    let terraform = |command: &&&Command| matches!(command.innermost().name(), "terraform" | "tofu");
    if deploys.step.script.is_none() || commands.iter().any(|command| terraform(&command)) {
        return None;
    }
    if commands.iter().any(|command| undoes(command))
        || job.steps.iter().any(|step| step.name.contains("ollback"))
    {
        return None;
    }
    let Some(look) = commands.iter().find(|command| waits(command)) else {
        return Some(unwatched(deploys));
    };
    Some(no_way_back(deploys, look, job))
}

fn undoes(command: &Command) -> bool {
    let command = command.innermost();
    match command.name() {
        "kubectl" | "oc" => command.has("undo"),
        "helm" => command.has("rollback") || command.has("--atomic") || command.has("--rollback-on-failure"),
        _ => false,
    }
}

fn waits(command: &Command) -> bool {
    let command = command.innermost();
    match command.name() {
        "kubectl" | "oc" => command.has("rollout") && command.has("status") || command.has("wait"),
        "helm" => command.has("--wait"),
        "argocd" => command.has("wait"),
        _ => false,
    }
}

fn unwatched(deploys: &Deploys<'_>) -> Finding {
    let name = &deploys.workflow.name;
    Finding::broken(NAME, Severity::Medium, name)
        .says(format!("job `{}` of {name} does not look whether its rollout arrives", deploys.job.name))
        .witness("an image that crashes at its start leaves the job green and the rollout half done")
        .repair("add `kubectl rollout status --timeout=5m`, and `kubectl rollout undo` where it fails")
        .at(deploys.origin, "nobody waits for this")
}

fn no_way_back(deploys: &Deploys<'_>, look: &Command, job: &Job) -> Finding {
    let name = &deploys.workflow.name;
    let timed = look.texts().any(|text| text.starts_with("--timeout"));
    let (until, add) = if timed {
        ("its timeout", "")
    } else {
        ("the progress deadline, ten minutes by default", "give it a `--timeout`, and ")
    };
    let finding = Finding::broken(NAME, Severity::Medium, name)
        .says(format!("job `{}` of {name} leaves a rollout that failed as it is", job.name))
        .witness(format!("it waits until {until}, turns red, and the broken version stays half rolled out"))
        .repair(format!("{add}run `kubectl rollout undo` where it fails"))
        .at(&look.origin, "nothing undoes it")
        .at(deploys.origin, "the change");
    match fix(look, timed) {
        Some(fix) => finding.fix(fix),
        None => finding,
    }
}

/// Adds a time, and the way back, behind the last word of the look.
fn fix(look: &Command, timed: bool) -> Option<Fix> {
    let last = look.words.last().filter(|_| look.redirects.is_empty())?;
    let status = look.words.iter().position(|word| word.text == "status")?;
    let rest = look.words.get(status + 1..)?;
    let plain = rest.iter().all(|word| word.is_known() && !word.text.contains([' ', '"', '\'']));
    let length = last.origin.end.saturating_sub(last.origin.start);
    let origin =
        Origin { start: last.origin.end, column: last.origin.column + length, ..last.origin.clone() };
    let target: Vec<&str> =
        rest.iter().map(|word| word.text.as_str()).filter(|text| !text.starts_with("--timeout")).collect();
    let time = if timed { "" } else { " --timeout=5m" };
    let with = format!("{time} || {{ kubectl rollout undo {}; exit 1; }}", target.join(" "));
    (plain && look.name() == "kubectl").then_some(Fix::Replace { origin, with })
}
