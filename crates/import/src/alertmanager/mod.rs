//! Configuration of Alertmanager: routes and receivers. Addresses and keys of receivers are not kept.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::watch::{AlertRouter, Receiver};
use sehat_yaml::Node;

use crate::kubernetes::get::{items, text};

pub fn is_config(node: &Node) -> bool {
    node.get("route").is_some_and(Node::is_map) && !items(node, &["receivers"]).is_empty()
}

/// `place` stands for all where the text has no places of its own.
pub fn router(name: &str, node: &Node, place: Option<&Origin>) -> AlertRouter {
    let mut router = AlertRouter {
        name: name.to_owned(),
        origin: place.cloned().unwrap_or_else(|| node.origin.clone()),
        routes: Vec::new(),
        receivers: items(node, &["receivers"]).iter().filter_map(receiver).collect(),
    };
    if let Some(route) = node.at(&["route"]) {
        routes(route, &mut router.routes, 0);
    }
    if let Some(place) = place {
        let names = router.receivers.iter_mut().map(|receiver| &mut receiver.name);
        names.chain(&mut router.routes).for_each(|name| name.origin = place.clone());
    }
    router
}

/// Routes in routes; the reader of YAML bounds their depth, and so does this.
fn routes(node: &Node, found: &mut Vec<Stated<String>>, depth: usize) {
    found.extend(text(node, &["receiver"]));
    if depth < 32 {
        items(node, &["routes"]).iter().for_each(|route| routes(route, found, depth + 1));
    }
}

fn receiver(node: &Node) -> Option<Receiver> {
    let channel =
        |key: &str| key.strip_suffix("_configs").or_else(|| key.strip_suffix("Configs")).map(str::to_owned);
    let entries = node.entries().iter().filter(|(_, value)| !value.items().is_empty());
    Some(Receiver {
        name: text(node, &["name"])?,
        channels: entries.filter_map(|(key, _)| channel(&key.text)).collect(),
    })
}
