//! Proves that what a load balancer probes is open from it.
//!
//! A target group's check goes to the traffic port unless another is stated. The balancer's own group must let it out,
//! and the group that admits the balancer on the traffic port must admit it on the port of the check too; else every
//! target is found sick, and users are answered 503, while the service runs.
//!
//! Silent: balancers without a security group, and targets whose group no rule of the input names.
//!
//! Source: Elastic Load Balancing, health checks for target groups.

mod prose;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::cloud::{Balancer, GroupRule, Link, SecurityGroup, TargetGroup};
use sehat_verdict::{Finding, Severity};

use crate::cloud::CloudIndex;
use crate::{Context, Outcome, Rule};

const NAME: &str = "health-check-port-open";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "The port that a load balancer probes is open from the load balancer.",
    severity: Severity::High,
    hygiene: false,
    source: "Elastic Load Balancing, health checks for target groups",
    file: include_str!("health_check_port_open.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

fn judge(context: &Context<'_>) -> Outcome {
    let index = CloudIndex::new(&context.inventory.cloud);
    let mut findings = Vec::new();
    for listener in &index.cloud.listeners {
        let balancers = index
            .cloud
            .balancers
            .iter()
            .filter(|balancer| is_among(&listener.balancer, &balancer.resource.address));
        let targets: Vec<&TargetGroup> = index
            .cloud
            .target_groups
            .iter()
            .filter(|target| is_among(&listener.targets, &target.resource.address))
            .collect();
        for balancer in balancers {
            findings.extend(targets.iter().filter_map(|target| judge_target(&index, balancer, target)));
        }
    }
    findings.dedup_by(|one, other| one.subject == other.subject && one.message == other.message);
    findings.into()
}

fn is_among(links: &[Link], address: &str) -> bool {
    links.iter().any(|link| link.here() == Some(address))
}

/// The port that is probed, and where that is stated.
fn probed(target: &TargetGroup) -> Option<(u16, &Origin)> {
    let traffic = target.port.as_ref();
    match target.check.port.as_ref() {
        Some(port) if port.value != "traffic-port" => Some((port.value.parse().ok()?, &port.origin)),
        _ => traffic.map(|port| (port.value, &port.origin)),
    }
}

fn judge_target(index: &CloudIndex<'_>, balancer: &Balancer, target: &TargetGroup) -> Option<Finding> {
    let (port, place) = probed(target)?;
    let groups: Vec<&SecurityGroup> = balancer.groups.iter().filter_map(|link| index.group(link)).collect();
    if groups.is_empty() || groups.len() != balancer.groups.len() {
        return None;
    }
    let lets_out = groups
        .iter()
        .any(|group| !group.states_egress || group.egress.iter().any(|rule| rule.ports.covers("tcp", port)));
    if !lets_out {
        return Some(shut(
            target,
            port,
            place,
            groups[0],
            "may not call out on it",
            &groups[0].resource.origin,
        ));
    }
    let traffic = target.port.as_ref()?.value;
    let from_balancer =
        |rule: &GroupRule| groups.iter().any(|group| is_among(&rule.groups, &group.resource.address));
    let behind = index.cloud.groups.iter().find_map(|group| {
        let rule =
            group.ingress.iter().find(|rule| rule.ports.covers("tcp", traffic) && from_balancer(rule))?;
        Some((group, rule))
    });
    let (group, rule) = behind.filter(|_| port != traffic)?;
    let open = group.ingress.iter().any(|rule| {
        rule.ports.covers("tcp", port)
            && (from_balancer(rule) || rule.is_open_ended || !rule.blocks.is_empty())
    });
    (!open).then(|| shut(target, port, place, group, "does not admit it", &rule.origin))
}

fn shut(
    target: &TargetGroup,
    port: u16,
    place: &Origin,
    group: &SecurityGroup,
    how: &str,
    at: &Origin,
) -> Finding {
    let (name, group) = (&target.resource.address, &group.resource.address);
    Finding::broken(NAME, Severity::High, name)
        .says(format!("the balancer probes {name} on port {port}, and {group} {how}"))
        .witness("every target is found sick, and requests are answered 503")
        .repair(format!("open tcp {port} between them, or probe the traffic port"))
        .at(at, "port is not open here")
        .at(place, "probed here")
}
