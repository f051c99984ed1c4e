//! Pipelines, scripts, images and deployers.

mod script;

pub use script::{Command, Host, Line, Loop, Note, Redirect, Script, Seen, Shell, Top, Word};

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;

use super::{Labels, Stated};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delivery {
    /// Scripts in files, in containers and in ConfigMaps; those of workflows stand in their steps.
    pub scripts: Vec<Script>,
    pub workflows: Vec<Workflow>,
    pub builds: Vec<Build>,
    pub kustomizations: Vec<Kustomization>,
}

/// What a kustomization takes over from other files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kustomization {
    pub origin: Origin,
    /// Its own folder, empty for the top.
    pub folder: String,
    /// Files and folders, as written.
    pub takes: Vec<Stated<String>>,
}

impl Delivery {
    /// Returns every script, those of workflows too.
    pub fn all_scripts(&self) -> impl Iterator<Item = &Script> {
        let steps = self.workflows.iter().flat_map(Workflow::steps);
        self.scripts.iter().chain(steps.filter_map(|(_, step)| step.script.as_ref()))
    }
}

/// What a forge runs when something is pushed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workflow {
    /// Its path.
    pub name: String,
    pub origin: Origin,
    /// What it calls itself.
    pub title: Option<Stated<String>>,
    pub forge: Forge,
    pub triggers: Vec<Trigger>,
    /// In their order, where jobs are ordered by stages.
    pub stages: Vec<Stated<String>>,
    pub jobs: Vec<Job>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Forge {
    #[default]
    GithubActions,
    GitlabCi,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trigger {
    /// `push`, `pull_request`, `release`, `schedule`, `workflow_dispatch`.
    pub event: Stated<String>,
    /// Every branch where none is stated.
    pub branches: Vec<Stated<String>>,
    /// Tags, where only those start it.
    pub tags: Vec<Stated<String>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Job {
    pub name: String,
    pub origin: Origin,
    pub stage: Option<Stated<String>>,
    pub needs: Vec<Stated<String>>,
    pub environment: Option<Stated<String>>,
    /// `if:`, or the conditions of `rules:` and `only:`, as written.
    pub condition: Option<Stated<String>>,
    /// Somebody starts it by hand.
    pub manual: bool,
    pub image: Option<Stated<String>>,
    /// The machine that runs it: `ubuntu-latest`.
    pub runner: Option<Stated<String>>,
    /// What its token may do, where that is stated: `id-token` is `write`.
    pub permissions: Option<Labels>,
    /// A workflow of another file that it calls.
    pub calls: Option<Stated<String>>,
    pub may_fail: bool,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    pub name: String,
    pub origin: Origin,
    /// `actions/checkout@v4`.
    pub uses: Option<Stated<String>>,
    pub with: Labels,
    /// Variables that the step, its job or the workflow sets, by name.
    pub variables: BTreeMap<String, Origin>,
    pub condition: Option<Stated<String>>,
    pub may_fail: bool,
    pub script: Option<Script>,
}

impl Workflow {
    /// Returns each step with its job.
    pub fn steps(&self) -> impl Iterator<Item = (&Job, &Step)> {
        self.jobs.iter().flat_map(|job| job.steps.iter().map(move |step| (job, step)))
    }

    pub fn job(&self, name: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.name == name)
    }
}

/// A Dockerfile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Build {
    pub name: String,
    pub origin: Origin,
    pub stages: Vec<Stage>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stage {
    pub origin: Origin,
    /// `AS builder`.
    pub name: Option<String>,
    /// The image that it starts from, or an earlier stage.
    pub base: Stated<String>,
    pub user: Option<Stated<String>>,
    pub exposes: Vec<Stated<u16>>,
    pub health: Option<Origin>,
    /// Names of `ENV` and `ARG`, without their values.
    pub variables: BTreeMap<String, Origin>,
}

impl Build {
    /// Returns the stage that becomes the image.
    pub fn last(&self) -> Option<&Stage> {
        self.stages.last()
    }
}
