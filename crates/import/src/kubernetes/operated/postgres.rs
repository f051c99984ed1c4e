//! CloudNativePG: clusters of PostgreSQL, their copies and poolers.
//!
//! Source: CloudNativePG v1.30, Architecture, Applications, Backup and API Reference.

use sehat_platform::inventory::operated::{Backup, BackupTarget, Copied, Destination, Store, StoreBackup};
use sehat_platform::inventory::{Inventory, Object, ObjectId, Stated};
use sehat_yaml::Node;

use super::made::{Maker, version_of};
use crate::kubernetes::Kind;
use crate::kubernetes::get::{int, is_true, items, text, word};
use crate::kubernetes::quantity::bytes;

const GROUP: &str = "postgresql.cnpg.io";

pub const KINDS: &[Kind] = &[
    Kind { group: GROUP, kind: "Cluster", read: cluster },
    Kind { group: GROUP, kind: "ScheduledBackup", read: |n, o, i| backup(n, o, true, i) },
    Kind { group: GROUP, kind: "Backup", read: |n, o, i| backup(n, o, false, i) },
    Kind { group: GROUP, kind: "Pooler", read: pooler },
    Kind { group: GROUP, kind: "Database", read: |_, _, _| {} },
    Kind { group: GROUP, kind: "ImageCatalog", read: |_, _, _| {} },
    Kind { group: GROUP, kind: "ClusterImageCatalog", read: |_, _, _| {} },
    Kind { group: "barmancloud.cnpg.io", kind: "ObjectStore", read: object_store },
];

/// What the operator writes into the secret of the application's user.
const APP_KEYS: [&str; 10] =
    ["username", "user", "password", "dbname", "host", "port", "uri", "jdbc-uri", "pgpass", "fqdn-uri"];

fn cluster(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    let image = text(spec, &["imageName"]);
    let instances = int::<u32>(spec, &["instances"]);
    let name = object.id.name.clone();
    let mut maker = Maker {
        object: &object,
        inventory,
        labels: vec![("cnpg.io/cluster", name.clone()), ("cnpg.io/podRole", "instance".to_owned())],
        ports: vec![("postgresql", 5432), ("metrics", 9187), ("status", 8000)],
    };
    maker.pods("postgres", image.clone(), Some(count(instances.as_ref(), &object)));
    ["rw", "ro", "r"].iter().for_each(|role| maker.service(format!("{name}-{role}"), false));
    if text(spec, &["bootstrap", "initdb", "secret", "name"]).is_none() {
        maker.secret(format!("{name}-app"), &APP_KEYS);
    }
    if is_true(spec, &["enableSuperuserAccess"]) && text(spec, &["superuserSecret", "name"]).is_none() {
        maker.secret(format!("{name}-superuser"), &APP_KEYS);
    }
    for kind in ["ca", "server", "replication"] {
        maker.secret(format!("{name}-{kind}"), &["tls.crt", "tls.key", "ca.crt"]);
    }
    let version = image.as_ref().and_then(version_of);
    let version = version.or_else(|| text(spec, &["imageCatalogRef", "major"]));
    inventory.operated.stores.push(Store {
        product: "postgresql",
        version,
        instances,
        size: bytes(spec, &["storage", "size"]),
        persists: true,
        backup: own_backup(spec, &object),
        tls: None,
        port: 5432,
        object,
    });
}

/// One instance where none is stated.
fn count(stated: Option<&Stated<u32>>, object: &Object) -> Stated<u32> {
    stated.cloned().unwrap_or_else(|| Stated::new(1, object.origin.clone()))
}

/// The plugin, or the older section of the cluster itself.
fn own_backup(spec: &Node, object: &Object) -> Option<StoreBackup> {
    let plugin =
        items(spec, &["plugins"]).iter().find(|plugin| word(plugin, &["name"]).starts_with("barman-cloud"));
    if let Some(plugin) = plugin {
        let target = text(plugin, &["parameters", "barmanObjectName"]);
        return Some(StoreBackup {
            origin: plugin.origin.clone(),
            destination: target.map(|target| {
                let id = ObjectId::new("ObjectStore", object.id.namespace.clone(), target.value);
                Destination::Named(id, target.origin)
            }),
            archives_log: is_true(plugin, &["isWALArchiver"]),
            ..StoreBackup::default()
        });
    }
    let backup = spec.at(&["backup"])?;
    let bucket = text(backup, &["barmanObjectStore", "destinationPath"]);
    let snapshot = backup.at(&["volumeSnapshot"]);
    Some(StoreBackup {
        origin: backup.origin.clone(),
        // With an object store the log is archived by itself.
        archives_log: bucket.is_some(),
        destination: bucket
            .map(Destination::Bucket)
            .or_else(|| snapshot.map(|snapshot| Destination::Snapshot(snapshot.origin.clone()))),
        retention: text(backup, &["retentionPolicy"]),
        schedule: None,
    })
}

fn backup(node: &Node, object: Object, scheduled: bool, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    let of = text(spec, &["cluster", "name"]).map_or(Copied::Nothing, |cluster| {
        Copied::Store(ObjectId::new("Cluster", object.id.namespace.clone(), cluster.value), cluster.origin)
    });
    inventory.operated.backups.push(Backup {
        of,
        schedule: if scheduled { text(spec, &["schedule"]) } else { None },
        suspended: is_true(spec, &["suspend"]),
        object,
        ..Backup::default()
    });
}

fn object_store(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    inventory.operated.targets.push(BackupTarget {
        bucket: text(spec, &["configuration", "destinationPath"]),
        endpoint: text(spec, &["configuration", "endpointURL"]),
        is_default: false,
        object,
    });
}

fn pooler(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    let name = object.id.name.clone();
    let mut maker = Maker {
        object: &object,
        inventory,
        labels: vec![("cnpg.io/poolerName", name.clone()), ("cnpg.io/podRole", "pooler".to_owned())],
        ports: vec![("pgbouncer", 5432), ("metrics", 9127)],
    };
    let instances = int::<u32>(spec, &["instances"]);
    maker.pods("pgbouncer", None, Some(count(instances.as_ref(), &object)));
    maker.service(name, false);
}
