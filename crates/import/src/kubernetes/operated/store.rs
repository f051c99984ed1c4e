//! Redis, MariaDB, `MongoDB` and Kafka as their operators run them.
//!
//! Source: the operators' own references: Redis operator of Opstree v0.23, MariaDB operator v25.10, `MongoDB` community
//! operator v0.9, Strimzi 1.2.

use sehat_platform::inventory::operated::{Backup, Copied, Destination, Store};
use sehat_platform::inventory::{Inventory, Object, ObjectId, Stated};
use sehat_yaml::Node;

use super::made::{Maker, claimed, version_of};
use crate::kubernetes::Kind;
use crate::kubernetes::get::{int, is_true, items, text, word};
use crate::kubernetes::quantity::bytes;

const REDIS: &str = "redis.redis.opstreelabs.in";
const MARIADB: &str = "k8s.mariadb.com";
const STRIMZI: &str = "kafka.strimzi.io";

pub const KINDS: &[Kind] = &[
    Kind { group: REDIS, kind: "Redis", read: redis },
    Kind { group: REDIS, kind: "RedisCluster", read: redis_cluster },
    Kind { group: REDIS, kind: "RedisReplication", read: redis },
    Kind { group: REDIS, kind: "RedisSentinel", read: redis_sentinel },
    Kind { group: MARIADB, kind: "MariaDB", read: mariadb },
    Kind { group: MARIADB, kind: "Backup", read: mariadb_backup },
    Kind { group: MARIADB, kind: "PhysicalBackup", read: mariadb_backup },
    Kind { group: "mongodbcommunity.mongodb.com", kind: "MongoDBCommunity", read: mongodb },
    Kind { group: STRIMZI, kind: "Kafka", read: kafka },
    Kind { group: STRIMZI, kind: "KafkaTopic", read: |_, _, _| {} },
    Kind { group: STRIMZI, kind: "KafkaUser", read: kafka_user },
    Kind { group: STRIMZI, kind: "KafkaNodePool", read: |_, _, _| {} },
];

fn redis(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    let name = object.id.name.clone();
    let is_replicated = object.id.kind == "RedisReplication";
    let instances = if is_replicated { int(spec, &["clusterSize"]) } else { None };
    let mut maker = redis_maker(&object, name.clone(), inventory);
    maker.pods(&name, text(spec, &["kubernetesConfig", "image"]), instances.clone());
    maker.service(name.clone(), false);
    maker.service(format!("{name}-headless"), true);
    if is_replicated {
        maker.service(format!("{name}-master"), false);
        maker.service(format!("{name}-replica"), false);
    }
    let size = claimed(spec, &["storage", "volumeClaimTemplate"]);
    let store = redis_store(spec, object, size, instances);
    inventory.operated.stores.push(store);
}

fn redis_cluster(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    let size = claimed(spec, &["storage", "volumeClaimTemplate"]);
    let image = text(spec, &["kubernetesConfig", "image"]);
    // Each shard has a leader and a follower.
    let instances = int::<u32>(spec, &["clusterSize"]);
    for role in ["leader", "follower"] {
        let name = format!("{}-{role}", object.id.name);
        let mut maker = redis_maker(&object, name.clone(), inventory);
        maker.pods(&name, image.clone(), instances.clone());
        maker.service(name.clone(), false);
        maker.service(format!("{name}-headless"), true);
    }
    let store = redis_store(spec, object, size, instances);
    inventory.operated.stores.push(store);
}

fn redis_sentinel(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    let name = format!("{}-sentinel", object.id.name);
    let mut maker = redis_maker(&object, name.clone(), inventory);
    maker.ports = vec![("sentinel", 26379)];
    maker.pods(&name, text(spec, &["kubernetesConfig", "image"]), int(spec, &["clusterSize"]));
    maker.service(name, false);
}

fn redis_maker<'a>(object: &'a Object, app: String, inventory: &'a mut Inventory) -> Maker<'a> {
    Maker {
        object,
        inventory,
        labels: vec![("app", app)],
        ports: vec![("redis-client", 6379), ("redis-exporter", 9121)],
    }
}

fn redis_store(
    spec: &Node,
    object: Object,
    size: Option<Stated<sehat_platform::Bytes>>,
    instances: Option<Stated<u32>>,
) -> Store {
    let image = text(spec, &["kubernetesConfig", "image"]);
    Store {
        product: "redis",
        version: image.as_ref().and_then(version_of),
        instances,
        persists: spec.at(&["storage"]).is_some(),
        size,
        backup: None,
        tls: spec.at(&["TLS"]).map(|tls| Stated::new(true, tls.origin.clone())),
        port: 6379,
        object,
    }
}

fn mariadb(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    let name = object.id.name.clone();
    let (image, replicas) = (text(spec, &["image"]), int::<u32>(spec, &["replicas"]));
    let mut maker = Maker {
        object: &object,
        inventory,
        labels: vec![
            ("app.kubernetes.io/name", "mariadb".to_owned()),
            ("app.kubernetes.io/instance", name.clone()),
        ],
        ports: vec![("mariadb", 3306)],
    };
    maker.pods("mariadb", image.clone(), replicas.clone());
    maker.service(name.clone(), false);
    maker.service(format!("{name}-internal"), true);
    if is_true(spec, &["galera", "enabled"]) || is_true(spec, &["replication", "enabled"]) {
        maker.service(format!("{name}-primary"), false);
        maker.service(format!("{name}-secondary"), false);
    }
    for reference in ["rootPasswordSecretKeyRef", "passwordSecretKeyRef"] {
        if let Some(reference) = spec.at(&[reference]).filter(|reference| is_true(reference, &["generate"])) {
            maker.secret(word(reference, &["name"]), &[&word(reference, &["key"])]);
        }
    }
    inventory.operated.stores.push(Store {
        product: "mariadb",
        version: image.as_ref().and_then(version_of),
        instances: replicas,
        size: bytes(spec, &["storage", "size"]),
        persists: !is_true(spec, &["storage", "ephemeral"]),
        backup: None,
        tls: spec
            .at(&["tls", "enabled"])
            .and_then(|tls| Some(Stated::new(tls.as_bool()?, tls.origin.clone()))),
        port: 3306,
        object,
    });
}

fn mariadb_backup(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    let of = text(spec, &["mariaDbRef", "name"]).map_or(Copied::Nothing, |of| {
        let stated = word(spec, &["mariaDbRef", "namespace"]);
        let namespace = if stated.is_empty() { object.id.namespace.clone() } else { stated };
        Copied::Store(ObjectId::new("MariaDB", namespace, of.value), of.origin)
    });
    let bucket = text(spec, &["storage", "s3", "bucket"]).map(Destination::Bucket);
    let volume = spec.at(&["storage", "persistentVolumeClaim"]).or_else(|| spec.at(&["storage", "volume"]));
    let snapshot = spec.at(&["storage", "volumeSnapshot"]);
    inventory.operated.backups.push(Backup {
        of,
        schedule: text(spec, &["schedule", "cron"]),
        suspended: is_true(spec, &["schedule", "suspend"]),
        retention: text(spec, &["maxRetention"]),
        destination: bucket
            .or_else(|| volume.map(|volume| Destination::Volume(volume.origin.clone())))
            .or_else(|| snapshot.map(|snapshot| Destination::Snapshot(snapshot.origin.clone()))),
        object,
    });
}

fn mongodb(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    let name = object.id.name.clone();
    let members = int::<u32>(spec, &["members"]);
    let mut maker = Maker {
        object: &object,
        inventory,
        labels: vec![("app", format!("{name}-svc"))],
        ports: vec![("mongodb", 27017)],
    };
    maker.pods("mongod", None, members.clone());
    maker.service(format!("{name}-svc"), true);
    for user in items(spec, &["users"]) {
        let stated = word(user, &["connectionStringSecretName"]);
        let made = format!("{name}-{}-{}", word(user, &["db"]), word(user, &["name"]));
        let secret = if stated.is_empty() { made } else { stated };
        maker.secret(
            secret,
            &["username", "password", "connectionString.standard", "connectionString.standardSrv"],
        );
    }
    inventory.operated.stores.push(Store {
        product: "mongodb",
        version: text(spec, &["version"]),
        instances: members,
        size: None,
        persists: true,
        backup: None,
        tls: spec
            .at(&["security", "tls", "enabled"])
            .and_then(|tls| Some(Stated::new(tls.as_bool()?, tls.origin.clone()))),
        port: 27017,
        object,
    });
}

fn kafka(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    let name = object.id.name.clone();
    let replicas = int::<u32>(spec, &["kafka", "replicas"]);
    let listeners = items(spec, &["kafka", "listeners"]);
    let mut ports: Vec<(&'static str, u16)> = listeners
        .iter()
        .filter_map(|listener| int::<u16>(listener, &["port"]))
        .map(|port| ("listener", port.value))
        .collect();
    ports.push(("replication", 9091));
    let mut maker = Maker {
        object: &object,
        inventory,
        labels: vec![("strimzi.io/cluster", name.clone()), ("strimzi.io/name", format!("{name}-kafka"))],
        ports,
    };
    maker.pods("kafka", None, replicas.clone());
    maker.service(format!("{name}-kafka-bootstrap"), false);
    maker.service(format!("{name}-kafka-brokers"), true);
    let port = int::<u16>(spec, &["kafka", "listeners"]).map_or(9092, |port| port.value);
    let storage = word(spec, &["kafka", "storage", "type"]);
    inventory.operated.stores.push(Store {
        product: "kafka",
        version: text(spec, &["kafka", "version"]),
        instances: replicas,
        size: bytes(spec, &["kafka", "storage", "size"]),
        persists: storage != "ephemeral",
        backup: None,
        tls: listeners
            .first()
            .and_then(|listener| listener.at(&["tls"]))
            .and_then(|tls| Some(Stated::new(tls.as_bool()?, tls.origin.clone()))),
        port,
        object,
    });
}

fn kafka_user(_: &Node, object: Object, inventory: &mut Inventory) {
    let name = object.id.name.clone();
    let mut maker = Maker { object: &object, inventory, labels: Vec::new(), ports: Vec::new() };
    maker.secret(
        name,
        &["user.crt", "user.key", "user.p12", "user.password", "password", "sasl.jaas.config", "ca.crt"],
    );
}
