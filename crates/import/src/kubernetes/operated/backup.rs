//! Velero and snapshots of volumes.
//!
//! Source: Velero v1.18, API types; Kubernetes, Volume Snapshots.

use sehat_platform::inventory::operated::{Backup, BackupTarget, Copied, Destination};
use sehat_platform::inventory::{Inventory, Object, ObjectId};
use sehat_yaml::Node;

use crate::kubernetes::Kind;
use crate::kubernetes::get::{is_true, text, words};

pub const KINDS: &[Kind] = &[
    Kind { group: "velero.io", kind: "Schedule", read: |n, o, i| velero(n, o, &["spec", "template"], i) },
    Kind { group: "velero.io", kind: "Backup", read: |n, o, i| velero(n, o, &["spec"], i) },
    Kind { group: "velero.io", kind: "BackupStorageLocation", read: location },
    Kind { group: "velero.io", kind: "VolumeSnapshotLocation", read: |_, _, _| {} },
    Kind { group: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", read: snapshot },
    Kind { group: "snapshot.storage.k8s.io", kind: "VolumeSnapshotClass", read: |_, _, _| {} },
];

fn velero(node: &Node, object: Object, path: &[&str], inventory: &mut Inventory) {
    let Some(template) = node.at(path) else { return };
    let resources = words(template, &["includedResources"]);
    let volumes = template.at(&["snapshotVolumes"]).and_then(Node::as_bool) != Some(false)
        || is_true(template, &["defaultVolumesToFsBackup"]);
    let all = |list: Vec<String>| list.into_iter().filter(|name| name != "*").collect();
    let target = text(template, &["storageLocation"]);
    inventory.operated.backups.push(Backup {
        of: Copied::Namespaces {
            included: all(words(template, &["includedNamespaces"])),
            excluded: words(template, &["excludedNamespaces"]),
            volumes: volumes
                && (resources.is_empty()
                    || resources.iter().any(|name| name == "*" || name.contains("persistentvolume"))),
        },
        schedule: text(node, &["spec", "schedule"]),
        suspended: is_true(node, &["spec", "paused"]),
        retention: text(template, &["ttl"]),
        destination: target.map(|target| {
            let id = ObjectId::new("BackupStorageLocation", object.id.namespace.clone(), target.value);
            Destination::Named(id, target.origin)
        }),
        object,
    });
}

fn location(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    inventory.operated.targets.push(BackupTarget {
        bucket: text(spec, &["objectStorage", "bucket"]),
        endpoint: text(spec, &["config", "s3Url"]),
        is_default: is_true(spec, &["default"]),
        object,
    });
}

fn snapshot(node: &Node, object: Object, inventory: &mut Inventory) {
    let claim = text(node, &["spec", "source", "persistentVolumeClaimName"]);
    let of = claim.map_or(Copied::Nothing, |claim| {
        let id = ObjectId::new("PersistentVolumeClaim", object.id.namespace.clone(), claim.value);
        Copied::Claim(id, claim.origin)
    });
    let destination = Some(Destination::Snapshot(object.origin.clone()));
    inventory.operated.backups.push(Backup { of, destination, object, ..Backup::default() });
}
