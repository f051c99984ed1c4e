//! Proves that nothing reaches production untested and unasked.
//!
//! Judged are jobs of workflows that change a cluster and that a push to a branch starts. Before them, in the same job
//! or in one that it needs, stands a gate: an `environment`, a job that somebody starts by hand, or tests together with
//! a deployment to an earlier environment. Whether an `environment` really asks somebody is a setting of the forge,
//! which no file shows, so an `environment` is taken as a gate.
//!
//! Tests of another workflow do not count: a push starts both, and neither waits for the other.
//!
//! Source: NIST SP 800-53 Rev. 5, CM-3 and CM-4; ISO/IEC 27002:2022, 8.31 and 8.32.

mod prose;

use sehat_platform::inventory::delivery::{Job, Trigger, Workflow};
use sehat_verdict::{Finding, Severity};

use crate::pipelines::{Change, Deploys, before, deploys, uses_any};
use crate::{Context, Outcome, Rule};

const NAME: &str = "promotion-gated";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Production is reached only after tests, scan and approval.",
    severity: Severity::Critical,
    hygiene: false,
    source: "NIST SP 800-53 Rev. 5, CM-3, CM-4; ISO/IEC 27002:2022, 8.31, 8.32",
    file: include_str!("promotion_gated.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

fn judge(context: &Context<'_>) -> Outcome {
    let workflows = context.inventory.delivery.workflows.iter();
    workflows.filter_map(judge_workflow).collect::<Vec<_>>().into()
}

fn judge_workflow(workflow: &Workflow) -> Option<Finding> {
    let trigger = workflow.triggers.iter().find(|trigger| is_push(trigger))?;
    let open = |deploys: &Deploys<'_>| deploys.change != Change::Sync && is_ungated(deploys);
    let all = deploys(workflow);
    let found: Vec<&Deploys<'_>> = all.iter().filter(|deploys| open(deploys)).collect();
    let first = found.first()?;
    let lacks = lacks(workflow, first.job);
    // Tests and an earlier environment are a gate of their own.
    let earlier = all.iter().any(|other| {
        let needed = before(workflow, first.job);
        !std::ptr::eq(other.job, first.job) && needed.iter().any(|job| std::ptr::eq(*job, other.job))
    });
    if earlier && !lacks.contains(&"tests") {
        return None;
    }
    Some(finding(workflow, trigger, first, &lacks).counts(found.len()))
}

fn is_push(trigger: &Trigger) -> bool {
    let only_tags = trigger.branches.is_empty() && !trigger.tags.is_empty();
    let main = ["main", "master", "production", "prod", "**", "*"];
    let of_main = trigger.branches.iter().any(|branch| main.contains(&branch.as_str()));
    trigger.event.value == "push" && !only_tags && (trigger.branches.is_empty() || of_main)
}

fn is_ungated(deploys: &Deploys<'_>) -> bool {
    let chain = before(deploys.workflow, deploys.job);
    let only_elsewhere = deploys.job.condition.as_ref().is_some_and(|condition| {
        condition.contains("workflow_dispatch")
            || condition.contains("refs/tags")
            || condition.contains("CI_COMMIT_TAG")
    });
    !only_elsewhere && !chain.iter().any(|job| job.environment.is_some() || job.manual || job.calls.is_some())
}

const TESTS: [&str; 16] = [
    "pytest",
    "tox",
    "jest",
    "vitest",
    "phpunit",
    "rspec",
    "ctest",
    "bats",
    "newman",
    "k6",
    "cypress",
    "playwright",
    "nox",
    "mocha",
    "gotestsum",
    "behave",
];
/// What looks into images.
const SCANS: [&str; 7] =
    ["trivy", "grype", "snyk", "docker-scout", "clair-scanner", "anchore-cli", "crane-scan"];
const SCAN_ACTIONS: [&str; 8] =
    ["trivy", "snyk", "grype", "anchore/", "docker/scout", "container-scan", "image-scan", "ecr-scan"];

/// What stands nowhere before a job.
fn lacks(workflow: &Workflow, job: &Job) -> Vec<&'static str> {
    let chain = before(workflow, job);
    let mut lacks = Vec::new();
    if !chain.iter().any(|job| uses_any(job, &TESTS, &["/test", "-test"]) || runs_tests(job)) {
        lacks.push("tests");
    }
    if !chain.iter().any(|job| uses_any(job, &SCANS, &SCAN_ACTIONS)) {
        lacks.push("a scan of the image");
    }
    if deploys(workflow).len() == 1 && !says(workflow, "stag") {
        lacks.push("a staging");
    }
    lacks.push("an approval");
    lacks
}

/// `go test`, `npm run test:unit`, `mvn verify`, `make check`.
fn runs_tests(job: &Job) -> bool {
    crate::pipelines::scripts(job).flat_map(sehat_platform::inventory::delivery::Script::commands).any(
        |command| {
            let command = command.innermost();
            let runner = matches!(
                command.name(),
                "go" | "cargo"
                    | "npm"
                    | "yarn"
                    | "pnpm"
                    | "make"
                    | "mvn"
                    | "mvnw"
                    | "gradle"
                    | "gradlew"
                    | "dotnet"
                    | "python"
                    | "python3"
                    | "composer"
                    | "bundle"
                    | "rake"
                    | "sbt"
                    | "mix"
                    | "docker"
                    | "poetry"
                    | "uv"
                    | "bazel"
            );
            let tests = |text: &str| {
                let mut parts = text.split(|c: char| !c.is_ascii_alphanumeric());
                parts
                    .any(|part| matches!(part, "test" | "tests" | "unittest" | "verify" | "check" | "pytest"))
            };
            runner && command.texts().skip(1).any(tests)
        },
    )
}

fn finding(workflow: &Workflow, trigger: &Trigger, deploys: &Deploys<'_>, lacks: &[&str]) -> Finding {
    let production = names_production(workflow);
    let branch = trigger.branches.first().map_or("a branch", |branch| branch.as_str());
    let untested = lacks.contains(&"tests");
    let severity = match (production.is_some(), untested) {
        (true, true) => Severity::Critical,
        (true, false) => Severity::Medium,
        (false, true) => Severity::High,
        (false, false) => Severity::Low,
    };
    let place = production.unwrap_or("the cluster");
    Finding::broken(NAME, severity, &workflow.name)
        .says(format!("a push to {branch} reaches {place} without {}", listed(lacks)))
        .witness(format!("job `{}` runs on every push and waits for nobody", deploys.job.name))
        .repair("deploy to staging first, and give the job an `environment` with required reviewers")
        .at(deploys.origin, "changes the cluster")
        .at(&trigger.event.origin, "started here")
}

fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}

/// The workflow says itself that it reaches production.
fn names_production(workflow: &Workflow) -> Option<&'static str> {
    says(workflow, "prod").then_some("production")
}

/// Returns whether a part of a word stands in its title, its names, or the words of its scripts.
fn says(workflow: &Workflow, part: &str) -> bool {
    let in_title = workflow.title.iter().map(|title| title.as_str());
    let in_steps = workflow.steps().flat_map(|(job, step)| {
        let values = step.script.iter().flat_map(|script| {
            script
                .commands()
                .flat_map(|command| command.words.iter().map(|word| word.text.as_str()))
                .collect::<Vec<_>>()
        });
        let assigned = step.script.iter().flat_map(|script| script.assigned.iter().map(String::as_str));
        [job.name.as_str(), step.name.as_str()].into_iter().chain(values).chain(assigned).collect::<Vec<_>>()
    });
    let mut words = in_title.chain(in_steps);
    words.any(|word| word.to_ascii_lowercase().contains(part))
}
