//! Load balancers, their listeners and targets, and what stands before them.

use sehat_platform::inventory::cloud::{Balancer, Cdn, Cloud, HealthCheck, Listener, TargetGroup, WebAcl};
use sehat_yaml::Node;

use super::Kind;
use super::get::{block, blocks, flag, inner, inner_text, int, said, text, texts, word};
use super::plan::{Plan, Resource};

pub const KINDS: &[Kind] = &[
    Kind { name: "aws_lb", read: balancer },
    Kind { name: "aws_alb", read: balancer },
    Kind { name: "aws_lb_target_group", read: target_group },
    Kind { name: "aws_alb_target_group", read: target_group },
    Kind { name: "aws_lb_listener", read: listener },
    Kind { name: "aws_alb_listener", read: listener },
    Kind { name: "aws_lb_target_group_attachment", read: |_, _, _| {} },
    Kind { name: "aws_lb_listener_rule", read: |_, _, _| {} },
    Kind { name: "aws_cloudfront_distribution", read: cdn },
    Kind { name: "aws_wafv2_web_acl", read: web_acl },
    Kind { name: "aws_wafv2_web_acl_association", read: protects },
];

fn balancer(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    cloud.balancers.push(Balancer {
        resource: resource.head(),
        kind: said(resource.values, &["load_balancer_type"]),
        is_internal: flag(resource.values, &["internal"]),
        subnets: plan.links(resource, &["subnets"]),
        groups: plan.links(resource, &["security_groups"]),
        protected: flag(resource.values, &["enable_deletion_protection"]),
    });
}

fn target_group(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let check = block(resource.values, &["health_check"]);
    let stated = |key: &str| check.and_then(|check| said(check, &[key]));
    cloud.target_groups.push(TargetGroup {
        resource: resource.head(),
        network: plan.links(resource, &["vpc_id"]),
        port: int(resource.values, &["port"]),
        protocol: said(resource.values, &["protocol"]),
        check: HealthCheck {
            origin: check.map(|check| check.origin.clone()),
            port: stated("port"),
            path: stated("path"),
            protocol: stated("protocol"),
        },
    });
}

fn listener(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let actions = blocks(resource.values, "default_action");
    let redirects =
        |action: &&Node| inner(action, &["redirect", "protocol"]).and_then(Node::as_text) == Some("HTTPS");
    let targets = actions.iter().filter_map(|action| said(action, &["target_group_arn"]));
    let mut targets: Vec<_> = targets.filter_map(|target| plan.linked(&target.value)).collect();
    if targets.is_empty() {
        targets = plan.links(resource, &["default_action", "target_group_arn"]);
    }
    cloud.listeners.push(Listener {
        resource: resource.head(),
        balancer: plan.links(resource, &["load_balancer_arn"]),
        port: int(resource.values, &["port"]),
        protocol: said(resource.values, &["protocol"]),
        tls_policy: said(resource.values, &["ssl_policy"]),
        redirects_to_https: actions.iter().any(redirects),
        targets,
    });
}

fn cdn(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let values = resource.values;
    let behaviours: Vec<&Node> = ["default_cache_behavior", "ordered_cache_behavior"]
        .iter()
        .flat_map(|key| blocks(values, key))
        .collect();
    let origins = blocks(values, "origin");
    cloud.cdns.push(Cdn {
        resource: resource.head(),
        origins: origins.iter().filter_map(|origin| said(origin, &["domain_name"])).collect(),
        viewer_policies: behaviours.iter().filter_map(|one| said(one, &["viewer_protocol_policy"])).collect(),
        tls_min: inner_text(values, &["viewer_certificate", "minimum_protocol_version"]),
        origin_policies: origins
            .iter()
            .filter_map(|origin| inner_text(origin, &["custom_origin_config", "origin_protocol_policy"]))
            .collect(),
        web_acl: plan.links(resource, &["web_acl_id"]),
        countries: countries(values),
        methods: behaviours.iter().flat_map(|one| texts(one, &["allowed_methods"])).collect(),
    });
}

fn countries(values: &Node) -> Vec<sehat_platform::inventory::Stated<String>> {
    let bound = block(values, &["restrictions"]).and_then(|found| block(found, &["geo_restriction"]));
    let bound = bound.filter(|bound| word(bound, &["restriction_type"]) == "whitelist");
    bound.map_or_else(Vec::new, |bound| texts(bound, &["locations"]))
}

fn web_acl(_: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let scope = text(resource.values, &["scope"]);
    cloud.web_acls.push(WebAcl { resource: resource.head(), scope, protects: Vec::new() });
}

fn protects(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let owners = plan.links(resource, &["web_acl_arn"]);
    let protected = plan.links(resource, &["resource_arn"]);
    for acl in &mut cloud.web_acls {
        if super::network::is_here(&owners, &acl.resource.address) {
            acl.protects.extend(protected.iter().cloned());
        }
    }
}
