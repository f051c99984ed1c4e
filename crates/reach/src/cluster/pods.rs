//! The pods of an inventory as policies see them: one per workload, with its namespace, ports and network.

use std::collections::BTreeSet;

use sehat_platform::inventory::network::{
    NAMESPACE_NAME, NetworkNamespaces, PRIMARY_NETWORK, UserNetwork, namespace_labels,
};
use sehat_platform::inventory::workload::Workload;
use sehat_platform::inventory::{Inventory, Labels, Selector};

use super::hash::{FastMap, hash_of};

/// All pods and namespaces, looked up by what selectors name.
pub(crate) struct Pods<'a> {
    pub workloads: &'a [Workload],
    /// By workload.
    pub namespace_of: Vec<u32>,
    pub namespaces: Vec<Namespace<'a>>,
    by_name: FastMap<&'a str, u32>,
    /// The workloads with a label, for the keys that some policy names.
    by_label: FastMap<(&'a str, &'a str), Vec<u32>>,
    /// The primary network of each namespace; 0 is the cluster's own.
    network_of: Vec<u32>,
    pub networks: &'a [UserNetwork],
    pub any_address: bool,
}

pub(crate) struct Namespace<'a> {
    pub name: &'a str,
    pub labels: Labels,
    /// No file holds the namespace itself, so it may have more labels.
    pub is_guessed: bool,
    pub members: Vec<u32>,
}

impl<'a> Pods<'a> {
    pub fn new(inventory: &'a Inventory) -> Self {
        let mut pods = Self {
            workloads: &inventory.workloads,
            namespace_of: Vec::with_capacity(inventory.workloads.len()),
            namespaces: Vec::new(),
            by_name: FastMap::default(),
            by_label: FastMap::default(),
            network_of: Vec::new(),
            networks: &inventory.network.networks,
            any_address: inventory.workloads.iter().any(|workload| !workload.pod.addresses.is_empty()),
        };
        for (name, namespace) in &inventory.network.namespaces {
            let at = pods.add_namespace(name, Some(&namespace.object.labels));
            pods.namespaces[at as usize].is_guessed = !namespace.declared;
        }
        for workload in &inventory.workloads {
            let at = pods.add_namespace(&workload.object.id.namespace, None);
            let index = number(pods.namespace_of.len());
            pods.namespaces[at as usize].members.push(index);
            pods.namespace_of.push(at);
        }
        pods.index_labels(&keys(inventory));
        pods.network_of = pods.namespaces.iter().map(|namespace| network(inventory, namespace)).collect();
        pods
    }

    fn add_namespace(&mut self, name: &'a str, stated: Option<&Labels>) -> u32 {
        if let Some(at) = self.by_name.get(name) {
            return *at;
        }
        let at = number(self.namespaces.len());
        let labels = namespace_labels(name, stated.unwrap_or(&Labels::new()));
        self.namespaces.push(Namespace { name, labels, is_guessed: true, members: Vec::new() });
        self.by_name.insert(name, at);
        at
    }

    fn index_labels(&mut self, keys: &BTreeSet<&'a str>) {
        for (index, workload) in self.workloads.iter().enumerate() {
            for key in keys {
                if let Some(value) = workload.pod.labels.get(*key) {
                    self.by_label.entry((key, &value.value)).or_default().push(number(index));
                }
            }
        }
    }

    pub fn len(&self) -> usize {
        self.workloads.len()
    }

    pub fn namespace(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    /// Returns the smallest known list that holds every pod that the selector selects; none where nothing narrows it.
    pub fn candidates(&self, selector: &'a Selector) -> Option<&[u32]> {
        let lists = selector.labels.iter().map(|(key, value)| {
            self.by_label.get(&(key.as_str(), value.value.as_str())).map_or(&[][..], Vec::as_slice)
        });
        lists.min_by_key(|list| list.len())
    }

    /// Returns the namespaces that a selector selects.
    pub fn selected_namespaces(&self, selector: &Selector) -> Vec<u32> {
        if let Some(name) = only_name(selector) {
            return self.namespace(name).into_iter().collect();
        }
        let all = self.namespaces.iter().enumerate();
        all.filter(|(_, namespace)| selector.selects(&namespace.labels))
            .map(|(index, _)| number(index))
            .collect()
    }

    /// Returns the primary network of a workload; 0 is the cluster's own.
    pub fn network_of(&self, workload: u32) -> u32 {
        self.network_of[self.namespace_of[workload as usize] as usize]
    }

    /// Returns a number for a workload's name that is the same in every run.
    pub fn name_hash(&self, workload: usize) -> u64 {
        let id = &self.workloads[workload].object.id;
        hash_of(&[&id.namespace, &id.name, &id.kind]) | 1
    }
}

pub(crate) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// The name that a selector asks for, and nothing else.
fn only_name(selector: &Selector) -> Option<&str> {
    let value = selector.labels.get(NAMESPACE_NAME)?;
    (selector.labels.len() == 1 && selector.expressions.is_empty()).then_some(value.value.as_str())
}

/// Only labels that a policy asks for are worth an index.
fn keys(inventory: &Inventory) -> BTreeSet<&str> {
    super::policies::pod_selectors(inventory)
        .flat_map(|selector| selector.labels.keys())
        .map(String::as_str)
        .collect()
}

/// Source: OVN-Kubernetes, user-defined networks: a namespace joins a primary network only where it has the label.
fn network(inventory: &Inventory, namespace: &Namespace<'_>) -> u32 {
    if !namespace.labels.contains_key(PRIMARY_NETWORK) {
        return 0;
    }
    let joins = |network: &UserNetwork| match &network.namespaces {
        NetworkNamespaces::Own => network.object.id.namespace == namespace.name,
        NetworkNamespaces::Selected(selector) => selector.selects(&namespace.labels),
    };
    inventory.network.networks.iter().position(joins).map_or(0, |at| number(at) + 1)
}
