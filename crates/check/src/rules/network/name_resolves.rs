//! Proves that the names that workloads are told to call are names of services.
//!
//! Asked are names that can only be the cluster's own: `NAME.NAMESPACE.svc`, and short names with a port.
//!
//! Broken: no service of the files is called so, and the files hold a service that is meant: the same name in another
//! namespace. Unknown: a full name in a namespace of which the files hold services, and this one is not among them.
//!
//! Source: Kubernetes, *DNS for Services and Pods*.

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::network::Service;
use sehat_verdict::{Finding, Severity};

use super::hosts::{Hosts, Told, cluster_name};
use crate::{Context, Outcome, Rule};

const NAME: &str = "name-resolves";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "The names that workloads are told to call are names of services.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes: DNS for Services and Pods",
    file: include_str!("name_resolves.rs"),
    judge,
};

/// Who is told a name that resolves to nothing.
struct Lost<'a> {
    workload: String,
    origin: &'a Origin,
    variable: &'a str,
    other: Option<&'a Service>,
}

fn judge(context: &Context<'_>) -> Outcome {
    let hosts = Hosts::new(context);
    let mut elsewhere: BTreeMap<&str, Vec<&Service>> = BTreeMap::new();
    for service in &context.inventory.network.services {
        elsewhere.entry(&service.object.id.name).or_default().push(service);
    }
    let mut lost: BTreeMap<String, Vec<Lost<'_>>> = BTreeMap::new();
    for workload in &context.inventory.workloads {
        let namespace = &workload.object.id.namespace;
        for told in
            hosts.told(workload).into_iter().filter(|told| hosts.service(namespace, &told.host).is_none())
        {
            let Some((name, stated)) = cluster_name(&told.host) else { continue };
            let others = elsewhere.get(name).map_or(&[][..], Vec::as_slice);
            let other = match (others, stated) {
                // Objects without a stated namespace may be applied to any.
                ([only], _)
                    if only.object.namespace_stated && workload.object.namespace_stated && told.is_sure =>
                {
                    Some(*only)
                }
                _ => None,
            };
            if other.is_some() || is_missing(context, &told, stated) {
                let line = Lost {
                    workload: workload.object.id.to_string(),
                    origin: told.origin,
                    variable: told.from,
                    other,
                };
                lost.entry(told.host).or_default().push(line);
            }
        }
    }
    lost.iter().map(|(host, lines)| finding(host, lines)).collect::<Vec<_>>().into()
}

/// A full name in a namespace whose services the files hold.
fn is_missing(context: &Context<'_>, told: &Told<'_>, namespace: Option<&str>) -> bool {
    let is_full = told.host.contains(".svc");
    is_full
        && namespace.is_some_and(|namespace| {
            let services = context.index.services_in(namespace);
            services.iter().any(|service| service.object.namespace_stated)
        })
}

fn finding(host: &str, lines: &[Lost<'_>]) -> Finding {
    let first = &lines[0];
    let more = if lines.len() > 1 { format!(" and {} more", lines.len() - 1) } else { String::new() };
    let subject = first.workload.as_str();
    let told = format!("`{subject}`{more} is told by `{}` to call `{host}`", first.variable);
    let finding = match first.other {
        Some(service) => Finding::broken(NAME, Severity::High, subject)
            .says(format!("{told}, and that service lies elsewhere: `{}`", service.object.id))
            .witness("a name is looked up in the caller's own namespace, or in the one that it states")
            .repair(format!("call `{}.{}`", service.object.id.name, service.object.id.namespace)),
        None => Finding::unknown(NAME, Severity::Medium, subject)
            .says(format!("{told}, and no file holds such a service"))
            .witness("the files hold other services of that namespace, and none of this name")
            .repair("add the service, or call one that is there"),
    };
    finding
        .at(first.origin, "called here")
        .at(first.other.map(|service| &service.object.origin), "lies here")
        .counts(lines.len())
}
