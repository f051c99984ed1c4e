//! Claims of volumes, and their classes.

use sehat_platform::inventory::storage::{StorageClass, VolumeClaim};
use sehat_platform::inventory::{Inventory, Object};
use sehat_yaml::Node;

use super::get::{is_true, labels, text, texts};
use super::quantity::bytes;
use super::{Kind, head};

pub const KINDS: &[Kind] = &[
    Kind {
        group: "",
        kind: "PersistentVolumeClaim",
        read: |node, _, inventory| inventory.storage.claims.push(claim(node)),
    },
    Kind { group: "storage.k8s.io", kind: "StorageClass", read: class },
    Kind {
        group: "",
        kind: "PersistentVolume",
        read: |_, object, inventory| inventory.storage.volumes.push(object),
    },
];

/// Reads a claim or the template of one.
pub fn claim(node: &Node) -> VolumeClaim {
    VolumeClaim {
        object: head::object(node),
        size: bytes(node, &["spec", "resources", "requests", "storage"]),
        class: text(node, &["spec", "storageClassName"]),
        access: texts(node, &["spec", "accessModes"]),
    }
}

fn class(node: &Node, object: Object, inventory: &mut Inventory) {
    let default = object.annotations.get("storageclass.kubernetes.io/is-default-class");
    inventory.storage.classes.push(StorageClass {
        is_default: default.is_some_and(|stated| stated.value == "true"),
        provisioner: text(node, &["provisioner"]),
        parameters: labels(node, &["parameters"]),
        reclaim: text(node, &["reclaimPolicy"]),
        expands: is_true(node, &["allowVolumeExpansion"]),
        binding: text(node, &["volumeBindingMode"]),
        object,
    });
}
