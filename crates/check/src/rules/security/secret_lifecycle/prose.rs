//! The part over documents in words.

use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, describes_platform, first_of_kinds, names_any, promise};

const KEEPERS: [&str; 7] = [
    "vault",
    "secrets-manager",
    "ssm-parameter-store",
    "external-secrets",
    "sealed-secrets",
    "kms",
    "openbao",
];

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    [rotation(context), nowhere(context)].into_iter().flatten().collect()
}

/// A password changes by itself, and nothing says how its users learn of it.
fn rotation(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let (_, line) = prose.saying(&["rotation"]).find(|(_, line)| line.says("password"))?;
    if prose.says(&["reload"]) {
        return None;
    }
    Some(
        promise(context, NAME, Severity::Medium, "passwords")
            .says("database passwords are rotated, and nothing says how running services take the new one")
            .witness("a pod that read the password at its start fails each new connection after the rotation")
            .repair("alternate between two users, or mount the secret and reload when it changes")
            .at(&line.origin, "rotated here"),
    )
}

/// Stores that want a password, and no place where passwords are kept.
fn nowhere(context: &Context<'_>) -> Option<Finding> {
    let inventory = context.inventory;
    let prose = &inventory.prose;
    let stores = first_of_kinds(prose, &["database"]);
    let store = stores.first()?;
    let kept =
        prose.says(&["secret-store"]) || names_any(context, &KEEPERS) || !inventory.config.secrets.is_empty();
    let referred = inventory.workloads.iter().any(|workload| !workload.pod.volumes.is_empty());
    if kept || referred || !describes_platform(prose) {
        return None;
    }
    let name = called(prose, store);
    Some(
        promise(context, NAME, Severity::Medium, &name)
            .says(format!("{name} wants passwords, and nothing says where they are kept or who changes them"))
            .witness("no store of secrets is named; then they lie in files on each server")
            .repair("name the store, how servers get a secret from it, and how often it changes")
            .at(&store.origin, "wants a password"),
    )
}
