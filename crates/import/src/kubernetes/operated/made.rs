//! What an operator makes beside the resource: pods, services, secrets.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::config::Secret;
use sehat_platform::inventory::network::{Service, ServicePort};
use sehat_platform::inventory::workload::{Container, ContainerPort, Pod, PortRef, Workload, WorkloadKind};
use sehat_platform::inventory::{Inventory, Labels, Object, ObjectId, Selector, Stated};
use sehat_platform::{Bytes, Protocol};
use sehat_yaml::Node;

/// Makes things in the name of an operator.
pub struct Maker<'a> {
    pub object: &'a Object,
    pub inventory: &'a mut Inventory,
    /// What its pods carry, and its services select.
    pub labels: Vec<(&'static str, String)>,
    pub ports: Vec<(&'static str, u16)>,
}

impl Maker<'_> {
    pub fn pods(&mut self, container: &str, image: Option<Stated<String>>, replicas: Option<Stated<u32>>) {
        let origin = self.object.origin.clone();
        let ports = self.ports.iter().map(|(name, number)| ContainerPort {
            origin: origin.clone(),
            name: Some((*name).to_owned()),
            number: *number,
            protocol: Protocol::Tcp,
            host_port: None,
        });
        let container = Container {
            name: container.to_owned(),
            origin: origin.clone(),
            image,
            ports: ports.collect(),
            ..Container::default()
        };
        self.inventory.workloads.push(Workload {
            object: self.object.clone(),
            kind: WorkloadKind::Operated,
            replicas,
            selector: Some(self.selector()),
            pod: Pod { origin, labels: self.labels(), containers: vec![container], ..Pod::default() },
            ..Workload::default()
        });
    }

    /// A service in front of all its pods, on their first port.
    pub fn service(&mut self, name: String, headless: bool) {
        let Some((port_name, number)) = self.ports.first().copied() else { return };
        let origin = self.object.origin.clone();
        let port = ServicePort {
            origin: origin.clone(),
            name: Some(port_name.to_owned()),
            port: number,
            target: PortRef::Number(Stated::new(number, origin)),
            protocol: Protocol::Tcp,
        };
        self.inventory.network.services.push(Service {
            object: self.made("Service", name),
            headless,
            selector: Some(self.selector()),
            ports: vec![port],
            ..Service::default()
        });
    }

    pub fn secret(&mut self, name: String, keys: &[&str]) {
        let origin = &self.object.origin;
        let keys = keys.iter().map(|key| ((*key).to_owned(), Stated::new(true, origin.clone())));
        let secret = Secret {
            object: self.made("Secret", name),
            keys: keys.collect(),
            made_by: Some(self.object.id.clone()),
            keys_open: true,
            ..Secret::default()
        };
        self.inventory.config.secrets.push(secret);
    }

    fn labels(&self) -> Labels {
        let origin = &self.object.origin;
        self.labels
            .iter()
            .map(|(key, value)| ((*key).to_owned(), Stated::new(value.clone(), origin.clone())))
            .collect()
    }

    fn selector(&self) -> Selector {
        Selector { origin: self.object.origin.clone(), labels: self.labels(), expressions: Vec::new() }
    }

    fn made(&self, kind: &str, name: String) -> Object {
        made(self.object, kind, name, &self.object.origin)
    }
}

/// The head of an object that another one causes.
pub fn made(by: &Object, kind: &str, name: String, origin: &Origin) -> Object {
    Object {
        id: ObjectId::new(kind, by.id.namespace.clone(), name),
        origin: origin.clone(),
        namespace_stated: by.namespace_stated,
        ..Object::default()
    }
}

/// The version in an image's tag: `15.4` of `ghcr.io/cloudnative-pg/postgresql:15.4-bookworm`.
pub fn version_of(image: &Stated<String>) -> Option<Stated<String>> {
    let tag = image.value.split('@').next()?.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))?.1;
    let tag = tag.trim_start_matches('v');
    let end = tag.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(tag.len());
    let version = tag[..end].trim_end_matches('.');
    (!version.is_empty()).then(|| Stated::new(version.to_owned(), image.origin.clone()))
}

/// The size of a volume, wherever a claim's template stands.
pub fn claimed(node: &Node, path: &[&str]) -> Option<Stated<Bytes>> {
    let claim = node.at(path)?;
    crate::kubernetes::quantity::bytes(claim, &["spec", "resources", "requests", "storage"])
        .or_else(|| crate::kubernetes::quantity::bytes(claim, &["resources", "requests", "storage"]))
}
