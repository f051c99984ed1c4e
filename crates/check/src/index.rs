//! Who is who in an inventory, looked up once for all rules.

use std::collections::{BTreeMap, HashMap};

use sehat_platform::inventory::network::Service;
use sehat_platform::inventory::workload::Workload;
use sehat_platform::inventory::{Inventory, Object, ObjectId};

/// Lookups over an inventory.
#[derive(Debug, Default)]
pub struct Index<'a> {
    /// Every object by its name; the first where several have it.
    pub objects: HashMap<&'a ObjectId, &'a Object>,
    pub workloads: BTreeMap<&'a str, Vec<&'a Workload>>,
    pub services: BTreeMap<&'a str, Vec<&'a Service>>,
    /// By namespace and name.
    named: HashMap<(&'a str, &'a str), &'a Service>,
    /// Workloads by namespace and one label of their pods.
    labelled: HashMap<(&'a str, &'a str, &'a str), Vec<&'a Workload>>,
}

impl<'a> Index<'a> {
    pub fn new(inventory: &'a Inventory) -> Self {
        let mut index = Self::default();
        for object in &inventory.objects {
            index.objects.entry(&object.id).or_insert(object);
        }
        for workload in &inventory.workloads {
            let namespace = workload.object.id.namespace.as_str();
            index.workloads.entry(namespace).or_default().push(workload);
            for (key, value) in &workload.pod.labels {
                index.labelled.entry((namespace, key, &value.value)).or_default().push(workload);
            }
        }
        for service in &inventory.network.services {
            index.services.entry(&service.object.id.namespace).or_default().push(service);
            index.named.entry((&service.object.id.namespace, &service.object.id.name)).or_insert(service);
        }
        index
    }

    /// Returns the workloads of a namespace.
    pub fn workloads_in(&self, namespace: &str) -> &[&'a Workload] {
        self.workloads.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// Returns the services of a namespace.
    pub fn services_in(&self, namespace: &str) -> &[&'a Service] {
        self.services.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// Returns the service of a namespace that has a name.
    pub fn service(&self, namespace: &str, name: &str) -> Option<&'a Service> {
        self.named.get(&(namespace, name)).copied()
    }

    /// Returns the workloads of a namespace whose pods have a label.
    pub fn labelled<'b>(&'b self, namespace: &'b str, key: &'b str, value: &'b str) -> &'b [&'a Workload] {
        self.labelled.get(&(namespace, key, value)).map_or(&[], Vec::as_slice)
    }

    /// Returns the workloads whose pods a service leads to.
    pub fn behind(&self, service: &'a Service) -> impl Iterator<Item = &'a Workload> {
        let namespace = service.object.id.namespace.as_str();
        let label = service.selector.as_ref().and_then(|selector| selector.labels.iter().next());
        // One label of the selector narrows them down, so that large namespaces stay cheap.
        let candidates = match label {
            Some((key, value)) => self.labelled(namespace, key, value),
            None => self.workloads_in(namespace),
        };
        candidates.iter().copied().filter(|workload| {
            service.selector.as_ref().is_some_and(|selector| selector.selects(&workload.pod.labels))
        })
    }

    /// Returns the services that lead to the pods of a workload.
    pub fn in_front_of(&self, workload: &'a Workload) -> impl Iterator<Item = &'a Service> {
        let services = self.services_in(&workload.object.id.namespace).iter().copied();
        services.filter(|service| {
            service.selector.as_ref().is_some_and(|selector| selector.selects(&workload.pod.labels))
        })
    }
}
