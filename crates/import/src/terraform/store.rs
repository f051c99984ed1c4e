//! Databases, caches, buckets, queues and file shares.

use sehat_platform::inventory::cloud::{Bucket, Cache, Cloud, Database, Queue, Share};
use sehat_platform::inventory::{Labels, Stated};
use sehat_yaml::Node;

use super::Kind;
use super::get::{block, blocks, flag, inner_text, int, said, text, texts, word};
use super::network::is_here;
use super::plan::{Plan, Resource};

const BUCKET: &str = "aws_s3_bucket";

pub const KINDS: &[Kind] = &[
    Kind {
        name: "aws_rds_cluster",
        read: |p, r, c| c.databases.push(Database { is_cluster: true, ..database(p, r) }),
    },
    Kind { name: "aws_db_instance", read: |p, r, c| c.databases.push(database(p, r)) },
    Kind { name: "aws_rds_cluster_instance", read: member },
    Kind { name: "aws_db_parameter_group", read: parameters },
    Kind { name: "aws_rds_cluster_parameter_group", read: parameters },
    Kind { name: "aws_elasticache_replication_group", read: cache },
    Kind { name: "aws_elasticache_cluster", read: cache },
    Kind { name: BUCKET, read: bucket },
    Kind { name: "aws_s3_bucket_versioning", read: versioning },
    Kind { name: "aws_s3_bucket_server_side_encryption_configuration", read: bucket_encryption },
    Kind { name: "aws_s3_bucket_object_lock_configuration", read: bucket_lock },
    Kind { name: "aws_s3_bucket_lifecycle_configuration", read: lifecycle },
    Kind { name: "aws_s3_bucket_public_access_block", read: public_block },
    Kind { name: "aws_s3_bucket_replication_configuration", read: replication },
    Kind { name: "aws_s3_bucket_acl", read: bucket_acl },
    Kind {
        name: "aws_s3_bucket_logging",
        read: |p, r, c| of_bucket(p, r, c, |bucket| bucket.logs_access = true),
    },
    Kind { name: "aws_s3_bucket_policy", read: |_, _, _| {} },
    Kind { name: "aws_s3_bucket_ownership_controls", read: |_, _, _| {} },
    Kind { name: "aws_sqs_queue", read: queue },
    Kind { name: "aws_sqs_queue_policy", read: |_, _, _| {} },
    Kind { name: "aws_efs_file_system", read: share },
    Kind { name: "aws_efs_backup_policy", read: share_backup },
    Kind { name: "aws_efs_mount_target", read: |_, _, _| {} },
];

fn database(plan: &Plan<'_>, resource: &Resource<'_>) -> Database {
    let values = resource.values;
    let window = |keys: [&str; 2]| keys.iter().find_map(|key| said(values, &[key]));
    let storage = |key: &str| int::<u64>(values, &[key]).filter(|size| size.value > 0);
    let group = ["parameter_group_name", "db_cluster_parameter_group_name"];
    let kinds = ["aws_db_parameter_group", "aws_rds_cluster_parameter_group"];
    Database {
        resource: resource.head(),
        engine: said(values, &["engine"]),
        version: said(values, &["engine_version"]),
        class: said(values, &["instance_class"]),
        storage_gib: storage("allocated_storage"),
        storage_gib_max: storage("max_allocated_storage"),
        storage_kind: said(values, &["storage_type"]),
        encrypted: flag(values, &["storage_encrypted"]),
        key: plan.links(resource, &["kms_key_id"]),
        several_zones: flag(values, &["multi_az"]),
        backup_days: int(values, &["backup_retention_period"]),
        backup_window: window(["backup_window", "preferred_backup_window"]),
        maintenance_window: window(["maintenance_window", "preferred_maintenance_window"]),
        protected: flag(values, &["deletion_protection"]),
        is_public: flag(values, &["publicly_accessible"]),
        port: int(values, &["port"]),
        groups: plan.links(resource, &["vpc_security_group_ids"]),
        parameters: None,
        parameter_group: group
            .iter()
            .zip(kinds)
            .flat_map(|(key, kind)| plan.owners(resource, &[key], kind))
            .collect(),
        cluster: Vec::new(),
        is_cluster: false,
        is_replica: !plan.links(resource, &["replicate_source_db"]).is_empty(),
        log_exports: texts(values, &["enabled_cloudwatch_logs_exports"]),
    }
}

fn member(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let cluster = plan.links(resource, &["cluster_identifier"]);
    cloud.databases.push(Database { cluster, ..database(plan, resource) });
}

/// The settings go to every database that names the group.
fn parameters(_: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let stated = blocks(resource.values, "parameter")
        .into_iter()
        .filter_map(|parameter| Some((word(parameter, &["name"]), text(parameter, &["value"])?)));
    let stated: Labels = stated.collect();
    let address = resource.head().address;
    for database in cloud.databases.iter_mut().filter(|database| is_here(&database.parameter_group, &address))
    {
        database.parameters.get_or_insert_default().extend(stated.clone());
    }
}

fn cache(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let values = resource.values;
    let members = ["num_cache_clusters", "num_cache_nodes", "number_cache_clusters"];
    cloud.caches.push(Cache {
        resource: resource.head(),
        engine: said(values, &["engine"]),
        version: said(values, &["engine_version"]),
        class: said(values, &["node_type"]),
        encrypted: flag(values, &["at_rest_encryption_enabled"]),
        transit_encrypted: flag(values, &["transit_encryption_enabled"]),
        has_password: values.at(&["auth_token"]).is_some()
            || !plan.links(resource, &["user_group_ids"]).is_empty(),
        fails_over: flag(values, &["automatic_failover_enabled"]),
        several_zones: flag(values, &["multi_az_enabled"]),
        members: members.iter().find_map(|key| int(values, &[key])).or_else(|| sharded(values)),
        snapshot_days: int(values, &["snapshot_retention_limit"]),
        snapshot_window: said(values, &["snapshot_window"]),
        port: int(values, &["port"]),
        groups: plan.links(resource, &["security_group_ids"]),
    });
}

/// Each shard has a primary and its replicas; how many a shard has is what counts for its loss.
fn sharded(values: &Node) -> Option<Stated<u32>> {
    let replicas = int::<u32>(values, &["replicas_per_node_group"])?;
    Some(replicas.map(|replicas| replicas.saturating_add(1)))
}

fn bucket(_: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let values = resource.values;
    cloud.buckets.push(Bucket {
        resource: resource.head(),
        name: said(values, &["bucket"]),
        may_be_emptied: flag(values, &["force_destroy"]).is_some_and(|stated| stated.value),
        ..Bucket::default()
    });
}

fn of_bucket(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud, change: impl Fn(&mut Bucket)) {
    let owners = plan.owners(resource, &["bucket"], BUCKET);
    cloud.buckets.iter_mut().filter(|bucket| is_here(&owners, &bucket.resource.address)).for_each(change);
}

fn versioning(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let status = inner_text(resource.values, &["versioning_configuration", "status"]);
    of_bucket(plan, resource, cloud, |bucket| {
        bucket.is_versioned = status.clone().map(|status| status.map(|status| status == "Enabled"));
    });
}

fn bucket_encryption(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let rule = block(resource.values, &["rule"]);
    let by_default = rule.and_then(|rule| block(rule, &["apply_server_side_encryption_by_default"]));
    let algorithm = by_default.and_then(|found| said(found, &["sse_algorithm"]));
    let key = by_default.and_then(|found| said(found, &["kms_master_key_id"]));
    let key: Vec<_> = key.and_then(|key| plan.linked(&key.value)).into_iter().collect();
    of_bucket(plan, resource, cloud, |bucket| {
        bucket.algorithm.clone_from(&algorithm);
        bucket.key.clone_from(&key);
    });
}

fn bucket_lock(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let kept = block(resource.values, &["rule"]).and_then(|rule| block(rule, &["default_retention"]));
    let Some(kept) = kept else { return };
    let days = int::<u32>(kept, &["days"]).map(|days| days.value);
    let years = int::<u32>(kept, &["years"]).map(|years| years.value.saturating_mul(365));
    if let (Some(mode), Some(days)) = (said(kept, &["mode"]), days.or(years)) {
        of_bucket(plan, resource, cloud, |bucket| bucket.lock = Some((mode.clone(), days)));
    }
}

fn lifecycle(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let rules =
        blocks(resource.values, "rule").into_iter().filter(|rule| word(rule, &["status"]) == "Enabled");
    let days: Vec<Stated<u32>> = rules
        .filter_map(|rule| int(block(rule, &["expiration"])?, &["days"]))
        .filter(|days: &Stated<u32>| days.value > 0)
        .collect();
    of_bucket(plan, resource, cloud, |bucket| bucket.expires_days.extend(days.clone()));
}

fn public_block(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let keys = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];
    let all = keys.iter().all(|key| flag(resource.values, &[key]).is_some_and(|stated| stated.value));
    let stated = Stated::new(all, resource.origin.clone());
    of_bucket(plan, resource, cloud, |bucket| bucket.blocks_public = Some(stated.clone()));
}

fn replication(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let mut to: Vec<_> = blocks(resource.values, "rule")
        .into_iter()
        .filter_map(|rule| inner_text(rule, &["destination", "bucket"]))
        .filter_map(|bucket| plan.linked(&bucket.value))
        .collect();
    if to.is_empty() {
        to = plan.links(resource, &["rule", "destination", "bucket"]);
    }
    of_bucket(plan, resource, cloud, |bucket| bucket.replicates_to.extend(to.iter().cloned()));
}

fn bucket_acl(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let acl = said(resource.values, &["acl"]);
    of_bucket(plan, resource, cloud, |bucket| bucket.acl.clone_from(&acl));
}

fn queue(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let values = resource.values;
    let by_provider = flag(values, &["sqs_managed_sse_enabled"]);
    let key = said(values, &["kms_master_key_id"]).map(|key| key.map(|_| true));
    let redrive = plan.links(resource, &["redrive_policy"]);
    cloud.queues.push(Queue {
        resource: resource.head(),
        retention_s: int(values, &["message_retention_seconds"]),
        dead_letters_to: redrive,
        encrypted: key.or(by_provider),
        is_fifo: flag(values, &["fifo_queue"]).is_some_and(|stated| stated.value),
    });
}

fn share(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    cloud.shares.push(Share {
        resource: resource.head(),
        encrypted: flag(resource.values, &["encrypted"]),
        key: plan.links(resource, &["kms_key_id"]),
        backed_up: None,
        throughput_mib_s: int(resource.values, &["provisioned_throughput_in_mibps"]),
    });
}

fn share_backup(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let owners = plan.links(resource, &["file_system_id"]);
    let status = inner_text(resource.values, &["backup_policy", "status"]);
    for share in cloud.shares.iter_mut().filter(|share| is_here(&owners, &share.resource.address)) {
        share.backed_up = status.clone().map(|status| status.map(|status| status == "ENABLED"));
    }
}
