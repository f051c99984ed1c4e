//! What becomes of each component in the lab: a real server, a labelled stand-in, or nothing.

use std::collections::BTreeMap;

use sehat_platform::component::{Component, Kind};
use sehat_platform::{Name, Platform};

/// What a component is in the lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    Server(Server),
    /// Sehat's own service, which carries the declared journeys and uses what the component uses.
    StandIn,
    /// Does not run, and nothing pretends that it does.
    NotRun {
        reason: String,
    },
}

/// A server that the lab runs for real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Server {
    Nginx,
    Haproxy,
    Mariadb,
    Redis,
    Prometheus,
    Alertmanager,
    Vault,
}

const SERVERS: [(&str, Server); 7] = [
    ("nginx", Server::Nginx),
    ("haproxy", Server::Haproxy),
    ("mariadb", Server::Mariadb),
    ("mysql", Server::Mariadb),
    ("redis", Server::Redis),
    ("prometheus", Server::Prometheus),
    ("alertmanager", Server::Alertmanager),
];

/// Servers that cannot be had as packages of the lab's root.
const NOT_TO_BE_HAD: [(&str, &str); 4] = [
    ("mongodb", "MongoDB is in no package source that the lab uses"),
    ("grafana", "Grafana is in no package source that the lab uses"),
    ("elasticsearch", "Elasticsearch is in no package source that the lab uses"),
    ("modsecurity", "the lab has no application firewall yet"),
];

/// Returns the role of every component, by name.
pub fn roles(platform: &Platform) -> BTreeMap<Name, Role> {
    platform
        .components
        .iter()
        .map(|(name, component)| (name.clone(), role(platform, name, component)))
        .collect()
}

fn role(platform: &Platform, name: &str, component: &Component) -> Role {
    let product = component.product.get().map_or("", String::as_str);
    let not_run = |reason: String| Role::NotRun { reason };
    if component.external.get() == Some(&true) || component.kind.get() == Some(&Kind::External) {
        return not_run("another party runs it".to_owned());
    }
    if component.managed.is_some() {
        return not_run("a provider runs it".to_owned());
    }
    if let Some((_, reason)) = NOT_TO_BE_HAD.iter().find(|(known, _)| *known == product) {
        return not_run((*reason).to_owned());
    }
    if platform.instances_of(name).next().is_none() {
        return not_run("it has no machines of its own".to_owned());
    }
    match (SERVERS.iter().find(|(known, _)| *known == product), component.kind.get()) {
        (Some((_, server)), _) => Role::Server(*server),
        // A backup store behind SSH becomes Sehat's vault: the same protocol, additions only.
        (None, Some(Kind::BackupStore)) if product == "openssh" => Role::Server(Server::Vault),
        (None, Some(Kind::Service | Kind::Worker | Kind::Frontend | Kind::Gateway))
            if serves_requests(component) =>
        {
            Role::StandIn
        }
        _ => not_run(format!(
            "the lab has no engine for {} yet",
            if product.is_empty() { "it" } else { product }
        )),
    }
}

fn serves_requests(component: &Component) -> bool {
    component.listens.values().any(|listener| listener.port.get().is_some())
}
