//! Whom a workload uses, by the services that its environment names.

use std::collections::BTreeMap;

use sehat_platform::component::Use;
use sehat_platform::inventory::network::Service;
use sehat_platform::inventory::workload::{EnvValue, Workload};
use sehat_platform::inventory::{Inventory, Stated};
use sehat_platform::{Meta, Name};

use super::Names;

pub fn of(workload: &Workload, inventory: &Inventory, names: &Names) -> BTreeMap<Name, Use> {
    let own = &workload.object.id;
    let texts = workload.pod.all_containers().flat_map(|container| {
        let env = container.env.iter().filter_map(|env| match &env.value {
            EnvValue::Text(text) => Some(text),
            _ => None,
        });
        env.chain(&container.args).chain(&container.command)
    });
    let served = texts.filter_map(|text| Some((text, service_in(text, &own.namespace, inventory)?)));
    served
        .flat_map(|(text, service)| {
            let behind = inventory.workloads.iter().filter(move |other| {
                let id = &other.object.id;
                id != own && id.namespace == service.object.id.namespace && selects(service, other)
            });
            behind.filter_map(move |other| Some((names.get(&other.object.id)?.clone(), a_use(text))))
        })
        .collect()
}

fn selects(service: &Service, workload: &Workload) -> bool {
    service.selector.as_ref().is_some_and(|selector| selector.selects(&workload.pod.labels))
}

fn a_use(text: &Stated<String>) -> Use {
    Use { meta: Meta { origin: text.origin.clone(), ..Meta::default() }, ..Use::default() }
}

/// Returns the service that a text names: `redis-cart:6379`, `http://records.clinic.svc:8080/path`.
fn service_in<'a>(text: &str, namespace: &str, inventory: &'a Inventory) -> Option<&'a Service> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?', ',']).next()?;
    let mut parts = host.split('.');
    let (name, space) = (parts.next()?, parts.next().unwrap_or(namespace));
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return None;
    }
    let is_there =
        |service: &&Service| service.object.id.name == name && service.object.id.namespace == space;
    inventory.network.services.iter().find(is_there)
}
