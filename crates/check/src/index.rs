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
}

impl<'a> Index<'a> {
    pub fn new(inventory: &'a Inventory) -> Self {
        let mut index = Self::default();
        for object in &inventory.objects {
            index.objects.entry(&object.id).or_insert(object);
        }
        for workload in &inventory.workloads {
            index.workloads.entry(&workload.object.id.namespace).or_default().push(workload);
        }
        for service in &inventory.network.services {
            index.services.entry(&service.object.id.namespace).or_default().push(service);
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

    /// Returns the workloads whose pods a service leads to.
    pub fn behind(&self, service: &'a Service) -> impl Iterator<Item = &'a Workload> {
        let workloads = self.workloads_in(&service.object.id.namespace).iter().copied();
        workloads.filter(|workload| {
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
