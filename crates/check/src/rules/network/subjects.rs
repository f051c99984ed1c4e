//! Pods that policies govern: those of the files, and those that only policies speak of.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Labels;
use sehat_platform::inventory::network::{Policy, Subject as Governed, namespace_labels};
use sehat_platform::inventory::workload::Pod;
use sehat_reach::cluster::{End, Guest};

use crate::Context;

/// A pod that policies may govern.
pub struct Subject<'a> {
    pub namespace: &'a str,
    pub origin: &'a Origin,
    who: Who,
}

enum Who {
    Workload(usize),
    Guest(Box<Guest>),
}

impl Subject<'_> {
    pub fn end(&self) -> End<'_> {
        match &self.who {
            Who::Workload(at) => End::Workload(*at),
            Who::Guest(guest) => End::Guest(guest),
        }
    }

    pub const fn is_workload(&self) -> bool {
        matches!(self.who, Who::Workload(_))
    }
}

/// Returns every workload that policies can govern, and for each policy that governs none of them a pod as it asks for.
pub fn subjects<'a>(context: &Context<'a>) -> Vec<Subject<'a>> {
    let workloads = context.inventory.workloads.iter().enumerate();
    // Source: Kubernetes, network policies: what they do to pods in the host's network is not defined.
    let own = workloads.filter(|(_, workload)| !is_on_host(&workload.pod)).map(|(at, workload)| Subject {
        namespace: &workload.object.id.namespace,
        origin: &workload.object.origin,
        who: Who::Workload(at),
    });
    let cluster = context.index.cluster();
    own.chain(cluster.idle_policies().filter_map(|policy| asked_for(context, policy))).collect()
}

pub fn is_on_host(pod: &Pod) -> bool {
    pod.host_network.as_ref().is_some_and(|stated| **stated)
}

fn asked_for<'a>(context: &Context<'a>, policy: &'a Policy) -> Option<Subject<'a>> {
    let Governed::Own(selector) = &policy.subject else { return None };
    if !selector.expressions.is_empty() || (selector.is_empty() && names_others(context, policy)) {
        return None;
    }
    let id = &policy.object.id;
    let guest = governed(context, &id.namespace, selector.labels.clone());
    Some(Subject {
        namespace: &id.namespace,
        origin: &policy.object.origin,
        who: Who::Guest(Box::new(guest)),
    })
}

/// Where other policies of the namespace name its pods, those are the ones to ask about.
fn names_others(context: &Context<'_>, policy: &Policy) -> bool {
    let others = context.inventory.network.policies.iter();
    others
        .filter(|other| other.object.id.namespace == policy.object.id.namespace)
        .any(|other| matches!(&other.subject, Governed::Own(selector) if !selector.is_empty()))
}

/// Returns a pod with these labels, governed by the policies of its namespace.
pub fn governed(context: &Context<'_>, namespace: &str, labels: Labels) -> Guest {
    Guest { is_governed: true, pod: Pod { labels, ..Pod::default() }, ..of_namespace(context, namespace) }
}

/// Returns a pod of which only the namespace is known; what the files say of the namespace counts.
pub fn of_namespace(context: &Context<'_>, namespace: &str) -> Guest {
    let known = context.inventory.network.namespaces.get(namespace);
    let stated = known.map(|known| known.object.labels.clone()).unwrap_or_default();
    Guest {
        name: namespace.to_owned(),
        namespace: namespace_labels(namespace, &stated),
        has_more_namespace: !known.is_some_and(|known| known.declared),
        ..Guest::default()
    }
}
