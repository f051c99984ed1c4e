//! Which services and pods a host of the mesh means.

use std::collections::HashMap;

use sehat_platform::inventory::mesh::{Destination, DestinationRule, Subset, VirtualService, service_of};
use sehat_platform::inventory::network::Service;
use sehat_platform::inventory::workload::Workload;
use sehat_platform::inventory::{Labels, Object};

use crate::Context;

/// Destination rules by the namespace and the name of the service that they speak of.
pub struct MeshIndex<'a> {
    context: Context<'a>,
    rules: HashMap<(&'a str, &'a str), Vec<&'a DestinationRule>>,
}

impl<'a> MeshIndex<'a> {
    pub fn new(context: &Context<'a>) -> Self {
        let mut rules: HashMap<_, Vec<_>> = HashMap::new();
        for rule in &context.inventory.mesh.rules {
            if let Some(key) = service_of(&rule.host.value, &rule.object.id.namespace) {
                rules.entry(key).or_default().push(rule);
            }
        }
        Self { context: *context, rules }
    }

    /// Returns the service that a host means in a resource.
    pub fn service(&self, host: &str, object: &Object) -> Option<&'a Service> {
        let (namespace, name) = service_of(host, &object.id.namespace)?;
        self.context.index.service(namespace, name)
    }

    /// Returns the rules of the service that a host means in a resource.
    pub fn rules<'b>(&'b self, host: &'b str, object: &'b Object) -> &'b [&'a DestinationRule] {
        service_of(host, &object.id.namespace).and_then(|key| self.rules.get(&key)).map_or(&[], Vec::as_slice)
    }

    pub fn subset(
        &self,
        destination: &Destination,
        by: &VirtualService,
    ) -> Option<(&'a DestinationRule, &'a Subset)> {
        let wanted = &destination.subset.as_ref()?.value;
        self.rules(&destination.host.value, &by.object)
            .iter()
            .find_map(|rule| Some((*rule, rule.subsets.iter().find(|subset| subset.name.value == *wanted)?)))
    }

    /// Returns the workloads behind a host. Where no file holds its service, those of its namespace that have its
    /// name, or bear it as their `app`, are taken for them.
    pub fn workloads(&self, host: &str, object: &Object) -> Vec<&'a Workload> {
        if let Some(service) = self.service(host, object) {
            return self.context.index.behind(service).collect();
        }
        let Some((namespace, name)) = service_of(host, &object.id.namespace) else { return Vec::new() };
        let app = ["app", "app.kubernetes.io/name"]
            .iter()
            .flat_map(|key| self.context.index.labelled(namespace, key, name).iter().copied());
        let mut found: Vec<&Workload> = app.filter(|workload| !workload.kind.ends()).collect();
        found.dedup_by_key(|workload| &workload.object.id);
        found
    }
}

/// Returns whether pods carry all labels of a subset.
pub fn carries(workload: &Workload, labels: &Labels) -> bool {
    labels
        .iter()
        .all(|(key, wanted)| workload.pod.labels.get(key).is_some_and(|stated| stated.value == wanted.value))
}

/// Returns the least number of pods that the files leave to a workload: its autoscaler's minimum, else its replicas.
pub fn floor(context: &Context<'_>, workload: &Workload) -> Option<u32> {
    let autoscaler =
        context.inventory.limits.autoscalers.iter().find(|one| one.target.value == workload.object.id);
    match autoscaler {
        Some(autoscaler) => Some(autoscaler.min.as_ref().map_or(1, |min| min.value)),
        None => workload.replica_count(),
    }
}
