//! What steps of workflows do to images and to clusters.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::delivery::{Command, Job, Line, Script, Step, Workflow};

/// An image's name in its parts: `registry.example/clinic/records:1.0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageName {
    pub registry: Registry,
    pub path: String,
    pub tag: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Registry {
    /// None is written, which means Docker Hub.
    Default,
    Named(String),
    /// An expression that is known when the workflow runs; of Amazon ECR where it says so.
    Expression {
        is_ecr: bool,
    },
}

impl ImageName {
    pub fn read(text: &str) -> Self {
        let plain = without_expressions(text);
        let bare = plain.split('@').next().unwrap_or_default();
        let (registry, rest) = match bare.split_once('/') {
            Some((first, rest)) if first.contains(MARK) || first.contains("${") => {
                (Registry::Expression { is_ecr: text.to_ascii_lowercase().contains("ecr") }, rest)
            }
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => {
                (Registry::Named(first.to_owned()), rest)
            }
            _ => (Registry::Default, bare),
        };
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) => (path, Some(tag.to_owned())),
            None => (rest, None),
        };
        Self { registry, path: path.to_owned(), tag }
    }

    /// Returns its last part: `records`.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Returns whether both may name the same repository.
    pub fn may_be(&self, other: &Self) -> bool {
        self.path == other.path && self.registry.may_be(&other.registry)
    }
}

impl Registry {
    fn may_be(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Expression { is_ecr: true }, Self::Named(name))
            | (Self::Named(name), Self::Expression { is_ecr: true }) => name.ends_with(".amazonaws.com"),
            (Self::Expression { .. }, _) | (_, Self::Expression { .. }) => true,
            (one, other) => one.host() == other.host(),
        }
    }

    fn host(&self) -> &str {
        match self {
            Self::Named(name) => name,
            _ => "docker.io",
        }
    }
}

impl std::fmt::Display for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Default => "Docker Hub",
            Self::Named(name) => name,
            Self::Expression { is_ecr: true } => "Amazon ECR",
            Self::Expression { is_ecr: false } => "a registry that the workflow knows",
        })
    }
}

const MARK: char = '\u{1}';

/// Replaces each `${{ … }}` by one sign, so that what stands in it is not taken apart.
fn without_expressions(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        plain.push_str(before);
        plain.push(MARK);
        rest = after.split_once("}}").map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    plain
}

/// An image that a step pushes.
#[derive(Clone, Debug, PartialEq)]
pub struct Pushed {
    pub image: ImageName,
    pub origin: Origin,
}

/// Returns the images that a step pushes; a loop gives one per round.
pub fn pushed(step: &Step) -> Vec<Pushed> {
    let by_action = step.uses.iter().filter(|uses| uses.contains("build-push-action")).flat_map(|_| {
        let pushes = step.with.get("push").is_none_or(|push| push.value != "false");
        let tags = step.with.get("tags").filter(|_| pushes);
        tags.into_iter().flat_map(|tags| {
            let lines = tags.lines().flat_map(|line| line.split(',')).map(str::trim);
            lines
                .filter(|line| !line.is_empty())
                .map(|line| Pushed { image: ImageName::read(line), origin: tags.origin.clone() })
        })
    });
    let by_script = step
        .script
        .iter()
        .flat_map(|script| script.seen().into_iter().flat_map(|seen| of_line(seen.line)).collect::<Vec<_>>());
    by_action.chain(by_script).collect()
}

fn of_line(line: &Line) -> Vec<Pushed> {
    let mut found = Vec::new();
    for command in &line.commands {
        for (text, origin) in names_pushed(command) {
            for text in rounds(line, &text) {
                found.push(Pushed { image: ImageName::read(&text), origin: origin.clone() });
            }
        }
    }
    found
}

/// Returns a text once for each word that the loop around it goes through, where those are written out.
fn rounds(line: &Line, text: &str) -> Vec<String> {
    let around = line.loops.iter().find(|around| text.contains(&format!("${{{}}}", around.variable)));
    match around {
        Some(around) if around.over.iter().all(|word| word.runs.is_empty()) => {
            let variable = format!("${{{}}}", around.variable);
            around.over.iter().map(|word| text.replace(&variable, &word.text)).collect()
        }
        _ => vec![text.to_owned()],
    }
}

fn names_pushed(command: &Command) -> Vec<(String, Origin)> {
    let command = command.innermost();
    let words = &command.words;
    let after = |names: &[&str]| {
        let pairs = words.iter().zip(words.iter().skip(1));
        pairs
            .filter(|(name, _)| names.contains(&name.text.as_str()))
            .map(|(_, value)| (value.text.clone(), value.origin.clone()))
            .collect::<Vec<_>>()
    };
    match command.name() {
        "docker" | "podman" | "buildah" | "nerdctl" if command.has("push") => {
            let last = words.last().filter(|word| word.text != "push" && !word.text.starts_with('-'));
            last.map(|word| (word.text.clone(), word.origin.clone())).into_iter().collect()
        }
        "docker" | "podman" if command.has("--push") => after(&["-t", "--tag"]),
        "executor" | "kaniko" => after(&["--destination", "-d"]),
        "crane" | "skopeo" if command.has("push") || command.has("copy") => {
            words.last().map(|word| (word.text.clone(), word.origin.clone())).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// How a command changes a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// `kubectl apply`, `helm upgrade`: from files.
    Apply,
    /// `kubectl set image`, `scale`, `patch`, `edit`: the live object alone.
    Live,
    /// Asks a GitOps controller.
    Sync,
}

pub fn change(command: &Command) -> Option<Change> {
    let command = command.innermost();
    let verb = command.words.get(1).map_or("", |word| word.text.as_str());
    if command.texts().any(|text| text.starts_with("--dry-run")) {
        return None;
    }
    match (command.name(), verb) {
        ("kubectl" | "oc", "apply" | "replace" | "create")
            if !command.has("namespace") && !command.has("secret") =>
        {
            Some(Change::Apply)
        }
        ("helm", "upgrade" | "install") | ("helmfile", _) | ("terraform" | "tofu", "apply") => {
            Some(Change::Apply)
        }
        ("kubectl" | "oc", "set" | "scale" | "patch" | "edit") => Some(Change::Live),
        ("kubectl", "rollout") if command.has("restart") => Some(Change::Live),
        ("argocd", "app") if command.has("sync") => Some(Change::Sync),
        _ => None,
    }
}

/// A step that changes a cluster.
pub struct Deploys<'a> {
    pub workflow: &'a Workflow,
    pub job: &'a Job,
    pub step: &'a Step,
    pub change: Change,
    pub origin: &'a Origin,
}

/// Returns the first change of each job that makes one.
pub fn deploys(workflow: &Workflow) -> Vec<Deploys<'_>> {
    let of_job = |job| {
        let job: &Job = job;
        job.steps.iter().find_map(|step| {
            let (change, origin) = change_of(step)?;
            Some(Deploys { workflow, job, step, change, origin })
        })
    };
    workflow.jobs.iter().filter_map(of_job).collect()
}

const DEPLOY_ACTIONS: [&str; 7] = [
    "azure/k8s-deploy",
    "azure/aks-deploy",
    "amazon-ecs-deploy-task-definition",
    "deploy-cloudrun",
    "helm-deploy",
    "k8s-bake-deploy",
    "kubernetes-deploy",
];

fn change_of(step: &Step) -> Option<(Change, &Origin)> {
    let action = step.uses.as_ref().filter(|uses| DEPLOY_ACTIONS.iter().any(|name| uses.contains(name)));
    if let Some(action) = action {
        return Some((Change::Apply, &action.origin));
    }
    let script = step.script.as_ref()?;
    let seen = script.seen();
    let commands = seen.iter().flat_map(|seen| &seen.line.commands);
    commands.into_iter().find_map(|command| Some((change(command)?, &command.origin)))
}

/// Returns a job and all jobs that must end well before it begins.
pub fn before<'a>(workflow: &'a Workflow, job: &'a Job) -> Vec<&'a Job> {
    let mut found = vec![job];
    let mut at = 0;
    while let Some(one) = found.get(at).copied() {
        let needed = one.needs.iter().filter_map(|name| workflow.job(name));
        let earlier: Vec<&Job> =
            if one.needs.is_empty() { by_stage(workflow, one) } else { needed.collect() };
        for more in earlier {
            if !found.iter().any(|known| std::ptr::eq(*known, more)) {
                found.push(more);
            }
        }
        at += 1;
    }
    found
}

/// GitLab runs the jobs of a stage after those of all earlier stages.
fn by_stage<'a>(workflow: &'a Workflow, job: &Job) -> Vec<&'a Job> {
    let position = |job: &Job| {
        let stage = job.stage.as_ref()?;
        workflow.stages.iter().position(|known| known.value == stage.value)
    };
    let Some(own) = position(job) else { return Vec::new() };
    workflow.jobs.iter().filter(|other| position(other).is_some_and(|other| other < own)).collect()
}

pub fn scripts(job: &Job) -> impl Iterator<Item = &Script> {
    job.steps.iter().filter_map(|step| step.script.as_ref())
}

/// Returns whether a program of these names runs in a script, or an action whose name holds one of these is used.
pub fn uses_any(job: &Job, programs: &[&str], actions: &[&str]) -> bool {
    job.steps.iter().any(|step| {
        let by_action = step.uses.as_ref().is_some_and(|uses| actions.iter().any(|name| uses.contains(name)));
        let by_program = step.script.as_ref().is_some_and(|script| {
            script.commands().any(|command| programs.contains(&command.innermost().name()))
        });
        by_action || by_program
    })
}
