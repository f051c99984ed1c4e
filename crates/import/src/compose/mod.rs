//! Compose files.
//!
//! Source: Compose Specification, services, volumes, networks, secrets.

use std::collections::BTreeSet;

use sehat_platform::inventory::compose::{
    ComposeFile, ComposeMount, ComposeNeed, ComposePort, ComposeService,
};
use sehat_platform::inventory::{Labels, Stated};
use sehat_yaml::{Key, Node};

use crate::Context;
use crate::kubernetes::get::{flag, int, items, labels, text, texts, word};

/// Returns whether a document is a Compose file: services that have an image or are built.
pub fn is_compose(node: &Node) -> bool {
    let services = node.get("services").map_or(&[][..], Node::entries);
    let runs = |service: &Node| ["image", "build", "extends"].iter().any(|key| service.get(key).is_some());
    node.get("apiVersion").is_none() && services.iter().any(|(_, service)| runs(service))
}

pub fn read(node: &Node, cx: &mut Context) {
    let services = node.get("services").map_or(&[][..], Node::entries);
    cx.inventory.compose.push(ComposeFile {
        origin: node.origin.clone(),
        services: services.iter().map(|(key, node)| service(key, node)).collect(),
        volumes: names(node, "volumes"),
        networks: names(node, "networks"),
        secrets: names(node, "secrets"),
        configs: names(node, "configs"),
        includes: node.get("include").is_some(),
    });
}

fn names(node: &Node, key: &str) -> BTreeSet<String> {
    let entries = node.get(key).map_or(&[][..], Node::entries);
    entries.iter().map(|(key, _)| key.text.clone()).collect()
}

fn service(key: &Key, node: &Node) -> ComposeService {
    ComposeService {
        name: Stated::new(key.text.clone(), key.origin.clone()),
        image: text(node, &["image"]),
        is_built: node.get("build").is_some(),
        extends: node.get("extends").is_some(),
        ports: items(node, &["ports"]).iter().filter_map(port).collect(),
        mounts: items(node, &["volumes"]).iter().filter_map(mount).collect(),
        environment: environment(node),
        has_check: node
            .at(&["healthcheck"])
            .is_some_and(|check| flag(check, &["disable"]).is_none_or(|off| !off.value)),
        needs: needs(node),
        networks: listed(node, "networks"),
        secrets: listed(node, "secrets"),
        configs: listed(node, "configs"),
        restart: text(node, &["restart"]).or_else(|| text(node, &["deploy", "restart_policy", "condition"])),
        replicas: int(node, &["deploy", "replicas"]).or_else(|| int(node, &["scale"])),
        privileged: flag(node, &["privileged"]),
    }
}

/// Names in a list, in a map, or as the source of a map in a list.
fn listed(node: &Node, key: &str) -> Vec<Stated<String>> {
    let of_map = node.get(key).map_or(&[][..], Node::entries).iter();
    let long = items(node, &[key]).iter().filter_map(|item| text(item, &["source"]));
    let mut all: Vec<_> = of_map.map(|(key, _)| Stated::new(key.text.clone(), key.origin.clone())).collect();
    all.extend(texts(node, &[key]));
    all.extend(long);
    all
}

fn needs(node: &Node) -> Vec<ComposeNeed> {
    let of_map =
        node.get("depends_on").map_or(&[][..], Node::entries).iter().map(|(key, need)| ComposeNeed {
            service: Stated::new(key.text.clone(), key.origin.clone()),
            condition: text(need, &["condition"]),
            required: flag(need, &["required"]).is_none_or(|stated| stated.value),
        });
    let short = texts(node, &["depends_on"]).into_iter().map(|service| ComposeNeed {
        service,
        condition: None,
        required: true,
    });
    of_map.chain(short).collect()
}

/// A map, or a list of `KEY=value`. What looks like a secret is not kept.
fn environment(node: &Node) -> Labels {
    let mut all = labels(node, &["environment"]);
    for item in texts(node, &["environment"]) {
        let (key, value) = item.value.split_once('=').unwrap_or((&item.value, ""));
        all.insert(key.to_owned(), Stated::new(value.to_owned(), item.origin.clone()));
    }
    for (key, value) in &mut all {
        let upper = key.to_uppercase();
        if ["PASS", "SECRET", "TOKEN", "KEY", "CREDENTIAL"].iter().any(|word| upper.contains(word)) {
            value.value.clear();
        }
    }
    all
}

/// `5432`, `5432:5432`, `127.0.0.1:5432:5432/tcp`, or a map.
fn port(node: &Node) -> Option<ComposePort> {
    if node.is_map() {
        return Some(ComposePort {
            origin: node.origin.clone(),
            address: text(node, &["host_ip"]).map(|address| address.value),
            published: text(node, &["published"]).map(|port| port.value),
            target: int::<u16>(node, &["target"])?.value,
        });
    }
    let written = node.as_text()?;
    let plain = written.split('/').next().unwrap_or(written);
    let mut parts = plain.rsplitn(3, ':');
    let target = parts.next()?.split('-').next()?.parse().ok()?;
    let published = parts.next().map(str::to_owned);
    let address = parts.next().map(|address| address.trim_matches(['[', ']']).to_owned());
    Some(ComposePort { origin: node.origin.clone(), address, published, target })
}

/// `data:/var/lib/postgresql/data:ro`, `/data`, or a map.
fn mount(node: &Node) -> Option<ComposeMount> {
    let origin = node.origin.clone();
    if node.is_map() {
        let is_bound = word(node, &["type"]) != "volume";
        let source = text(node, &["source"]).map(|source| source.value);
        // A path of another kind of mount is written so that nobody takes it for a volume.
        let source = source.map(|source| {
            if is_bound && !source.starts_with(['.', '/', '~']) { format!("./{source}") } else { source }
        });
        return Some(ComposeMount { origin, source, target: word(node, &["target"]) });
    }
    let written = node.as_text()?;
    let (source, target) = match written.split_once(':') {
        Some((source, rest)) => (Some(source.to_owned()), rest.split(':').next().unwrap_or(rest).to_owned()),
        None => (None, written.to_owned()),
    };
    Some(ComposeMount { origin, source, target })
}

#[cfg(test)]
mod tests {
    use sehat_diagnostic::Sources;

    #[test]
    fn reads_both_ways_of_writing() {
        let mut sources = Sources::default();
        sources.add(
            "compose.yaml",
            "services:\n  db:\n    image: postgres:17\n    ports: ['127.0.0.1:5432:5432', {target: 80, published: '8080'}]\n    volumes: [data:/var/lib/postgresql/data]\n    environment: [POSTGRES_PASSWORD=geheim, TZ=Asia/Jakarta]\n    depends_on: {cache: {condition: service_healthy}}\n",
        );
        let read = crate::import(&sources).inventory;
        let service = &read.compose[0].services[0];
        let ports: Vec<_> = service.ports.iter().map(|port| (port.target, port.is_local())).collect();
        assert_eq!(ports, [(5432, true), (80, false)]);
        assert_eq!(service.mounts[0].volume(), Some("data"));
        assert_eq!(service.environment["POSTGRES_PASSWORD"].value, "");
        assert_eq!(service.environment["TZ"].value, "Asia/Jakarta");
        assert_eq!(service.needs[0].service.value, "cache");
    }
}
