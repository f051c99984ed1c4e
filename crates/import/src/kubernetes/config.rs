//! ConfigMaps and Secrets. The value of a Secret is never kept.

use sehat_platform::inventory::config::{ConfigMap, Secret};
use sehat_platform::inventory::{Inventory, Object, Stated};
use sehat_yaml::Node;

use super::Kind;
use super::get::{labels, text};

pub const KINDS: &[Kind] = &[
    Kind { group: "", kind: "ConfigMap", read: config_map },
    Kind { group: "", kind: "Secret", read: secret },
];

fn config_map(node: &Node, object: Object, inventory: &mut Inventory) {
    let mut data = labels(node, &["data"]);
    let binary = node.at(&["binaryData"]).map_or(&[][..], Node::entries);
    data.extend(
        binary
            .iter()
            .map(|(key, value)| (key.text.clone(), Stated::new(String::new(), value.origin.clone()))),
    );
    inventory.config.maps.push(ConfigMap { object, data });
}

fn secret(node: &Node, object: Object, inventory: &mut Inventory) {
    super::watch::secret(node, &object, inventory);
    let entries =
        ["data", "stringData"].iter().flat_map(|side| node.at(&[side]).map_or(&[][..], Node::entries));
    let keys = entries.map(|(key, value)| {
        let stands = value.as_text().is_some_and(|text| !text.is_empty());
        (key.text.clone(), Stated::new(stands, key.origin.clone()))
    });
    inventory.config.secrets.push(Secret {
        kind: text(node, &["type"]),
        keys: keys.collect(),
        object,
        ..Secret::default()
    });
}
