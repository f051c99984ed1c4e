//! Proves that the keys without which secrets and copies cannot be read come back themselves.
//!
//! A SealedSecret is opened by a key that the controller made in the cluster. With the cluster the key is lost, and every
//! sealed secret of the repository with it, unless the key is copied: by a Velero schedule over the controller's
//! namespace with its Secrets, or by a script that names the key.
//!
//! In a document: a component whose data is encrypted with the key of another one (`encryption.key`) is as lost as that
//! one. A provider's keys and those that somebody outside holds are not judged.
//!
//! Unknown: sealed secrets, and no file that copies the key.
//!
//! Source: Sealed Secrets, README: How can I do a backup of my `SealedSecrets`; NIST SP 800-57 Part 1 Rev. 5, 9.3 (key backup).

use std::collections::BTreeMap;

use sehat_analysis::recovery::backup_of;
use sehat_platform::component::Component;
use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::operated::Copied;
use sehat_platform::{Name, Platform};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "keys-recoverable";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Keys that are needed to read secrets and copies are recoverable themselves.",
    severity: Severity::High,
    hygiene: false,
    source: "NIST SP 800-57 Part 1 Rev. 5, 9.3; Sealed Secrets, README",
    file: include_str!("keys_recoverable.rs"),
    judge,
};

/// Where the controller is installed by its manifest and by its chart.
const NAMESPACES: [&str; 2] = ["kube-system", "sealed-secrets"];

fn judge(context: &Context<'_>) -> Outcome {
    let mut findings = of_document(context.platform);
    findings.extend(sealed(context.inventory));
    findings.into()
}

/// Keys without a copy, each with what is encrypted with it.
fn of_document(platform: &Platform) -> Vec<Finding> {
    let mut by_holder: BTreeMap<&Name, Vec<(&Name, &Component)>> = BTreeMap::new();
    for (name, component) in &platform.components {
        if let Some(holder) = component.encryption.key.get() {
            by_holder.entry(holder).or_default().push((name, component));
        }
    }
    let lost = by_holder.into_iter().filter(|(holder, _)| {
        platform.components.get(*holder).is_some_and(|component| is_lost_with_itself(platform, component))
    });
    lost.filter_map(|(holder, encrypted)| no_copy(platform, holder, &encrypted)).collect()
}

fn is_lost_with_itself(platform: &Platform, holder: &Component) -> bool {
    let is_elsewhere = holder.managed.is_some() || holder.external.get() == Some(&true);
    !is_elsewhere && holder.rebuildable.get().is_none() && backup_of(platform, holder).is_none()
}

fn no_copy(platform: &Platform, holder: &Name, encrypted: &[(&Name, &Component)]) -> Option<Finding> {
    let place = &platform.components.get(holder)?.meta.origin;
    let (first, _) = encrypted.first()?;
    let finding = Finding::broken(NAME, Severity::High, holder)
        .says(format!("what `{first}` holds is encrypted with a key of `{holder}`, which has no copy"))
        .witness(format!("after the loss of `{holder}` neither `{first}` nor its copies can be read"))
        .repair(format!("copy the keys of `{holder}` to another place, apart from the data"))
        .at(place, "the keys lie here alone")
        .counts(encrypted.len());
    Some(encrypted.iter().fold(finding, |finding, (name, component)| {
        finding.at(component.encryption.key.origin(), format!("`{name}` is encrypted with it"))
    }))
}

fn sealed(inventory: &Inventory) -> Option<Finding> {
    let sealed: Vec<_> = inventory.of_kind("SealedSecret").collect();
    let first = sealed.first()?;
    if inventory.answers.contains_key("sealing-key") || is_copied(inventory) {
        return None;
    }
    let start = if inventory.whole { Finding::broken } else { Finding::unknown };
    let severity = if inventory.whole { Severity::High } else { Severity::Medium };
    let mut finding = start(NAME, severity, first.id.to_string())
        .says("no file copies the key that opens the sealed secrets")
        .witness("after the loss of the cluster a new controller has a new key, and nothing sealed before can be opened")
        .repair("copy the Secrets labelled `sealedsecrets.bitnami.com/sealed-secrets-key` out of the cluster, encrypted")
        .counts(sealed.len());
    for object in sealed.iter().take(4) {
        finding = finding.at(&object.origin, "opened by that key");
    }
    Some(if inventory.whole { finding } else { finding.asks("sealing-key: copied") })
}

fn is_copied(inventory: &Inventory) -> bool {
    let by_velero = inventory.operated.backups.iter().any(|backup| match &backup.of {
        Copied::Namespaces { included, excluded, .. } => {
            let takes = |name: &&str| {
                !excluded.iter().any(|other| other == name)
                    && (included.is_empty() || included.iter().any(|other| other == name))
            };
            NAMESPACES.iter().any(takes)
        }
        _ => false,
    });
    by_velero || inventory.delivery.all_scripts().any(names_key)
}

fn names_key(script: &sehat_platform::inventory::delivery::Script) -> bool {
    script.commands().any(|command| command.words.iter().any(|word| word.text.contains("sealed-secrets-key")))
}
