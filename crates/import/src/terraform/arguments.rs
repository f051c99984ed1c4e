//! Arguments that a provider or a module would refuse or ignore.
//!
//! Sources: Amazon EKS API, `Taint`; terraform-aws-modules, upgrade notes of `eks` 18 and 19 and of `rds` 6;
//! AWS provider, upgrade guide of version 6.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::format::{Fault, FaultKind};
use sehat_yaml::Node;

use super::get::{blocks, word};
use super::plan::{Module, Plan, Resource};

/// What an argument may be.
struct Choice {
    kind: &'static str,
    block: Option<&'static str>,
    argument: &'static str,
    allowed: &'static [&'static str],
}

const CHOICES: &[Choice] = &[
    Choice {
        kind: "aws_eks_node_group",
        block: Some("taint"),
        argument: "effect",
        allowed: &["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"],
    },
    Choice {
        kind: "aws_eks_node_group",
        block: None,
        argument: "capacity_type",
        allowed: &["ON_DEMAND", "SPOT", "CAPACITY_BLOCK"],
    },
    Choice {
        kind: "aws_db_instance",
        block: None,
        argument: "storage_type",
        allowed: &["standard", "gp2", "gp3", "io1", "io2"],
    },
    Choice {
        kind: "aws_lb_listener",
        block: None,
        argument: "protocol",
        allowed: &["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"],
    },
    Choice {
        kind: "aws_s3_bucket_versioning",
        block: Some("versioning_configuration"),
        argument: "status",
        allowed: &["Enabled", "Suspended", "Disabled"],
    },
];

/// An argument of a module that its newer releases know by another name.
struct Renamed {
    source: &'static str,
    since: u32,
    old: &'static str,
    new: &'static str,
}

const EKS: &str = "terraform-aws-modules/eks/aws";

const RENAMED: &[Renamed] = &[
    Renamed { source: EKS, since: 18, old: "k8s_labels", new: "labels" },
    Renamed { source: EKS, since: 18, old: "node_groups", new: "eks_managed_node_groups" },
    Renamed { source: EKS, since: 18, old: "worker_groups", new: "self_managed_node_groups" },
    Renamed { source: EKS, since: 18, old: "node_groups_defaults", new: "eks_managed_node_group_defaults" },
    Renamed { source: EKS, since: 18, old: "subnets", new: "subnet_ids" },
    Renamed { source: EKS, since: 18, old: "additional_tags", new: "tags" },
    Renamed { source: EKS, since: 18, old: "max_capacity", new: "max_size" },
    Renamed { source: EKS, since: 18, old: "min_capacity", new: "min_size" },
    Renamed { source: EKS, since: 18, old: "desired_capacity", new: "desired_size" },
    Renamed { source: "terraform-aws-modules/vpc/aws", since: 4, old: "enable_classiclink", new: "" },
    Renamed {
        source: "terraform-aws-modules/rds/aws",
        since: 6,
        old: "create_random_password",
        new: "manage_master_user_password",
    },
];

pub fn faults(plan: &Plan<'_>) -> Vec<Fault> {
    let mut faults: Vec<Fault> = plan.managed().flat_map(refused).collect();
    for (path, module) in plan.modules() {
        for (name, call) in module.node.at(&["module_calls"]).map_or(&[][..], Node::entries) {
            let module = Module { node: module.node, call: Some(call) };
            faults.extend(ignored(path, &name.text, &module));
        }
    }
    faults
}

fn refused(resource: &Resource<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for choice in CHOICES.iter().filter(|choice| choice.kind == resource.kind) {
        let places = match choice.block {
            Some(block) => blocks(resource.values, block),
            None => vec![resource.values],
        };
        for place in places {
            let Some(stated) = place.at(&[choice.argument]) else { continue };
            let value = stated.as_text().unwrap_or_default();
            if !value.is_empty() && !choice.allowed.contains(&value) {
                faults.push(not_allowed(resource, choice, value, &stated.origin));
            }
        }
    }
    faults
}

fn not_allowed(resource: &Resource<'_>, choice: &Choice, value: &str, origin: &Origin) -> Fault {
    let wanted = nearest(value, choice.allowed);
    Fault {
        kind: FaultKind::Argument,
        subject: resource.address.clone(),
        message: format!(
            "`{}` of {} is `{value}`, which the provider refuses",
            choice.argument, resource.address
        ),
        witness: format!("it takes {}", choice.allowed.join(", ")),
        repair: format!("write `{wanted}`"),
        origin: origin.clone(),
        grave: true,
        instead: Some(format!("\"{wanted}\"")),
        ..Fault::default()
    }
}

/// `NoSchedule` means `NO_SCHEDULE`.
fn nearest(value: &str, allowed: &'static [&'static str]) -> &'static str {
    let plain =
        |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    allowed
        .iter()
        .find(|known| plain(known) == plain(value))
        .or_else(|| allowed.first())
        .copied()
        .unwrap_or_default()
}

fn ignored(path: &str, name: &str, module: &Module<'_>) -> Vec<Fault> {
    let Some(call) = module.call else { return Vec::new() };
    let source = word(call, &["source"]);
    let major = major(&word(call, &["version_constraint"]));
    let Some(expressions) = call.at(&["expressions"]) else { return Vec::new() };
    let mut faults = Vec::new();
    for renamed in RENAMED {
        if source.ends_with(renamed.source) && major.is_some_and(|major| major >= renamed.since) {
            let mut places = Vec::new();
            keys(expressions, renamed.old, 0, &mut places);
            faults.extend(places.into_iter().take(1).map(|origin| not_read(path, name, renamed, origin)));
        }
    }
    faults
}

fn not_read(path: &str, name: &str, renamed: &Renamed, origin: Origin) -> Fault {
    let module = if path.is_empty() { format!("module.{name}") } else { format!("{path}.module.{name}") };
    Fault {
        kind: FaultKind::Argument,
        message: format!(
            "`{}` is not read by {} since release {}",
            renamed.old, renamed.source, renamed.since
        ),
        subject: module,
        witness: "an unknown key within an object is dropped without a word".to_owned(),
        repair: match renamed.new {
            "" => format!("take `{}` out", renamed.old),
            new => format!("write `{new}`"),
        },
        origin,
        grave: true,
        instead: (!renamed.new.is_empty()).then(|| format!("\"{}\"", renamed.new)),
        ..Fault::default()
    }
}

/// Configurations of modules lie no deeper than this.
const DEPTH_MAX: usize = 8;

fn keys(node: &Node, wanted: &str, depth: usize, found: &mut Vec<Origin>) {
    if depth > DEPTH_MAX {
        return;
    }
    for (key, value) in node.entries() {
        if key.text == wanted {
            found.push(key.origin.clone());
        }
        keys(value, wanted, depth + 1, found);
    }
    node.items().iter().for_each(|item| keys(item, wanted, depth + 1, found));
}

/// `~> 19.0` is 19.
fn major(constraint: &str) -> Option<u32> {
    let digits = constraint.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    digits.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{major, nearest};

    #[test]
    fn reads_constraints_and_near_words() {
        assert_eq!(major("~> 19.0"), Some(19));
        assert_eq!(major(""), None);
        assert_eq!(nearest("NoSchedule", &["NO_EXECUTE", "NO_SCHEDULE"]), "NO_SCHEDULE");
    }
}
