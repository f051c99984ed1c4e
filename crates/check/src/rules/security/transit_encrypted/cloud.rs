//! At a provider's load balancers, databases and caches.

use sehat_platform::inventory::cloud::{Cache, Cdn, Database, Listener};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let cloud = &context.inventory.cloud;
    let mut findings: Vec<Finding> = cloud.listeners.iter().filter_map(plain_listener).collect();
    findings.extend(cloud.listeners.iter().filter_map(old_policy));
    findings.extend(cloud.caches.iter().filter_map(plain_cache));
    findings.extend(cloud.databases.iter().filter_map(plain_database));
    findings.extend(cloud.cdns.iter().filter_map(plain_cdn));
    findings
}

fn plain_listener(listener: &Listener) -> Option<Finding> {
    let protocol = listener.protocol.as_ref().filter(|protocol| protocol.value == "HTTP")?;
    let subject = &listener.resource.address;
    (!listener.redirects_to_https).then(|| {
        Finding::broken(NAME, Severity::High, subject)
            .says(format!("{subject} serves plain HTTP and does not redirect it"))
            .witness("passwords and records cross the way to the balancer in the open")
            .repair("redirect to HTTPS by `default_action`, and serve 443 with a certificate")
            .at(&protocol.origin, "plain HTTP")
    })
}

/// Source: Elastic Load Balancing, security policies: these still take TLS 1.0 or 1.1.
fn old_policy(listener: &Listener) -> Option<Finding> {
    let policy = listener.tls_policy.as_ref()?;
    let is_old = matches!(
        policy.value.as_str(),
        "ELBSecurityPolicy-2016-08"
            | "ELBSecurityPolicy-2015-05"
            | "ELBSecurityPolicy-TLS-1-0-2015-04"
            | "ELBSecurityPolicy-TLS-1-1-2017-01"
    );
    is_old.then(|| {
        Finding::broken(NAME, Severity::Medium, &listener.resource.address)
            .says(format!("{} takes TLS 1.0 or 1.1: `{policy}`", listener.resource.address))
            .witness("both were withdrawn in 2021 (RFC 8996)")
            .repair("set `ssl_policy` to `ELBSecurityPolicy-TLS13-1-2-2021-06`")
            .at(&policy.origin, "old protocols")
    })
}

fn plain_cache(cache: &Cache) -> Option<Finding> {
    let subject = &cache.resource.address;
    let is_redis =
        cache.engine.as_ref().is_none_or(|engine| matches!(engine.value.as_str(), "redis" | "valkey"));
    let is_on = cache.transit_encrypted.as_ref().is_some_and(|stated| stated.value);
    if is_on || !is_redis {
        return None;
    }
    let place = cache.transit_encrypted.as_ref().map_or(&cache.resource.origin, |stated| &stated.origin);
    Some(
        Finding::broken(NAME, Severity::High, subject)
            .says(format!("{subject} speaks without encryption"))
            .witness("sessions and what is cached of patients cross the network in the open, also between its members")
            .repair("set `transit_encryption_enabled = true`, and an `auth_token` or users")
            .at(place, "not encrypted"),
    )
}

/// The parameter by which each engine refuses plaintext, and its value.
fn switch(engine: &str, version: Option<&str>) -> Option<(&'static str, &'static str, bool)> {
    let major = version.and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    match engine {
        // From PostgreSQL 15 on RDS asks for TLS unless it is told otherwise.
        "postgres" | "aurora-postgresql" => {
            Some(("rds.force_ssl", "1", major.is_some_and(|major| major >= 15)))
        }
        "mysql" | "mariadb" | "aurora-mysql" => Some(("require_secure_transport", "ON", false)),
        _ => None,
    }
}

fn plain_database(database: &Database) -> Option<Finding> {
    if !database.cluster.is_empty() || database.is_replica {
        return None;
    }
    let version = database.version.as_ref().map(|version| version.value.as_str());
    let (name, wanted, by_default) = switch(&database.engine.as_ref()?.value, version)?;
    let subject = &database.resource.address;
    let parameters = database.parameters.as_ref();
    let stated = parameters.and_then(|parameters| parameters.get(name));
    let says_yes = |value: &str| matches!(value.to_lowercase().as_str(), "1" | "on" | "true");
    let finding = match stated {
        Some(stated) if says_yes(&stated.value) => return None,
        Some(stated) => Finding::broken(NAME, Severity::High, subject)
            .says(format!("{subject} accepts connections without TLS: `{name}` is {stated}"))
            .at(&stated.origin, "plaintext is let in here"),
        None if by_default => return None,
        // Its parameter group is another's, which may well ask for TLS.
        None if parameters.is_none() && !database.parameter_group.is_empty() => return None,
        None => Finding::broken(NAME, Severity::Medium, subject)
            .says(format!("{subject} accepts connections without TLS: nothing sets `{name}`"))
            .at(&database.resource.origin, "takes the engine's default"),
    };
    Some(
        finding
            .witness("a client that does not ask for TLS sends its queries, and gets the rows, in the open")
            .repair(format!("set `{name} = {wanted}` in its parameter group")),
    )
}

fn plain_cdn(cdn: &Cdn) -> Option<Finding> {
    let open = cdn.viewer_policies.iter().find(|policy| policy.value == "allow-all");
    let inner = cdn.origin_policies.iter().find(|policy| policy.value == "http-only");
    let stated = open.or(inner)?;
    let subject = &cdn.resource.address;
    let says = if open.is_some() { "serves plain HTTP" } else { "fetches from its origin over plain HTTP" };
    Some(
        Finding::broken(NAME, Severity::High, subject)
            .says(format!("{subject} {says}"))
            .witness("what passes there can be read and changed on the way")
            .repair("set `redirect-to-https` for viewers and `https-only` for origins")
            .at(&stated.origin, "plain HTTP"),
    )
}
