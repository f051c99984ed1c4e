//! Proves that secrets lie where secrets are kept, and come from one source.
//!
//! Broken: a password, token or key that is written out in a ConfigMap or in a container's environment,
//! told by its name, by a password within an address, or by the form of a key; a Secret that two sources
//! write; a script that writes Secrets to a file, where they are encoded and not encrypted. Values are never shown.
//!
//! Names that only refer to a secret (`PASSWORD_FILE`, `SECRET_NAME`), switches, numbers, paths, addresses
//! without a password and placeholders that something replaces (`${DB_PASSWORD}`) are left alone.
//!
//! Source: Kubernetes, *Good practices for Kubernetes Secrets*; OWASP *Secrets Management Cheat Sheet*.

mod prose;

use std::collections::HashMap;

use sehat_diagnostic::{Origin, is_secret_name};
use sehat_platform::inventory::config::{ConfigMap, Secret};
use sehat_platform::inventory::workload::{EnvValue, Workload};
use sehat_platform::inventory::{Inventory, ObjectId};
use sehat_verdict::{Finding, Severity};

use crate::scripts::{SecretCopy, secret_copies};
use crate::{Context, Outcome, Rule};

const NAME: &str = "secret-lifecycle";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Secrets lie where secrets are kept, and have one source.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes: Good practices for Kubernetes Secrets; OWASP Secrets Management Cheat Sheet",
    file: include_str!("secret_lifecycle.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

fn judge(context: &Context<'_>) -> Outcome {
    let inventory = context.inventory;
    let in_maps = inventory.config.maps.iter().filter_map(in_map);
    let in_environment = inventory.workloads.iter().filter_map(in_environment);
    let scripts = inventory.delivery.all_scripts();
    let in_copies = scripts.filter_map(|script| of_copy(&secret_copies(script)));
    in_maps.chain(in_environment).chain(two_sources(inventory)).chain(in_copies).collect::<Vec<_>>().into()
}

/// A file of Secrets beside the data that they protect.
fn of_copy(copies: &[SecretCopy<'_>]) -> Option<Finding> {
    let first = copies.first()?;
    let name = &first.script.name;
    let sent = first.sent.map(|command| format!(" and sends it on with `{}`", command.name()));
    let finding = Finding::broken(NAME, Severity::High, name)
        .says(format!(
            "{name} writes Secrets in plain text to `{}`{}",
            first.target,
            sent.unwrap_or_default()
        ))
        .witness("their values are base64, which everybody who has the file reads back")
        .repair("leave Secrets out: restore them from where they are sealed, or encrypt the file to a key")
        .at(&first.command.origin, "written here")
        .counts(copies.len());
    Some(finding.at(first.sent.map(|command| &command.origin), "and sent on here"))
}

/// Why a value is taken for a secret.
fn reason(name: &str, value: &str) -> Option<&'static str> {
    if value.contains("-----BEGIN") && value.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    if is_access_key(value) {
        return Some("an access key");
    }
    if has_password_in_address(value) {
        return Some("an address with its password");
    }
    (is_secret_name(name) && is_literal(value)).then_some("a secret by its name")
}

fn is_access_key(value: &str) -> bool {
    let value = value.trim();
    value.len() == 20
        && value.starts_with("AKIA")
        && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// `postgres://user:password@host`, on any line.
fn has_password_in_address(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| {
        let authority =
            text[at + 3..].split(['/', ' ', '"', '\'', '?', '\n', '\r']).next().unwrap_or_default();
        let user = authority.rsplit_once('@').map(|(user, _)| user);
        user.and_then(|user| user.split_once(':')).is_some_and(|(_, password)| is_literal(password))
    })
}

/// Returns whether a value is what is meant and not a reference to it.
fn is_literal(value: &str) -> bool {
    let value = value.trim();
    let refers = ["$", "{{", "<", "/", "%(", "file:", "vault:", "arn:", "ref+", "•"];
    let switch =
        ["true", "false", "yes", "no", "on", "off", "none", "null", "disabled", "enabled", "required"];
    !value.is_empty()
        && !value.contains('\n')
        && !refers.iter().any(|start| value.starts_with(start))
        && !value.contains("${")
        && !value.contains("$(")
        && !value.contains("://")
        && !value.chars().all(|c| c == '*' || c.eq_ignore_ascii_case(&'x'))
        && !switch.contains(&value.to_ascii_lowercase().as_str())
        && (value.parse::<f64>().is_err() || value.len() > 5)
        && !is_placeholder(value)
}

/// `YOUR_API_KEY`, `GOOGLE_API_KEY_VAL`, `replace-me`: something is written here before it is applied.
fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let says_so = ["your-", "your_", "replace", "placeholder", "todo", "insert-", "insert_"];
    let is_name = value.contains('_') && value.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    is_name || says_so.iter().any(|word| lower.starts_with(word))
}

fn in_map(map: &ConfigMap) -> Option<Finding> {
    let found: Vec<_> = map
        .data
        .iter()
        .filter_map(|(key, value)| Some((key, &value.origin, reason(key, &value.value)?)))
        .collect();
    let (key, _, reason) = found.first()?;
    let finding = Finding::broken(NAME, Severity::High, map.object.id.to_string())
        .says(format!("`{}` holds {reason} under `{key}`", map.object.id))
        .witness("whoever may read ConfigMaps or the repository reads it, and no rotation reaches this copy")
        .repair("move it into a Secret that an external store or a sealed file fills, and change it")
        .counts(found.len());
    Some(found.iter().take(5).fold(finding, |finding, (key, origin, _)| {
        finding.at(&key_line(origin), format!("`{key}` stands here"))
    }))
}

/// The place of a value without its extent.
fn key_line(origin: &Origin) -> Origin {
    Origin { end: origin.start, ..origin.clone() }
}

fn in_environment(workload: &Workload) -> Option<Finding> {
    let containers = workload.pod.all_containers();
    let found: Vec<_> = containers
        .flat_map(|container| &container.env)
        .filter_map(|env| match &env.value {
            EnvValue::Text(text) => Some((env, reason(&env.name, &text.value)?)),
            _ => None,
        })
        .collect();
    let (env, reason) = found.first()?;
    let finding = Finding::broken(NAME, Severity::High, workload.object.id.to_string())
        .says(format!("`{}` states {reason} in `{}`", workload.object.id, env.name))
        .witness(
            "whoever may read the workload or the repository reads it, and no rotation reaches this copy",
        )
        .repair("take it from a Secret with `valueFrom.secretKeyRef`, and change it")
        .counts(found.len());
    Some(
        found.iter().take(5).fold(finding, |finding, (env, _)| {
            finding.at(&env.origin, format!("`{}` is written out", env.name))
        }),
    )
}

/// A Secret in a file, and something else that writes a Secret of that name.
fn two_sources(inventory: &Inventory) -> Vec<Finding> {
    let mut written: HashMap<&ObjectId, &Secret> = HashMap::new();
    for secret in &inventory.config.secrets {
        written.entry(&secret.object.id).or_insert(secret);
    }
    let twice = inventory.config.secrets.iter().filter_map(|secret| {
        let first = *written.get(&secret.object.id)?;
        (first.made_by != secret.made_by).then(|| from_two(first, secret))
    });
    twice.collect()
}

fn from_two(first: &Secret, second: &Secret) -> Finding {
    let source = |secret: &Secret| {
        secret.made_by.as_ref().map_or_else(|| "a file".to_owned(), |maker| format!("`{maker}`"))
    };
    Finding::broken(NAME, Severity::Medium, first.object.id.to_string())
        .says(format!("`{}` comes from {} and from {}", first.object.id, source(first), source(second)))
        .witness("each overwrites the other, so the value changes whenever one of them is applied")
        .repair("keep one source")
        .at(&second.object.origin, "written here too")
        .at(&first.object.origin, "written here")
}
