//! cert-manager: certificates, issuers, and the certificates that annotations of an Ingress ask for.
//!
//! Source: cert-manager v1.21, API reference and Annotated Ingress resource.

use sehat_platform::inventory::config::Secret;
use sehat_platform::inventory::operated::{Certificate, Issuer, IssuerKind, Solver};
use sehat_platform::inventory::{Inventory, Object, Stated};
use sehat_yaml::Node;

use super::made::made;
use crate::kubernetes::Kind;
use crate::kubernetes::get::{is_true, items, text, texts, word, words};

const GROUP: &str = "cert-manager.io";

pub const KINDS: &[Kind] = &[
    Kind { group: GROUP, kind: "Certificate", read: certificate },
    Kind { group: GROUP, kind: "Issuer", read: issuer },
    Kind { group: GROUP, kind: "ClusterIssuer", read: issuer },
];

fn certificate(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    if let Some(name) = text(spec, &["secretName"]) {
        inventory.config.secrets.push(tls_secret(&object, &name));
    }
    let common = text(spec, &["commonName"]);
    let mut names = texts(spec, &["dnsNames"]);
    if names.is_empty() {
        names.extend(common.filter(|name| name.value.contains('.')));
    }
    let kind = word(spec, &["issuerRef", "kind"]);
    inventory.operated.certificates.push(Certificate {
        names,
        addresses: texts(spec, &["ipAddresses"]),
        issuer: text(spec, &["issuerRef", "name"]),
        issuer_kind: if kind.is_empty() { "Issuer".to_owned() } else { kind },
        for_ingress: false,
        is_authority: is_true(spec, &["isCA"]),
        object,
    });
}

fn tls_secret(by: &Object, name: &Stated<String>) -> Secret {
    let keys = ["tls.crt", "tls.key", "ca.crt"].iter();
    Secret {
        object: made(by, "Secret", name.value.clone(), &name.origin),
        kind: Some(Stated::new("kubernetes.io/tls".to_owned(), name.origin.clone())),
        keys: keys.map(|key| ((*key).to_owned(), Stated::new(true, name.origin.clone()))).collect(),
        made_by: Some(by.id.clone()),
        keys_open: true,
    }
}

fn issuer(node: &Node, object: Object, inventory: &mut Inventory) {
    let Some(spec) = node.get("spec") else { return };
    let has = |key: &str| spec.get(key).is_some();
    let kind = if let Some(acme) = spec.at(&["acme"]) {
        IssuerKind::Acme {
            server: text(acme, &["server"]),
            solvers: items(acme, &["solvers"]).iter().map(solver).collect(),
        }
    } else if has("ca") {
        IssuerKind::Authority
    } else if has("selfSigned") {
        IssuerKind::SelfSigned
    } else if has("vault") {
        IssuerKind::Vault
    } else {
        IssuerKind::Other
    };
    inventory.operated.issuers.push(Issuer { object, kind });
}

fn solver(node: &Node) -> Solver {
    Solver {
        origin: node.origin.clone(),
        is_http: node.get("http01").is_some(),
        is_dns: node.get("dns01").is_some(),
        names: words(node, &["selector", "dnsNames"]),
        zones: words(node, &["selector", "dnsZones"]),
    }
}

/// Makes the certificates that annotated Ingresses ask for. Whoever calls it has read all objects.
pub fn from_ingresses(inventory: &mut Inventory) {
    let mut made_secrets = Vec::new();
    let mut certificates = Vec::new();
    for route in inventory.edge.routes.iter().filter(|route| route.object.id.kind == "Ingress") {
        let annotation = |key: &str| route.object.annotations.get(key);
        let cluster = annotation("cert-manager.io/cluster-issuer");
        let Some(issuer) = cluster.or_else(|| annotation("cert-manager.io/issuer")) else { continue };
        for tls in &route.tls {
            made_secrets.extend(tls.secret.as_ref().map(|name| tls_secret(&route.object, name)));
            certificates.push(Certificate {
                object: route.object.clone(),
                names: tls.hosts.clone(),
                addresses: Vec::new(),
                issuer: Some(issuer.clone()),
                issuer_kind: if cluster.is_some() { "ClusterIssuer" } else { "Issuer" }.to_owned(),
                for_ingress: true,
                is_authority: false,
            });
        }
    }
    inventory.config.secrets.extend(made_secrets);
    inventory.operated.certificates.extend(certificates);
}
