//! Proves that each command of a step is there, with the variables that it uses.
//!
//! Judged are jobs on machines of GitHub. A tool that these machines do not bring must be installed by an earlier step.
//! A variable that only another step of the job sets is empty: each step is a shell of its own, and `env` of a step ends
//! with it, unless the value is written to `GITHUB_ENV`.
//!
//! Source: GitHub documentation, "Setting an environment variable"; actions/runner-images, "Ubuntu 24.04", installed
//! software.

use std::collections::BTreeSet;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::delivery::{Command, Forge, Job, Script, Step, Word, Workflow};
use sehat_verdict::{Finding, Severity};

use super::pipeline_authenticates_and_reaches::runs_hosted;
use crate::{Context, Outcome, Rule};

const NAME: &str = "pipeline-commands-exist";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Every command in a step is installed, and every variable that it uses is set.",
    severity: Severity::High,
    hygiene: false,
    source: "GitHub documentation: environment variables; actions/runner-images, Ubuntu 24.04",
    file: include_str!("pipeline_commands_exist.rs"),
    judge,
};

/// Tools of delivery that a machine of GitHub does not bring.
const ABSENT: [&str; 28] = [
    "argocd",
    "checkov",
    "conftest",
    "cosign",
    "dive",
    "eksctl",
    "flux",
    "golangci-lint",
    "gosec",
    "govulncheck",
    "grype",
    "hadolint",
    "helmfile",
    "istioctl",
    "k6",
    "kube-linter",
    "kubeconform",
    "kubeseal",
    "kubeval",
    "opa",
    "promtool",
    "semgrep",
    "snyk",
    "sops",
    "syft",
    "terraform",
    "tflint",
    "trivy",
];

fn judge(context: &Context<'_>) -> Outcome {
    let workflows = context.inventory.delivery.workflows.iter();
    let github = workflows.filter(|workflow| workflow.forge == Forge::GithubActions);
    let jobs = github.flat_map(|workflow| workflow.jobs.iter().map(move |job| (workflow, job)));
    let mut findings = Vec::new();
    for (workflow, job) in jobs {
        findings.extend(unset(workflow, job));
        if runs_hosted(job) {
            findings.extend(absent(workflow, job));
        }
    }
    findings.into()
}

fn absent(workflow: &Workflow, job: &Job) -> Option<Finding> {
    job.steps.iter().enumerate().find_map(|(at, step)| {
        let script = step.script.as_ref()?;
        let (tool, origin) = script.commands().find_map(|command| {
            let command = command.innermost();
            let tool = ABSENT.into_iter().find(|tool| *tool == command.name())?;
            Some((tool, command.origin))
        })?;
        let installed = job.steps[..=at].iter().any(|step| installs(step, tool));
        (!installed).then(|| of_tool(workflow, job, tool, &origin))
    })
}

/// Any mention of the tool other than as a command may install it, and so may what is not read.
fn installs(step: &Step, tool: &str) -> bool {
    let by_action = step
        .uses
        .as_ref()
        .is_some_and(|uses| uses.contains(tool) || uses.starts_with("./") || uses.contains("setup"))
        && step.uses.as_ref().is_some_and(|uses| {
            uses.contains(tool)
                || uses.starts_with("./")
                || uses.contains("devbox")
                || uses.contains("mise")
                || uses.contains("asdf")
                || uses.contains("nix")
                || uses.contains("arkade")
        });
    let mentions = |command: &Command| {
        let command = command.innermost();
        let other = command.name() != tool;
        let opens = matches!(
            command.name(),
            "make" | "just" | "task" | "mise" | "asdf" | "nix" | "devbox" | "brew" | "source" | "."
        );
        let runs_file = command.words.first().is_some_and(|word| word.text.starts_with("./"));
        opens
            || runs_file
            || other && command.texts().skip(1).any(|text| text.contains(tool)) && !wraps(&command)
    };
    by_action || step.script.as_ref().is_some_and(|script| script.commands().any(mentions))
}

/// `xargs gosec` runs it and installs nothing.
fn wraps(command: &Command) -> bool {
    matches!(command.name(), "xargs" | "sudo" | "time" | "timeout" | "echo" | "printf")
}

fn of_tool(workflow: &Workflow, job: &Job, tool: &str, origin: &Origin) -> Finding {
    Finding::broken(NAME, Severity::High, &workflow.name)
        .says(format!("job `{}` of {} runs `{tool}`, which nothing installs", job.name, workflow.name))
        .witness(format!("a fresh machine has no `{tool}`: \"command not found\", status 127"))
        .repair(format!("install `{tool}` in a step before, or use its action"))
        .at(origin, "not on this machine")
        .at(job.runner.as_ref().map(|runner| &runner.origin), "this machine")
}

fn unset(workflow: &Workflow, job: &Job) -> Option<Finding> {
    let handed_on = job.steps.iter().any(hands_on);
    job.steps.iter().filter(|_| !handed_on).find_map(|step| {
        let script = step.script.as_ref()?;
        let own: BTreeSet<&str> =
            script.assigns.iter().chain(step.variables.keys()).map(String::as_str).collect();
        let used = uses(script);
        let mut missing = used.into_iter().filter_map(|(name, word)| {
            let setter = job.steps.iter().find(|other| !std::ptr::eq(*other, step) && sets(other, &name))?;
            (!own.contains(name.as_str())).then_some((name, word, setter))
        });
        let (name, word, setter) = missing.next()?;
        let also: Vec<String> = missing.map(|(name, ..)| name).collect::<BTreeSet<_>>().into_iter().collect();
        Some(of_variable(workflow, step, &name, word, setter, &also))
    })
}

/// Something is written for the steps that follow.
fn hands_on(step: &Step) -> bool {
    step.script.as_ref().is_some_and(|script| {
        let of_command = |command: &Command| {
            let texts =
                command.texts().chain(command.redirects.iter().map(|redirect| redirect.target.text.as_str()));
            texts.into_iter().any(|text| text.contains("GITHUB_ENV"))
        };
        script.commands().any(of_command)
    })
}

fn sets(step: &Step, name: &str) -> bool {
    step.variables.contains_key(name)
        || step.script.as_ref().is_some_and(|script| script.assigns.iter().any(|known| known == name))
}

/// Variables in upper case that a script uses.
fn uses(script: &Script) -> Vec<(String, &Word)> {
    let seen = script.seen();
    let commands = seen.iter().flat_map(|seen| &seen.line.commands);
    let words = commands.flat_map(|command| {
        command.words.iter().chain(command.redirects.iter().map(|redirect| &redirect.target))
    });
    words.flat_map(|word| variables(&word.text).into_iter().map(move |name| (name, word))).collect()
}

fn variables(text: &str) -> Vec<String> {
    let is_name = |name: &str| {
        name.len() > 2 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    let parts = text.split("${").skip(1).filter_map(|part| part.split_once('}'));
    parts.map(|(name, _)| name.to_owned()).filter(|name| is_name(name)).collect()
}

fn of_variable(
    workflow: &Workflow,
    step: &Step,
    name: &str,
    word: &Word,
    setter: &Step,
    also: &[String],
) -> Finding {
    let others = if also.is_empty() { String::new() } else { format!(" (and {})", also.join(", ")) };
    let place = setter.variables.get(name).unwrap_or(&setter.origin);
    Finding::broken(NAME, Severity::High, &workflow.name)
        .says(format!(
            "step \"{}\" of {} uses `{name}`{others}, which only step \"{}\" sets",
            step.name, workflow.name, setter.name
        ))
        .witness(format!("each step is a shell of its own: here `${name}` is empty"))
        .repair("set it in the job's `env`, or write it to `GITHUB_ENV`")
        .at(&word.origin, "empty here")
        .at(place, "set for this step only")
}
