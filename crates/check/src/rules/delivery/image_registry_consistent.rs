//! Proves that what the pipeline pushes is what the manifests deploy.
//!
//! A pushed image and a deployed one belong together where the last part of a name is the same, or where the pushed
//! name is the workload's. Then registry and path must be the same, unless the pipeline writes the pushed name into the
//! manifests before it applies them. A registry that only the running workflow knows may be any; one that the Amazon
//! ECR login gives is one of `amazonaws.com`. Where pods bring a pull secret, it was made for the registry of the
//! manifests.
//!
//! Source: Kubernetes documentation, Images: image names, and "Pull an Image from a Private Registry".

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::delivery::{Step, Workflow};
use sehat_platform::inventory::workload::{Container, Workload};
use sehat_verdict::{Finding, Severity};

use crate::pipelines::{ImageName, Pushed, pushed, scripts};
use crate::{Context, Outcome, Rule};

const NAME: &str = "image-registry-consistent";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "The pipeline pushes the image that the manifests deploy, to the registry that they can pull from.",
    severity: Severity::Critical,
    hygiene: false,
    source: "Kubernetes documentation, Images",
    file: include_str!("image_registry_consistent.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let inventory = context.inventory;
    let workflows = inventory.delivery.workflows.iter();
    workflows
        .filter(|workflow| !rewrites_images(workflow))
        .flat_map(|workflow| judge_workflow(inventory, workflow))
        .collect::<Vec<_>>()
        .into()
}

/// The name is written into the manifests, or given to the chart, on the way.
fn rewrites_images(workflow: &Workflow) -> bool {
    let commands = workflow
        .jobs
        .iter()
        .flat_map(scripts)
        .flat_map(sehat_platform::inventory::delivery::Script::commands);
    commands.into_iter().any(|command| {
        let command = command.innermost();
        match command.name() {
            "sed" | "yq" | "perl" | "kpt" | "envsubst" => {
                command.texts().any(|text| text.contains("image") || text.contains("IMAGE"))
                    || command.name() == "envsubst"
            }
            "kustomize" => command.has("image"),
            "helm" => command.texts().any(|text| text.contains("image")),
            _ => false,
        }
    })
}

fn judge_workflow(inventory: &Inventory, workflow: &Workflow) -> Vec<Finding> {
    let pushed: Vec<Pushed> = workflow.steps().flat_map(|(_, step): (_, &Step)| pushed(step)).collect();
    if pushed.is_empty() {
        return Vec::new();
    }
    inventory.workloads.iter().filter_map(|workload| judge_workload(workflow, workload, &pushed)).collect()
}

fn judge_workload(workflow: &Workflow, workload: &Workload, pushed: &[Pushed]) -> Option<Finding> {
    workload.pod.containers.iter().find_map(|container| {
        let stated = container.image.as_ref()?;
        let deployed = ImageName::read(stated);
        let mut meant = pushed.iter().filter(|pushed| belong(workload, container, &deployed, &pushed.image));
        let first = meant.next()?;
        let any = std::iter::once(first).chain(meant).any(|pushed| pushed.image.may_be(&deployed));
        (!any).then(|| finding(workflow, workload, (stated, &stated.origin), &deployed, first))
    })
}

fn belong(workload: &Workload, container: &Container, deployed: &ImageName, pushed: &ImageName) -> bool {
    let name = pushed.name();
    let known =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    known && (name == deployed.name() || name == workload.object.id.name || name == container.name)
}

fn finding(
    workflow: &Workflow,
    workload: &Workload,
    (stated, place): (&str, &Origin),
    deployed: &ImageName,
    pushed: &Pushed,
) -> Finding {
    let id = &workload.object.id;
    let secret = workload.pod.pull_secrets.first();
    let also = secret.map_or(String::new(), |secret| format!(", with pull secret `{}`", secret.value));
    let finding = Finding::broken(NAME, Severity::Critical, id.to_string())
        .says(format!(
            "{} pushes `{}` to {}, and {id} pulls `{stated}`{also}",
            workflow.name, pushed.image.path, pushed.image.registry
        ))
        .witness(format!(
            "nothing ever pushes `{}` to {}: what the manifest names is not what the pipeline builds",
            deployed.path, deployed.registry
        ))
        .repair("push and deploy one name in one registry, and make the pull secret for it")
        .at(place, "deployed")
        .at(&pushed.origin, "pushed");
    match secret {
        Some(secret) => finding.at(&secret.origin, "made for the registry of the manifest"),
        None => finding,
    }
}
