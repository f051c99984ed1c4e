//! Clusters, nodes, instances, and what changes their number.

use sehat_platform::inventory::cloud::{
    Addon, Cloud, Cluster, LaunchTemplate, NodeGroup, NodeTaint, Scaling,
};
use sehat_platform::inventory::{Stated, cloud::Link};
use sehat_yaml::Node;

use super::Kind;
use super::get::{block, blocks, flag, inner, inner_int, inner_text, int, labels, said, text, texts, word};
use super::plan::{Plan, Resource};

const CLUSTER: &str = "aws_eks_cluster";

pub const KINDS: &[Kind] = &[
    Kind { name: CLUSTER, read: cluster },
    Kind { name: "aws_eks_node_group", read: node_group },
    Kind { name: "aws_eks_addon", read: addon },
    Kind { name: "aws_launch_template", read: template },
    Kind { name: "aws_autoscaling_group", read: scaling_group },
    Kind { name: "aws_autoscaling_policy", read: scaling_policy },
    Kind { name: "aws_appautoscaling_target", read: scaling_group },
    Kind { name: "aws_appautoscaling_policy", read: scaling_policy },
    Kind { name: "aws_instance", read: instance },
    Kind { name: "aws_ecs_service", read: service },
    Kind { name: "aws_lambda_function", read: function },
    Kind { name: "helm_release", read: chart },
];

fn cluster(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let values = resource.values;
    let network = block(values, &["vpc_config"]);
    let within = |key: &str| network.and_then(|network| flag(network, &[key]));
    let blocks = network.map_or_else(Vec::new, |network| texts(network, &["public_access_cidrs"]));
    cloud.clusters.push(Cluster {
        resource: resource.head(),
        name: said(values, &["name"]),
        version: said(values, &["version"]),
        is_public: within("endpoint_public_access"),
        public_blocks: blocks
            .into_iter()
            .filter_map(|block| Some(Stated::new(block.value.parse().ok()?, block.origin)))
            .collect(),
        subnets: listed(plan, resource, network, "vpc_config", "subnet_ids"),
        groups: listed(plan, resource, network, "vpc_config", "security_group_ids"),
        secrets_encrypted: !super::get::blocks(values, "encryption_config").is_empty(),
        log_types: texts(values, &["enabled_cluster_log_types"]),
    });
}

/// Ids that stand in a block.
fn listed(
    plan: &Plan<'_>,
    resource: &Resource<'_>,
    block: Option<&Node>,
    name: &str,
    key: &str,
) -> Vec<Link> {
    let stated = block.map_or_else(Vec::new, |block| texts(block, &[key]));
    let known: Vec<Link> = stated.iter().filter_map(|id| plan.linked(&id.value)).collect();
    if known.is_empty() { plan.links(resource, &[name, key]) } else { known }
}

fn node_group(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let values = resource.values;
    cloud.node_groups.push(NodeGroup {
        resource: resource.head(),
        cluster: plan.owners(resource, &["cluster_name"], CLUSTER),
        instance_types: texts(values, &["instance_types"]),
        capacity: said(values, &["capacity_type"]),
        taints: blocks(values, "taint").into_iter().map(taint).collect(),
        labels: labels(values, &["labels"]),
        min: inner_int(values, &["scaling_config", "min_size"]),
        desired: inner_int(values, &["scaling_config", "desired_size"]),
        max: inner_int(values, &["scaling_config", "max_size"]),
        subnets: plan.links(resource, &["subnet_ids"]),
        image: said(values, &["ami_type"]),
    });
}

fn taint(node: &Node) -> NodeTaint {
    NodeTaint {
        origin: node.origin.clone(),
        key: word(node, &["key"]),
        value: said(node, &["value"]).map(|value| value.value),
        effect: text(node, &["effect"]).unwrap_or_default(),
    }
}

fn addon(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let Some(name) = said(resource.values, &["addon_name"]) else { return };
    let role = "service_account_role_arn";
    cloud.addons.push(Addon {
        resource: resource.head(),
        cluster: plan.owners(resource, &["cluster_name"], CLUSTER),
        name,
        version: said(resource.values, &["addon_version"]),
        has_role: !plan.links(resource, &[role]).is_empty()
            || !blocks(resource.values, "pod_identity_association").is_empty(),
        settings: said(resource.values, &["configuration_values"]),
    });
}

fn template(_: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let disks = blocks(resource.values, "block_device_mappings");
    cloud.templates.push(LaunchTemplate {
        resource: resource.head(),
        metadata_tokens: inner_text(resource.values, &["metadata_options", "http_tokens"]),
        metadata_hops: inner_int(resource.values, &["metadata_options", "http_put_response_hop_limit"]),
        disks_encrypted: disks.iter().find_map(|disk| {
            let found = inner(disk, &["ebs", "encrypted"])?;
            Some(Stated::new(found.as_bool()?, found.origin.clone()))
        }),
    });
}

fn scaling_group(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let bound = |keys: [&str; 2]| keys.iter().find_map(|key| int(resource.values, &[key]));
    cloud.scaling.push(Scaling {
        resource: resource.head(),
        min: bound(["min_size", "min_capacity"]),
        max: bound(["max_size", "max_capacity"]),
        subnets: plan.links(resource, &["vpc_zone_identifier"]),
        is_policy: false,
        group: Vec::new(),
    });
}

fn scaling_policy(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    cloud.scaling.push(Scaling {
        resource: resource.head(),
        is_policy: true,
        group: plan.owners(resource, &["autoscaling_group_name"], "aws_autoscaling_group"),
        ..Scaling::default()
    });
}

fn instance(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    cloud.wearers.insert(resource.address.clone(), plan.links(resource, &["vpc_security_group_ids"]));
    cloud.templates.push(LaunchTemplate {
        resource: resource.head(),
        metadata_tokens: inner_text(resource.values, &["metadata_options", "http_tokens"]),
        metadata_hops: inner_int(resource.values, &["metadata_options", "http_put_response_hop_limit"]),
        disks_encrypted: inner(resource.values, &["root_block_device", "encrypted"])
            .and_then(|found| Some(Stated::new(found.as_bool()?, found.origin.clone()))),
    });
}

fn service(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let network = block(resource.values, &["network_configuration"]);
    let groups = listed(plan, resource, network, "network_configuration", "security_groups");
    cloud.wearers.insert(resource.address.clone(), groups);
}

fn function(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let network = block(resource.values, &["vpc_config"]);
    let groups = listed(plan, resource, network, "vpc_config", "security_group_ids");
    cloud.wearers.insert(resource.address.clone(), groups);
}

fn chart(_: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    cloud.charts.extend(said(resource.values, &["chart"]).or_else(|| said(resource.values, &["name"])));
}
