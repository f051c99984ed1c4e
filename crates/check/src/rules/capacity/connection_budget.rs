//! Proves that a database admits the connections that all replicas of its clients may open together.
//!
//! Broken: the sum over the clients of replicas times pool size lies above the server's stated
//! `max_connections`, less what it keeps for its administrators. Clients are the workloads that name the
//! server's Service in their configuration; pools are told by the usual names (`DB_POOL_SIZE`,
//! `SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE` ...).
//!
//! Unknown: the same with a server that states no limit, held against its product's default.
//!
//! Source: PostgreSQL, *Connections and Authentication* (default 100, 3 of them reserved); `MySQL` and MariaDB,
//! `max_connections` (default 151, 1 of them reserved).

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::config::ConfigMap;
use sehat_platform::inventory::workload::{EnvValue, VolumeSource, Workload};
use sehat_verdict::{Finding, Severity};

use crate::load::{count_of, image_name, pods};
use crate::{Context, Outcome, Rule};

const NAME: &str = "connection-budget";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "A database admits the connections of all replicas of its clients.",
    severity: Severity::High,
    hygiene: false,
    source: "PostgreSQL: Connections and Authentication; MySQL: max_connections",
    file: include_str!("connection_budget.rs"),
    judge,
};

/// Images of servers, their default number of connections, and how many they keep back.
const SERVERS: [(&str, u64, u64); 4] =
    [("postgres", 100, 3), ("postgresql", 100, 3), ("mysql", 151, 1), ("mariadb", 151, 1)];

/// Names under which the size of a pool is stated.
const POOLS: [&str; 14] = [
    "DB_POOL_SIZE",
    "DB_POOL_MAX",
    "DB_MAX_POOL_SIZE",
    "DB_MAX_CONNECTIONS",
    "DB_MAX_OPEN_CONNS",
    "DB_CONNECTION_LIMIT",
    "DATABASE_POOL_SIZE",
    "DATABASE_POOL_MAX",
    "DATABASE_MAX_CONNECTIONS",
    "POSTGRES_POOL_SIZE",
    "HIKARI_MAXIMUM_POOL_SIZE",
    "SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE",
    "SPRING_DATASOURCE_HIKARI_MAXIMUMPOOLSIZE",
    "SQLALCHEMY_POOL_SIZE",
];

/// One workload that opens connections.
struct Client<'a> {
    workload: &'a Workload,
    pool: &'a Stated<String>,
    size: u64,
    least: u64,
    most: u64,
}

fn judge(context: &Context<'_>) -> Outcome {
    let workloads = &context.inventory.workloads;
    let pooled: Vec<&Workload> = workloads.iter().filter(|workload| !workload.kind.ends()).collect();
    let clients: Vec<(Client<'_>, Vec<&str>)> = pooled
        .into_iter()
        .filter_map(|workload| {
            let settings = settings(context, workload);
            Some((
                client(context, workload, &settings)?,
                settings.iter().map(|(_, value)| value.value.as_str()).collect(),
            ))
        })
        .collect();
    if clients.is_empty() {
        return Outcome::default();
    }
    workloads.iter().filter_map(|server| of_server(context, server, &clients)).collect::<Vec<_>>().into()
}

/// Every setting of a workload that the files show: name and value.
fn settings<'a>(context: &Context<'a>, workload: &'a Workload) -> Vec<(&'a str, &'a Stated<String>)> {
    let mut found = Vec::new();
    let map = |name: &str| map_of(context, workload, name);
    for container in &workload.pod.containers {
        for from in container.env_from.iter().filter(|from| !from.is_secret) {
            let data = map(&from.name).map(|map| &map.data);
            found.extend(data.into_iter().flatten().map(|(key, value)| (key.as_str(), value)));
        }
        found.extend(container.env.iter().filter_map(|env| match &env.value {
            EnvValue::Text(text) => Some((env.name.as_str(), text)),
            EnvValue::ConfigMapKey { name, key, .. } => {
                Some((env.name.as_str(), map(name)?.data.get(&key.value)?))
            }
            _ => None,
        }));
    }
    found
}

fn map_of<'a>(context: &Context<'a>, workload: &Workload, name: &str) -> Option<&'a ConfigMap> {
    let namespace = &workload.object.id.namespace;
    context
        .inventory
        .config
        .maps
        .iter()
        .find(|map| map.object.id.name == name && map.object.id.namespace == *namespace)
}

fn client<'a>(
    context: &Context<'_>,
    workload: &'a Workload,
    settings: &[(&str, &'a Stated<String>)],
) -> Option<Client<'a>> {
    let named = settings.iter().find(|(name, _)| POOLS.contains(&name.to_ascii_uppercase().as_str()))?;
    let size = named.1.value.trim().parse().ok().filter(|size| *size > 0)?;
    let pods = pods(context.index, workload)?;
    Some(Client { workload, pool: named.1, size, least: u64::from(pods.min), most: u64::from(pods.max) })
}

fn of_server(
    context: &Context<'_>,
    server: &Workload,
    clients: &[(Client<'_>, Vec<&str>)],
) -> Option<Finding> {
    let (container, (product, default, reserved)) = server.pod.containers.iter().find_map(|container| {
        let name = image_name(container.image.as_ref()?);
        Some((container, SERVERS.iter().find(|(known, ..)| *known == name)?))
    })?;
    let names: Vec<&str> =
        context.index.in_front_of(server).map(|service| service.object.id.name.as_str()).collect();
    let ours: Vec<&Client<'_>> = clients
        .iter()
        .filter(|(client, values)| {
            client.workload.object.id != server.object.id
                && values.iter().any(|value| names.iter().any(|name| names_host(value, name)))
        })
        .map(|(client, _)| client)
        .collect();
    let stated = limit(context, server);
    let admitted = stated.as_ref().map_or(*default, |(limit, _)| *limit).saturating_sub(*reserved);
    let sum = |count: fn(&Client<'_>) -> u64| {
        ours.iter().map(|client| client.size.saturating_mul(count(client))).fold(0, u64::saturating_add)
    };
    let (least, most) = (sum(|client| client.least), sum(|client| client.most));
    let largest = ours.iter().max_by_key(|client| client.size.saturating_mul(client.most))?;
    (most > admitted).then(|| {
        let severity = if least > admitted { Severity::High } else { Severity::Medium };
        let (finding, limit) = match &stated {
            Some((limit, _)) => (Finding::broken(NAME, severity, server.object.id.to_string()), limit.to_string()),
            None => {
                (Finding::unknown(NAME, severity, server.object.id.to_string()), format!("{default}, unless more is set"))
            }
        };
        finding
            .says(format!(
                "the clients of `{}` may open {most} connections, and {product} admits {limit}",
                server.object.id
            ))
            .witness(format!(
                "`{}` alone opens {} in each of {}; {reserved} are kept for administrators, and the rest is refused",
                largest.workload.object.id,
                largest.size,
                count_of(largest.most, "pod")
            ))
            .repair("make the pools smaller, put a pooler such as PgBouncer between, or raise `max_connections`")
            .at(stated.as_ref().map_or(&container.origin, |(_, origin)| origin), "admits so many")
            .at(&largest.pool.origin, "the largest pools")
    })
}

/// Returns whether a value names a host: by itself, in an address, or with its namespace behind.
fn names_host(value: &str, name: &str) -> bool {
    let hosts = value.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'));
    hosts
        .into_iter()
        .any(|host| host == name || host.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}

/// The stated limit: in the arguments, or in a file of configuration that is mounted.
fn limit(context: &Context<'_>, server: &Workload) -> Option<(u64, Origin)> {
    let words =
        server.pod.containers.iter().flat_map(|container| container.args.iter().chain(&container.command));
    let mounted = server.pod.volumes.iter().filter_map(|volume| match &volume.source {
        VolumeSource::ConfigMap { name, .. } => map_of(context, server, name),
        _ => None,
    });
    let texts = mounted.flat_map(|map| map.data.values());
    words.chain(texts).find_map(|text| Some((limit_in(text)?, text.origin.clone())))
}

/// `max_connections=200`, `--max-connections=200`, `max_connections = 200` on a line of its own.
fn limit_in(text: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let line = line.trim().trim_start_matches("--").replace('-', "_");
        let (name, value) = line.split_once('=')?;
        let value = value.split(['#', ' ']).find(|word| !word.is_empty())?;
        value.trim_matches('\'').parse().ok().filter(|_| name.trim() == "max_connections")
    })
}
