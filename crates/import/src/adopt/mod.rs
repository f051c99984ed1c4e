//! From an inventory to a document's draft: components for what runs, with what they use.
//!
//! The draft says only what the files say. Promises, sites and journeys are the owner's to add.

mod product;
mod uses;

use std::collections::BTreeMap;

use sehat_platform::component::{Listener, Storage};
use sehat_platform::inventory::workload::{Container, Workload, WorkloadKind};
use sehat_platform::inventory::{Inventory, ObjectId};
use sehat_platform::{Component, Draft, Fact, Kind, Meta, Name, Ports, Range};

/// Returns a component for each workload, named as the workload where one name is enough.
pub fn draft(inventory: &Inventory, name: &str) -> Draft {
    let names = names(inventory);
    let mut components: BTreeMap<Name, Component> = BTreeMap::new();
    for workload in &inventory.workloads {
        if let Some(name) = names.get(&workload.object.id) {
            components.insert(name.clone(), component(workload, inventory, &names));
        }
    }
    Draft { name: word(name), components, ..Draft::default() }
}

/// The name of each workload's component.
pub(crate) type Names = BTreeMap<ObjectId, Name>;

fn names(inventory: &Inventory) -> Names {
    let ids = || inventory.workloads.iter().map(|workload| &workload.object.id);
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for id in ids() {
        *taken.entry(word(&id.name)).or_default() += 1;
    }
    let name = |id: &ObjectId| match taken.get(&word(&id.name)) {
        Some(1) => word(&id.name),
        _ => word(&format!("{}-{}-{}", id.namespace, id.name, id.kind.to_lowercase())),
    };
    ids().map(|id| (id.clone(), name(id))).collect()
}

/// A document's names have small letters, digits and inner hyphens, at most forty.
fn word(text: &str) -> String {
    let plain: String =
        text.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let short: String = plain.trim_matches('-').chars().take(40).collect();
    let short = short.trim_matches('-').to_owned();
    if short.is_empty() { "platform".to_owned() } else { short }
}

fn component(workload: &Workload, inventory: &Inventory, names: &Names) -> Component {
    let origin = workload.object.origin.clone();
    let main = workload.pod.containers.first();
    let image = main.and_then(|container| container.image.as_ref());
    let product = image.and_then(|image| product::of_image(image));
    let count = workload.replica_count().map(u64::from);
    let size = workload.claims.iter().find_map(|claim| claim.size.as_ref());
    Component {
        meta: Meta { origin: origin.clone(), ..Meta::default() },
        kind: Fact::derived(kind(workload, product.as_ref()), [origin.clone()]),
        product: fact(
            product.as_ref().map(|product| product.name.to_owned()),
            image.map(|image| &image.origin),
        ),
        version: fact(
            product.as_ref().and_then(|product| product.version.clone()),
            image.map(|image| &image.origin),
        ),
        image: image
            .map_or_else(Fact::default, |image| Fact::stated(image.value.clone(), image.origin.clone())),
        replicas: fact(count.map(|count| Range { min: count, max: Some(count) }), Some(&origin)),
        namespace: Fact::stated(workload.object.id.namespace.clone(), origin.clone()),
        stands_for: Fact::stated(workload.object.id.to_string(), origin.clone()),
        listens: main.map(listens).unwrap_or_default(),
        uses: uses::of(workload, inventory, names),
        storage: size.map(|size| Storage {
            size: Fact::stated(size.value, size.origin.clone()),
            meta: Meta { origin: size.origin.clone(), ..Meta::default() },
            ..Storage::default()
        }),
        ..Component::default()
    }
}

fn fact<T>(value: Option<T>, origin: Option<&sehat_diagnostic::Origin>) -> Fact<T> {
    match (value, origin) {
        (Some(value), Some(origin)) => Fact::stated(value, origin.clone()),
        _ => Fact::default(),
    }
}

fn kind(workload: &Workload, product: Option<&product::Named>) -> Kind {
    if workload.kind.ends() {
        return Kind::Job;
    }
    let by_product = product.and_then(|product| product.kind);
    let has_ports = workload.pod.ports().next().is_some();
    by_product.unwrap_or(if has_ports || workload.kind == WorkloadKind::StatefulSet {
        Kind::Service
    } else {
        Kind::Worker
    })
}

fn listens(container: &Container) -> BTreeMap<Name, Listener> {
    let named = |(at, port): (usize, &sehat_platform::inventory::workload::ContainerPort)| {
        let name = port.name.as_deref().map_or_else(|| format!("port-{}", at + 1), word);
        let ports = Ports { protocol: port.protocol, first: port.number, last: port.number };
        let meta = Meta { origin: port.origin.clone(), ..Meta::default() };
        (name, Listener { meta, port: Fact::stated(ports, port.origin.clone()), ..Listener::default() })
    };
    container.ports.iter().enumerate().map(named).collect()
}
