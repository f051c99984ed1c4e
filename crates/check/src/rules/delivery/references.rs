//! What the files make, looked up by kind and name.

use std::collections::{HashMap, HashSet};

use sehat_diagnostic::Origin;
use sehat_platform::inventory::config::{ConfigMap, Secret};
use sehat_platform::inventory::{Inventory, Object, Selector};

/// Everything that the files make.
pub struct Made<'a> {
    /// By kind and name: each namespace, and whether it is stated.
    named: HashMap<(&'a str, &'a str), Vec<(&'a str, bool)>>,
    maps: HashMap<&'a str, Vec<&'a ConfigMap>>,
    secrets: HashMap<&'a str, Vec<&'a Secret>>,
    /// Labels of any pod in any namespace.
    pod_labels: HashSet<(&'a str, &'a str)>,
}

/// The keys of a ConfigMap or a Secret.
pub struct Keys<'a> {
    pub names: Vec<&'a str>,
    /// There may be others.
    pub open: bool,
    pub at: &'a Origin,
}

impl<'a> Made<'a> {
    pub fn new(inventory: &'a Inventory) -> Self {
        let mut named: HashMap<_, Vec<_>> = HashMap::with_capacity(inventory.objects.len());
        let secrets = inventory.config.secrets.iter().filter(|secret| secret.made_by.is_some());
        for object in &inventory.objects {
            let place = (object.id.namespace.as_str(), object.namespace_stated);
            named.entry((object.id.kind.as_str(), object.id.name.as_str())).or_default().push(place);
        }
        for secret in secrets {
            let place = (secret.object.id.namespace.as_str(), secret.object.namespace_stated);
            named.entry(("Secret", secret.object.id.name.as_str())).or_default().push(place);
        }
        let mut made =
            Self { named, maps: HashMap::new(), secrets: HashMap::new(), pod_labels: HashSet::new() };
        for map in &inventory.config.maps {
            made.maps.entry(&map.object.id.name).or_default().push(map);
        }
        for secret in &inventory.config.secrets {
            made.secrets.entry(&secret.object.id.name).or_default().push(secret);
        }
        for workload in &inventory.workloads {
            made.pod_labels
                .extend(workload.pod.labels.iter().map(|(key, value)| (key.as_str(), value.value.as_str())));
        }
        made
    }

    /// Returns whether an object of that kind and name can be the one that is meant.
    pub fn has(&self, kind: &str, from: &Object, name: &str) -> bool {
        let places = self.named.get(&(kind, name)).map_or(&[][..], Vec::as_slice);
        comes_with_cluster(kind, name)
            || matches!(kind, "ClusterRole" | "PriorityClass" | "StorageClass") && !places.is_empty()
            || places.iter().any(|(namespace, stated)| may_be(from, namespace, *stated))
    }

    /// Returns the keys of a ConfigMap or a Secret; nothing where the files do not make it.
    pub fn keys(&self, kind: &str, from: &Object, name: &str) -> Option<Keys<'a>> {
        let ours = |object: &Object| may_be(from, &object.id.namespace, object.namespace_stated);
        if kind == "ConfigMap" {
            let maps: Vec<_> = self.maps.get(name)?.iter().filter(|map| ours(&map.object)).collect();
            let at = &maps.first()?.object.origin;
            let names = maps.iter().flat_map(|map| map.data.keys().map(String::as_str)).collect();
            return Some(Keys { names, open: false, at });
        }
        let secrets: Vec<_> = self.secrets.get(name)?.iter().filter(|secret| ours(&secret.object)).collect();
        let at = &secrets.first()?.object.origin;
        let open = secrets.iter().any(|secret| secret.keys_open || is_filled_later(secret));
        let names = secrets.iter().flat_map(|secret| secret.keys.keys().map(String::as_str)).collect();
        Some(Keys { names, open, at })
    }

    /// Returns whether pods of some namespace have every label of a selector.
    pub fn labels_pods(&self, selector: &Selector) -> bool {
        let ours = self.pod_labels.len();
        ours > 0
            && selector
                .labels
                .iter()
                .all(|(key, value)| self.pod_labels.contains(&(key.as_str(), value.value.as_str())))
    }
}

/// An object without a namespace of its own is applied to whichever is asked for.
fn may_be(from: &Object, namespace: &str, stated: bool) -> bool {
    from.id.namespace == namespace || !stated || !from.namespace_stated
}

/// A token is written into the Secret by the cluster, and an empty one is waiting for somebody.
fn is_filled_later(secret: &Secret) -> bool {
    let by_cluster =
        secret.kind.as_ref().is_some_and(|kind| kind.value == "kubernetes.io/service-account-token");
    by_cluster || secret.keys.is_empty()
}

/// Classes that providers and local clusters bring.
const CLASSES: [&str; 16] = [
    "",
    "default",
    "gp2",
    "gp3",
    "hostpath",
    "local-path",
    "managed",
    "managed-csi",
    "managed-csi-premium",
    "managed-premium",
    "premium-rwo",
    "premium-rwx",
    "standard",
    "standard-rwo",
    "standard-rwx",
    "azurefile-csi",
];

fn comes_with_cluster(kind: &str, name: &str) -> bool {
    match kind {
        "ServiceAccount" => name == "default",
        "ConfigMap" => name == "kube-root-ca.crt",
        "PriorityClass" => name.starts_with("system-"),
        "ClusterRole" => {
            name.starts_with("system:") || matches!(name, "cluster-admin" | "admin" | "edit" | "view")
        }
        "Role" => name.starts_with("system:") || name == "extension-apiserver-authentication-reader",
        "StorageClass" => CLASSES.contains(&name),
        _ => false,
    }
}
