//! Plans and states of Terraform and OpenTofu, as `show -json` writes them.
//!
//! Source: Terraform, JSON Output Format, major version 1. What a plan does not know yet is found through the
//! references of its configuration.

mod arguments;
mod backup;
mod compute;
mod edge;
mod get;
mod groups;
mod guard;
mod network;
mod plan;
mod store;

use std::collections::BTreeMap;

use sehat_platform::inventory::cloud::Cloud;
use sehat_yaml::Node;

use crate::Context;
use plan::{Plan, Resource};

/// A type of resource and what reads it.
pub struct Kind {
    pub name: &'static str,
    pub read: fn(&Plan<'_>, &Resource<'_>, &mut Cloud),
}

const FAMILIES: [&[Kind]; 7] =
    [network::KINDS, groups::KINDS, compute::KINDS, edge::KINDS, store::KINDS, backup::KINDS, guard::KINDS];

/// Types that say nothing which a rule would judge, and that nobody misses.
const SILENT: [&str; 22] = [
    "aws_cloudwatch_dashboard",
    "aws_cloudwatch_event_rule",
    "aws_cloudwatch_event_target",
    "aws_db_subnet_group",
    "aws_ec2_tag",
    "aws_ecr_repository",
    "aws_ecr_repository_policy",
    "aws_eip",
    "aws_elasticache_subnet_group",
    "aws_iam_instance_profile",
    "aws_iam_openid_connect_provider",
    "aws_kms_alias",
    "aws_route53_record",
    "aws_route53_zone",
    "aws_sns_topic",
    "aws_sns_topic_subscription",
    "null_resource",
    "random_id",
    "random_password",
    "random_pet",
    "random_string",
    "time_sleep",
];

/// Returns whether a document is a plan or a state.
pub fn is_plan(node: &Node) -> bool {
    let has = |key: &str| node.get(key).is_some();
    has("format_version")
        && (has("planned_values") || has("resource_changes") || has("values") && has("terraform_version"))
}

/// Reads one plan or state.
pub fn read(node: &Node, cx: &mut Context) {
    let plan = Plan::new(node);
    let inventory = &mut cx.inventory;
    inventory.cloud.regions.extend(plan.regions());
    inventory.format.extend(arguments::faults(&plan));
    let mut by_kind: BTreeMap<&str, Vec<&Resource<'_>>> = BTreeMap::new();
    for resource in plan.managed() {
        by_kind.entry(resource.kind).or_default().push(resource);
    }
    // In the order of the families: what belongs to another resource is read after it.
    for known in FAMILIES.iter().flat_map(|family| family.iter()) {
        for resource in by_kind.remove(known.name).unwrap_or_default() {
            (known.read)(&plan, resource, &mut inventory.cloud);
        }
    }
    for resource in by_kind.into_iter().filter(|(kind, _)| !SILENT.contains(kind)).flat_map(|(_, all)| all) {
        inventory.skip(resource.kind, &resource.origin);
    }
}
