//! The part over documents in words.

use sehat_platform::inventory::prose::Component;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{
    called, family, first_of_kinds, has_unread_infrastructure, is_managed, listed, names_any, promise,
};

/// What somebody must deploy for it to be there.
const DEPLOYED: [&str; 12] = [
    "database",
    "cache",
    "queue",
    "search",
    "logs",
    "metrics",
    "dashboards",
    "alerts",
    "traces",
    "secrets",
    "gateway",
    "pipeline",
];

/// Tools that run elsewhere, and parts of others.
const ELSEWHERE: [&str; 8] =
    ["helm", "terraform", "github", "github-actions", "gitlab-ci", "pagerduty", "email", "slack"];

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    [undeclared(context), by_hand(context)].into_iter().flatten().collect()
}

/// Files deploy some parts, and words name others.
fn undeclared(context: &Context<'_>) -> Option<Finding> {
    let inventory = context.inventory;
    let prose = &inventory.prose;
    let workload = inventory.workloads.first()?;
    let declared = |component: &Component| {
        let mine = family(component.product);
        let word = |text: &str| {
            let text = text.to_lowercase();
            text.contains(mine)
                || text.contains(component.product)
                || (mine == "postgresql" && text.contains("postgres"))
        };
        inventory.workloads.iter().any(|workload| {
            word(&workload.object.id.name)
                || workload
                    .pod
                    .all_containers()
                    .filter_map(|container| container.image.as_ref())
                    .any(|image| word(&image.value))
        }) || inventory.objects.iter().any(|object| {
            !["ConfigMap", "Secret", "NetworkPolicy", "CronJob", "ServiceMonitor"]
                .contains(&object.id.kind.as_str())
                && (word(&object.id.name) || word(&object.api_version))
        })
    };
    let missing: Vec<&Component> = first_of_kinds(prose, &DEPLOYED)
        .into_iter()
        .filter(|component| !ELSEWHERE.contains(&component.product) && !is_managed(component.product))
        .filter(|component| {
            !(has_unread_infrastructure(context) && matches!(component.kind, "database" | "cache"))
        })
        .filter(|component| !declared(component))
        .collect();
    let first = missing.first().filter(|_| missing.len() > 1)?;
    let mut names: Vec<String> = missing.iter().map(|component| called(prose, component)).collect();
    names.dedup();
    let mut finding =
        promise(context, NAME, Severity::Medium, listed(&names.iter().take(4).cloned().collect::<Vec<_>>()))
            .says(format!(
                "{} parts are named, and no file or step deploys them: {}",
                missing.len(),
                listed(&names)
            ))
            .witness(format!("only {} and the like are declared", workload.object.id.name))
            .repair("declare each part, or say who runs it and where that is declared")
            .counts(missing.len())
            .at(&first.origin, "not declared");
    for component in missing.iter().skip(1).take(4) {
        finding = finding.at(&component.origin, "not declared");
    }
    Some(finding)
}

/// Several servers, and no word on what keeps them alike.
fn by_hand(context: &Context<'_>) -> Option<Finding> {
    let inventory = context.inventory;
    let prose = &inventory.prose;
    let several = |component: &&Component| {
        component.kind == "service" && component.count.as_ref().is_some_and(|count| count.value > 1)
    };
    let servers = prose.components.iter().find(several)?;
    let tools = ["argo-cd", "flux", "github-actions", "gitlab-ci", "terraform", "cloudformation", "helm"];
    let made = prose.says(&["pipeline", "config-management"])
        || names_any(context, &tools)
        || !inventory.delivery.workflows.is_empty();
    if made || !inventory.workloads.is_empty() {
        return None;
    }
    let name = called(prose, servers);
    Some(
        promise(context, NAME, Severity::Medium, &name)
            .says(format!("nothing says how the {name} servers are set up and kept alike"))
            .witness("no pipeline or configuration management is named: servers that are set up by hand drift apart")
            .repair("name what builds, sets up and updates them, and from which repository")
            .at(&servers.origin, "set up by whom"),
    )
}
