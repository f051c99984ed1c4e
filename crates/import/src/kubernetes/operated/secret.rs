//! Secrets that come from elsewhere: External Secrets and Sealed Secrets.
//!
//! Source: External Secrets Operator v1.3, API reference; Sealed Secrets v0.40, README.

use sehat_platform::inventory::config::Secret;
use sehat_platform::inventory::operated::SecretStore;
use sehat_platform::inventory::{Inventory, Object, Stated};
use sehat_yaml::Node;

use super::made::made;
use crate::kubernetes::Kind;
use crate::kubernetes::get::{items, text};

const EXTERNAL: &str = "external-secrets.io";

pub const KINDS: &[Kind] = &[
    Kind { group: EXTERNAL, kind: "ExternalSecret", read: external },
    Kind { group: EXTERNAL, kind: "SecretStore", read: store },
    Kind { group: EXTERNAL, kind: "ClusterSecretStore", read: store },
    Kind { group: "bitnami.com", kind: "SealedSecret", read: sealed },
];

fn external(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    let name = text(spec, &["target", "name"]).unwrap_or_else(|| own_name(&object));
    let template = spec.at(&["target", "template"]);
    let templated = template.and_then(|template| template.at(&["data"]));
    let mut secret = Secret {
        object: made(&object, "Secret", name.value, &name.origin),
        kind: template.and_then(|template| text(template, &["type"])),
        made_by: Some(object.id),
        keys_open: !items(spec, &["dataFrom"]).is_empty(),
        ..Secret::default()
    };
    match templated {
        Some(templated) => secret.keys.extend(entries(templated)),
        None => secret.keys.extend(items(spec, &["data"]).iter().filter_map(|item| {
            let key = text(item, &["secretKey"])?;
            Some((key.value, Stated::new(true, key.origin)))
        })),
    }
    inventory.config.secrets.push(secret);
}

fn own_name(object: &Object) -> Stated<String> {
    Stated::new(object.id.name.clone(), object.origin.clone())
}

fn entries(node: &Node) -> impl Iterator<Item = (String, Stated<bool>)> {
    node.entries().iter().map(|(key, _)| (key.text.clone(), Stated::new(true, key.origin.clone())))
}

fn store(node: &Node, object: Object, inventory: &mut Inventory) {
    let provider = node.at(&["spec", "provider"]).and_then(|provider| provider.entries().first());
    inventory.operated.secret_stores.push(SecretStore {
        provider: provider.map(|(key, _)| Stated::new(key.text.clone(), key.origin.clone())),
        server: provider
            .and_then(|(_, settings)| text(settings, &["server"]).or_else(|| text(settings, &["vaultUrl"]))),
        object,
    });
}

fn sealed(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    let name = text(spec, &["template", "metadata", "name"]).unwrap_or_else(|| own_name(&object));
    let keys =
        spec.at(&["encryptedData"]).into_iter().chain(spec.at(&["template", "data"])).flat_map(entries);
    inventory.config.secrets.push(Secret {
        object: made(&object, "Secret", name.value, &name.origin),
        kind: text(spec, &["template", "type"]),
        keys: keys.collect(),
        made_by: Some(object.id),
        keys_open: false,
    });
}
