//! What the network plugin of a cluster does with its policies.

use sehat_diagnostic::Origin;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

/// By a word in the image of what runs on every node, or in the answer.
const ENFORCING: [&str; 11] = [
    "calico",
    "cilium",
    "antrea",
    "kube-router",
    "weave",
    "ovn",
    "canal",
    "romana",
    "kube-ovn",
    "network-policy-agent",
    "azure-npm",
];
const NOT_ENFORCING: [&str; 3] = ["flannel", "kindnet", "bridge"];

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let policies = &context.inventory.network.policies;
    let Some(first) = policies.first() else { return Vec::new() };
    match plugin(context) {
        Some((name, _)) if ENFORCING.iter().any(|known| name.contains(known)) => Vec::new(),
        Some((name, origin)) => vec![nobody(&name, origin, policies.len(), &first.object.origin)],
        None => vec![unknown(policies.len(), &first.object.id.to_string(), &first.object.origin)],
    }
}

/// Returns what the user answered, else what the files run on every node.
fn plugin<'a>(context: &Context<'a>) -> Option<(String, &'a Origin)> {
    if let Some(answer) = context.inventory.answers.get("cni") {
        return Some((answer.value.to_ascii_lowercase(), &answer.origin));
    }
    let foreign = context.inventory.network.foreign_policies.first();
    let by_policy = foreign.filter(|policy| !policy.object.group().is_empty()).map(|policy| {
        let group = policy.object.group();
        let name = if group.contains("cilium") {
            "cilium"
        } else if group.contains("antrea") {
            "antrea"
        } else {
            "calico"
        };
        (name.to_owned(), &policy.object.origin)
    });
    let images = context.inventory.workloads.iter().flat_map(|workload| &workload.pod.containers);
    let mut images = images.filter_map(|container| container.image.as_ref());
    let known = |image: &str| {
        ENFORCING.iter().chain(&NOT_ENFORCING[..1]).find(|known| base(image).contains(**known)).copied()
    };
    by_policy.or_else(|| images.find_map(|image| Some((known(&image.value)?.to_owned(), &image.origin))))
}

/// The name of an image without its registry and tag.
fn base(image: &str) -> &str {
    let path = image.split('@').next().unwrap_or(image);
    let after = path.find('/').map_or(path, |at| &path[at + 1..]);
    after.split(':').next().unwrap_or(after)
}

fn nobody(name: &str, origin: &Origin, count: usize, policy: &Origin) -> Finding {
    Finding::broken(NAME, Severity::High, name)
        .says(format!("the cluster's network plugin is `{name}`, which enforces no network policy"))
        .witness("every pod may reach every other one, whatever the policies say")
        .repair("run a plugin that enforces policies, such as Calico or Cilium")
        .at(origin, "named here")
        .at(policy, "not enforced")
        .counts(count)
}

fn unknown(count: usize, subject: &str, policy: &Origin) -> Finding {
    let said =
        if count == 1 { "a network policy is".to_owned() } else { format!("{count} network policies are") };
    Finding::unknown(NAME, Severity::Medium, subject)
        .says(format!("{said} stated, and nothing names the plugin that would enforce them"))
        .witness("a cluster whose plugin does not know policies ignores them without a word")
        .repair("say which network plugin the cluster runs")
        .asks("cni: cilium")
        .at(policy, "enforced by what?")
        .counts(count)
}
