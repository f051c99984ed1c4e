//! Vaults, plans and selections of AWS Backup.

use sehat_platform::inventory::cloud::{BackupPlan, BackupRule, BackupSelection, Cloud, Link, Vault};
use sehat_yaml::Node;

use super::Kind;
use super::get::{block, blocks, inner_int, int, said, texts, word};
use super::network::is_here;
use super::plan::{Plan, Resource};

const VAULT: &str = "aws_backup_vault";

pub const KINDS: &[Kind] = &[
    Kind { name: VAULT, read: vault },
    Kind { name: "aws_backup_vault_lock_configuration", read: lock },
    Kind { name: "aws_backup_vault_policy", read: |_, _, _| {} },
    Kind { name: "aws_backup_plan", read: backup_plan },
    Kind { name: "aws_backup_selection", read: selection },
];

fn vault(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    cloud.vaults.push(Vault {
        resource: resource.head(),
        name: said(resource.values, &["name"]),
        key: plan.links(resource, &["kms_key_arn"]),
        ..Vault::default()
    });
}

fn lock(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let owners = plan.owners(resource, &["backup_vault_name"], VAULT);
    for vault in cloud.vaults.iter_mut().filter(|vault| is_here(&owners, &vault.resource.address)) {
        vault.lock_days = int(resource.values, &["min_retention_days"]);
        // With these days the lock cannot be taken away once they are over.
        vault.lock_is_final = resource.values.at(&["changeable_for_days"]).is_some();
    }
}

fn backup_plan(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let rules = blocks(resource.values, "rule").into_iter().map(|node| rule(plan, resource, node));
    cloud.backup_plans.push(BackupPlan { rules: rules.collect(), resource: resource.head() });
}

fn rule(plan: &Plan<'_>, resource: &Resource<'_>, node: &Node) -> BackupRule {
    let named = said(node, &["target_vault_name"]);
    let copies = blocks(node, "copy_action").into_iter();
    BackupRule {
        origin: node.origin.clone(),
        name: word(node, &["rule_name"]),
        schedule: said(node, &["schedule"]),
        time_zone: said(node, &["schedule_expression_timezone"]),
        vault: match named {
            Some(name) => vec![plan.vault(&name.value)],
            None => plan.links(resource, &["rule", "target_vault_name"]),
        },
        keep_days: inner_int(node, &["lifecycle", "delete_after"]),
        copies: copies
            .map(|copy| said(copy, &["destination_vault_arn"]).unwrap_or_else(|| unknown(copy)))
            .collect(),
    }
}

/// A copy is made, and where it goes is not known before the plan is carried out.
fn unknown(copy: &Node) -> sehat_platform::inventory::Stated<String> {
    sehat_platform::inventory::Stated::new(String::new(), copy.origin.clone())
}

fn selection(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let values = resource.values;
    let tags = blocks(values, "selection_tag").into_iter();
    let resources = plan.links(resource, &["resources"]);
    let condition = block(values, &["condition"]).is_some_and(|found| !found.entries().is_empty());
    cloud.backup_selections.push(BackupSelection {
        resource: resource.head(),
        plan: plan.links(resource, &["plan_id"]),
        tags: tags.map(|tag| (word(tag, &["key"]), word(tag, &["value"]))).collect(),
        is_open_ended: condition
            || resources.contains(&Link::Unknown)
            || texts(values, &["resources"]).iter().any(|one| one.value.contains('*')),
        resources,
    });
}
