//! Hosts and ports that workloads are told in their environment, arguments and configuration.

use std::collections::HashMap;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::config::ConfigMap;
use sehat_platform::inventory::network::Service;
use sehat_platform::inventory::workload::{Container, EnvValue, Workload};

use crate::Context;

/// A host that a value names.
pub struct Told<'a> {
    pub host: String,
    pub port: Option<u16>,
    /// The variable, or the place of the argument.
    pub from: &'a str,
    pub origin: &'a Origin,
    /// A scheme or a port stands beside it, so that it cannot be anything but a host.
    pub is_sure: bool,
}

/// ConfigMaps by namespace and name, and the services of the files.
pub struct Hosts<'a> {
    maps: HashMap<(&'a str, &'a str), &'a ConfigMap>,
    services: HashMap<(&'a str, &'a str), &'a Service>,
}

impl<'a> Hosts<'a> {
    pub fn new(context: &Context<'a>) -> Self {
        let maps = context.inventory.config.maps.iter();
        let services = context.inventory.network.services.iter();
        Self {
            maps: maps
                .map(|map| ((map.object.id.namespace.as_str(), map.object.id.name.as_str()), map))
                .collect(),
            services: services
                .map(|service| {
                    ((service.object.id.namespace.as_str(), service.object.id.name.as_str()), service)
                })
                .collect(),
        }
    }

    /// Returns what a workload is told.
    pub fn told(&self, workload: &'a Workload) -> Vec<Told<'a>> {
        let namespace = workload.object.id.namespace.as_str();
        let mut told = Vec::new();
        for container in workload.pod.all_containers() {
            for (name, value) in self.values(namespace, container) {
                read(name, value, &mut told);
            }
        }
        told
    }

    fn values(&self, namespace: &'a str, container: &'a Container) -> Vec<(&'a str, &'a Stated<String>)> {
        let map = |name: &'a str| self.maps.get(&(namespace, name)).copied();
        let env = container.env.iter().filter_map(|env| match &env.value {
            EnvValue::Text(text) => Some((env.name.as_str(), text)),
            EnvValue::ConfigMapKey { name, key, .. } => {
                Some((env.name.as_str(), map(name.value.as_str())?.data.get(&key.value)?))
            }
            _ => None,
        });
        let whole =
            container.env_from.iter().filter(|from| !from.is_secret).filter_map(|from| map(&from.name.value));
        let keys = whole.flat_map(|map| map.data.iter().map(|(key, value)| (key.as_str(), value)));
        let words = container.command.iter().chain(&container.args).map(|word| ("an argument", word));
        env.chain(keys).chain(words).filter(|(_, value)| value.value.len() <= VALUE_MAX).collect()
    }

    /// Returns the service of this name.
    pub fn exact(&self, namespace: &str, name: &str) -> Option<&'a Service> {
        self.services.get(&(namespace, name)).copied()
    }

    /// Returns the service that a host means from a namespace.
    ///
    /// Source: Kubernetes, DNS for Services and Pods: `NAME`, `NAME.NAMESPACE`, `NAME.NAMESPACE.svc...`.
    pub fn service(&self, from: &str, host: &str) -> Option<&'a Service> {
        let parts = cluster_name(host)?;
        self.services.get(&(parts.1.unwrap_or(from), parts.0)).copied()
    }
}

/// A longer value is a file, not a setting.
const VALUE_MAX: usize = 512;

/// Returns name and namespace, where the host can be one of a cluster's own.
pub fn cluster_name(host: &str) -> Option<(&str, Option<&str>)> {
    let parts: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    match parts.as_slice() {
        [name] => Some((name, None)),
        // The replicas of a StatefulSet have names of their own before it.
        [name, namespace]
        | [name, namespace, "svc"]
        | [name, namespace, "svc", "cluster", "local"]
        | [_, name, namespace, "svc"]
        | [_, name, namespace, "svc", "cluster", "local"] => Some((name, Some(namespace))),
        _ => None,
    }
}

/// Returns whether a host lies outside the cluster: a domain of the internet or of a provider.
pub fn is_outside(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    host.split('.').count() >= 3
        && last.len() >= 2
        && last.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !matches!(
            last,
            "svc" | "local" | "localdomain" | "cluster" | "internal" | "test" | "example" | "invalid"
        )
        && !host.contains(".svc.")
}

const PORTS: [(&str, u16); 12] = [
    ("http", 80),
    ("https", 443),
    ("postgres", 5432),
    ("postgresql", 5432),
    ("mysql", 3306),
    ("mariadb", 3306),
    ("redis", 6379),
    ("rediss", 6379),
    ("mongodb", 27017),
    ("amqp", 5672),
    ("amqps", 5671),
    ("grpc", 443),
];

fn read<'a>(name: &'a str, value: &'a Stated<String>, told: &mut Vec<Told<'a>>) {
    for word in
        value.value.split([' ', ',', ';', '"', '\'', '\n', '\t', '(', ')']).filter(|word| !word.is_empty())
    {
        let word =
            word.strip_prefix("--").and_then(|flag| flag.split_once('=')).map_or(word, |(_, value)| value);
        let (scheme, rest) = match word.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.rsplit(':').next().unwrap_or(scheme)), rest),
            None => (None, word),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let authority = authority.rsplit('@').next().unwrap_or(authority);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => match port.parse::<u16>() {
                Ok(port) => (host, Some(port)),
                Err(_) => continue,
            },
            None => (authority, None),
        };
        if !is_host(host) || (scheme.is_none() && port.is_none() && !is_named_as_host(name)) {
            continue;
        }
        let known =
            scheme.and_then(|scheme| PORTS.iter().find(|(known, _)| *known == scheme)).map(|(_, port)| *port);
        told.push(Told {
            host: host.to_ascii_lowercase(),
            port: port.or(known),
            from: name,
            origin: &value.origin,
            is_sure: scheme.is_some() || port.is_some(),
        });
    }
}

fn is_host(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let has_letter = text.bytes().any(|byte| byte.is_ascii_alphabetic());
    has_letter
        && text.len() <= 253
        && text.split('.').all(part)
        && !matches!(text, "localhost" | "true" | "false")
}

fn is_named_as_host(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["HOST", "HOSTNAME", "ADDR", "ADDRESS", "ENDPOINT", "SERVER", "_URL", "_URI"]
        .iter()
        .any(|end| name.ends_with(end))
}
