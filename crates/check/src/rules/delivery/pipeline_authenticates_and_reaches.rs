//! Proves that a step can log in to what it talks to.
//!
//! Judged are jobs that run on machines of the forge, which are fresh each time and know no cluster, no cloud and no
//! registry. Before the first `kubectl` or `helm` a step must say which cluster (`aws eks update-kubeconfig`, an action
//! that does it, `KUBECONFIG`); before the first use of a cloud one must bring its credentials; an identity of OpenID
//! Connect needs the permission `id-token: write`.
//!
//! Machines of the team's own may bring all that with them, so they are not judged.
//!
//! Source: GitHub documentation, "About GitHub-hosted runners" and "Configuring OpenID Connect in Amazon Web Services".

use sehat_diagnostic::Origin;
use sehat_platform::inventory::delivery::{Command, Forge, Job, Step, Workflow};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "pipeline-authenticates-and-reaches";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Credentials and a kubeconfig exist before a step needs them.",
    severity: Severity::High,
    hygiene: false,
    source: "GitHub documentation: GitHub-hosted runners; OpenID Connect",
    file: include_str!("pipeline_authenticates_and_reaches.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let workflows = context.inventory.delivery.workflows.iter();
    let hosted = workflows.filter(|workflow| workflow.forge == Forge::GithubActions);
    let jobs = hosted.flat_map(|workflow| workflow.jobs.iter().map(move |job| (workflow, job)));
    jobs.filter(|(_, job)| runs_hosted(job))
        .flat_map(|(workflow, job)| judge_job(workflow, job))
        .collect::<Vec<_>>()
        .into()
}

/// Returns whether a fresh machine of the forge runs it.
pub fn runs_hosted(job: &Job) -> bool {
    let hosted = ["ubuntu-", "macos-", "windows-"];
    job.image.is_none()
        && job.runner.as_ref().is_some_and(|runner| hosted.iter().any(|name| runner.starts_with(name)))
}

fn judge_job(workflow: &Workflow, job: &Job) -> Vec<Finding> {
    let of_needs = NEEDS.iter().filter_map(|need| unmet(workflow, job, need));
    of_needs.chain(no_token(workflow, job)).collect()
}

/// Something that a fresh machine lacks.
struct Need {
    what: &'static str,
    needs: fn(&Step) -> Option<Origin>,
    /// A part of an action's name, of a command or of a variable that brings it.
    brought_by: &'static [&'static str],
    says: &'static str,
    witness: &'static str,
    repair: &'static str,
}

const NEEDS: [Need; 2] = [
    Need {
        what: "cluster",
        needs: talks_to_cluster,
        brought_by: &[
            "update-kubeconfig",
            "get-credentials",
            "KUBECONFIG",
            "kubeconfig",
            "KUBE_CONFIG",
            "kube-config",
            ".kube/config",
            "set-context",
            "set-cluster",
            "use-context",
            "kind",
            "k3d",
            "minikube",
            "k3s",
            "microk8s",
            "doctl",
            "aks-set",
            "gke",
            "eks",
            "kubelogin",
            "rancher",
            "tsh",
            "kubectl-action",
            "setup-kube",
            "deploy-aks",
            "oc login",
            "openshift",
            "linode",
            "civo",
            "tailscale",
            "teleport",
            "cluster",
        ],
        says: "talks to a cluster, and nothing says which",
        witness: "on a fresh machine `kubectl` knows no cluster and asks localhost:8080, where nobody answers",
        repair: "add a step before it, such as `aws eks update-kubeconfig --name CLUSTER`",
    },
    Need {
        what: "cloud",
        needs: talks_to_aws,
        brought_by: &[
            "configure-aws-credentials",
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "AWS_WEB_IDENTITY",
            "aws configure",
            "assume-role",
            "awscreds",
            "aws-vault",
            ".aws/credentials",
        ],
        says: "uses Amazon Web Services, and nothing brings credentials",
        witness: "on a fresh machine there are none: the step ends with \"Could not load credentials\"",
        repair: "add `aws-actions/configure-aws-credentials` with a role before it",
    },
];

fn talks_to_cluster(step: &Step) -> Option<Origin> {
    let script = step.script.as_ref()?;
    let seen = script.seen();
    let commands = seen.iter().flat_map(|seen| &seen.line.commands);
    let found = commands.into_iter().find(|command| match command.innermost().name() {
        "kubectl" => {
            let word =
                |at: usize| command.innermost().words.get(at).map_or(String::new(), |word| word.text.clone());
            let local =
                ["version", "kustomize", "config", "completion", "krew", "plugin", "create", "convert"];
            !word(1).is_empty() && !local.contains(&word(1).as_str()) && !is_dry(command)
        }
        "helm" => {
            ["upgrade", "install", "rollback", "status"].iter().any(|verb| command.has(verb))
                && !is_dry(command)
        }
        _ => false,
    })?;
    Some(found.origin.clone())
}

fn is_dry(command: &Command) -> bool {
    command.texts().any(|text| {
        text.starts_with("--dry-run")
            || text == "--client"
            || text.starts_with("--kubeconfig")
            || text == "--token"
    })
}

fn talks_to_aws(step: &Step) -> Option<Origin> {
    let action =
        step.uses.as_ref().filter(|uses| uses.starts_with("aws-actions/") && !uses.contains("credentials"));
    if let Some(action) = action {
        return Some(action.origin.clone());
    }
    let script = step.script.as_ref()?;
    let seen = script.seen();
    let mut commands = seen.iter().flat_map(|seen| &seen.line.commands);
    let found = commands.find(|command| {
        let command = command.innermost();
        let local = ["configure", "--version", "help"];
        command.name() == "aws"
            && !command.words.get(1).is_none_or(|word| local.contains(&word.text.as_str()))
            && !command.has("--no-sign-request")
    })?;
    Some(found.origin.clone())
}

fn unmet(workflow: &Workflow, job: &Job, need: &Need) -> Option<Finding> {
    let (at, origin) = job.steps.iter().enumerate().find_map(|(at, step)| Some((at, (need.needs)(step)?)))?;
    if job.steps[..=at].iter().any(|step| brings(step, need.brought_by)) {
        return None;
    }
    Some(
        Finding::broken(NAME, Severity::High, &workflow.name)
            .says(format!("job `{}` of {} {}", job.name, workflow.name, need.says))
            .witness(need.witness)
            .repair(need.repair)
            .at(&origin, format!("the first that needs the {}", need.what))
            .at(job.runner.as_ref().map(|runner| &runner.origin), "a fresh machine"),
    )
}

fn brings(step: &Step, names: &[&str]) -> bool {
    let is_one = |text: &str| names.iter().any(|name| text.contains(name));
    let by_script = step.script.as_ref().is_some_and(|script| {
        let of_command = |command: &Command| {
            let targets = command.redirects.iter().any(|redirect| is_one(&redirect.target.text));
            let words: Vec<&str> = command.texts().collect();
            targets || is_one(&words.join(" "))
        };
        script.commands().any(of_command) || script.assigns.iter().any(|name| is_one(name))
    });
    let by_action = step.uses.as_ref().is_some_and(|uses| is_one(uses) || uses.starts_with("./"));
    let with = step.with.iter().any(|(name, value)| is_one(name) || is_one(value));
    by_script || by_action || with || step.variables.keys().any(|name| is_one(name))
}

/// A role is taken on by a token of the workflow, which has none unless it is allowed to.
fn no_token(workflow: &Workflow, job: &Job) -> Option<Finding> {
    let step = job.steps.iter().find(|step| {
        let role =
            step.with.contains_key("role-to-assume") || step.with.contains_key("workload_identity_provider");
        let own_keys =
            step.with.contains_key("aws-access-key-id") || step.variables.contains_key("AWS_ACCESS_KEY_ID");
        role && !own_keys && !step.with.contains_key("web-identity-token-file")
    })?;
    let allowed = job.permissions.as_ref().is_some_and(|permissions| {
        ["id-token", "*"]
            .iter()
            .any(|name| permissions.get(*name).is_some_and(|value| value.value == "write"))
    });
    let uses = step.uses.as_ref()?;
    (!allowed).then(|| {
        Finding::broken(NAME, Severity::High, &workflow.name)
            .says(format!(
                "job `{}` of {} takes on a role and may not ask for a token",
                job.name, workflow.name
            ))
            .witness("without `id-token: write` the forge gives no token, and the cloud refuses the role")
            .repair("add `permissions: { id-token: write, contents: read }` to the job")
            .at(&uses.origin, "needs a token")
    })
}
