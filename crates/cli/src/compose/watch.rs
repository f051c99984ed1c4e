//! What watches: Prometheus, Alertmanager, exporters.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sehat_engine::contents::Contents;
use sehat_engine::{alertmanager, exporters, prometheus};
use sehat_lab::blueprint::Limits;
use sehat_platform::component::{Component, Kind, Topology};
use sehat_platform::{Duration, Fact, Reason};

use super::balance::NGINX_MANAGEMENT_PORT;
use super::client::alerts_address;
use super::site::Site;
use super::{Part, Server, store};

const PROMETHEUS_LIMITS: Limits =
    Limits { memory_bytes_max: 256 << 20, upper_bytes_max: 96 << 20, pid_count_max: 200 };
const ALERTMANAGER_LIMITS: Limits =
    Limits { memory_bytes_max: 96 << 20, upper_bytes_max: 16 << 20, pid_count_max: 100 };
/// An alert waits for two failed scrapes, so that one lost answer wakes nobody.
const SCRAPES_UNTIL_ALERT: u64 = 1;

pub fn prometheus(site: &Site<'_>, name: &str, component: &Component) -> Result<Part, String> {
    let ms = |fact: &Fact<Duration>, key: &str| {
        fact.copied().map_or_else(|| site.timer(name, "prometheus", key), Duration::ms)
    };
    let scrape_ms = ms(&component.scrape_interval, "scrape-interval").max(1000);
    let contents = prometheus::contents(&prometheus::Input {
        port: site.port(name, None).ok_or_else(|| format!("`{name}` serves no port: state `listens:`"))?,
        scrape_ms,
        scrape_ms_max: scrape_ms.min(3000),
        evaluation_ms: ms(&component.evaluation_interval, "evaluation-interval").max(1000),
        keep_ms: 86_400_000,
        jobs: jobs(site, name),
        rules: rules(site, name, component, scrape_ms),
        alertmanagers: alertmanagers(site),
    });
    Ok(Part { contents, seeds: Vec::new(), limits: PROMETHEUS_LIMITS })
}

fn alertmanagers(site: &Site<'_>) -> Vec<String> {
    let all = site.running_of(Kind::Alerts);
    let addresses =
        all.iter().flat_map(|name| site.addresses(name).into_iter().map(move |address| (name, address)));
    addresses.filter_map(|(name, address)| Some(format!("{address}:{}", site.port(name, None)?))).collect()
}

/// One job for each watched component and port on which something of the lab answers.
fn jobs(site: &Site<'_>, metrics: &str) -> Vec<prometheus::Job> {
    let needs =
        site.platform.needs.iter().filter(|need| need.client == metrics && need.reason == Reason::Scrapes);
    needs
        .filter(|need| answers(site, &need.server, need.ports.first))
        .map(|need| prometheus::Job {
            name: format!("{}-{}", need.server, need.ports.first),
            metrics_path: "/metrics".to_owned(),
            targets: targets(site, &need.server, need.ports.first),
            through: None,
        })
        .collect()
}

fn answers(site: &Site<'_>, name: &str, port: u16) -> bool {
    let own = |port: u16| Some(port) == site.port(name, Some("metrics")).or_else(|| site.port(name, None));
    match site.server(name) {
        Some(Server::Nginx) => port == exporters::NGINX_PORT,
        Some(Server::Mariadb) => port == exporters::MYSQLD_PORT,
        Some(Server::Redis) => port == exporters::REDIS_PORT,
        Some(Server::Haproxy | Server::Prometheus | Server::Alertmanager) => own(port),
        Some(Server::Vault) => false,
        None => site.is_stand_in(name) && own(port),
    }
}

fn targets(site: &Site<'_>, name: &str, port: u16) -> Vec<prometheus::Target> {
    let mut instances: Vec<_> =
        site.platform.instances_of(name).map(|(instance, _)| instance.clone()).collect();
    instances.sort();
    let target = |instance: &String| {
        let address = site.instance_address(instance)?;
        let labels = [("component", name), ("machine", instance.as_str())];
        let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        Some(prometheus::Target { address: format!("{address}:{port}"), labels })
    };
    instances.iter().filter_map(target).collect()
}

fn rules(site: &Site<'_>, name: &str, component: &Component, scrape_ms: u64) -> Vec<prometheus::Rule> {
    let for_ms = component
        .timers
        .get("alert-for")
        .and_then(Fact::copied)
        .map_or(scrape_ms * SCRAPES_UNTIL_ALERT, Duration::ms);
    let watched = |other: &str| {
        site.platform
            .needs
            .iter()
            .any(|need| need.client == name && need.server == other && need.reason == Reason::Scrapes)
    };
    let mut rules = vec![prometheus::instance_down(for_ms)];
    for (other, stated) in site.platform.draft.components.iter().filter(|(other, _)| watched(other)) {
        let count = site.addresses(other).len();
        match (site.server(other), stated.topology.get()) {
            (Some(Server::Mariadb), Some(Topology::Galera)) => {
                rules.push(prometheus::galera_member_lost(other, count, for_ms));
            }
            (Some(Server::Redis), Some(Topology::Sentinel)) => {
                rules.push(prometheus::redis_primary_lost(other, for_ms));
                rules.push(prometheus::replica_lost(other, count.saturating_sub(1), for_ms));
            }
            _ => {}
        }
    }
    rules
}

pub fn alertmanager(site: &Site<'_>, name: &str, _component: &Component) -> Result<Part, String> {
    let contents = alertmanager::contents(&alertmanager::Input {
        port: site.port(name, None).ok_or_else(|| format!("`{name}` serves no port: state `listens:`"))?,
        webhook: format!("http://{}/", alerts_address()),
        group_wait_ms: site.timer(name, "alertmanager", "group-wait"),
        group_interval_ms: 5_000,
        repeat_ms: 3_600_000,
        resolve_ms: 60_000,
    });
    Ok(Part { contents, seeds: Vec::new(), limits: ALERTMANAGER_LIMITS })
}

/// Small servers beside a product, where Prometheus asks for them.
pub fn exporters(site: &Site<'_>, name: &str, _component: &Component) -> Vec<Contents> {
    let asked = |port: u16| {
        site.platform
            .needs
            .iter()
            .any(|need| need.server == name && need.reason == Reason::Scrapes && need.ports.first == port)
    };
    let local = |port: u16| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    match site.server(name) {
        Some(Server::Nginx) if asked(exporters::NGINX_PORT) => {
            vec![exporters::nginx(local(NGINX_MANAGEMENT_PORT))]
        }
        Some(Server::Mariadb) if asked(exporters::MYSQLD_PORT) => {
            vec![exporters::mysqld(store::MONITOR, &site.secret(&format!("{name}-{}", store::MONITOR)))]
        }
        Some(Server::Redis) if asked(exporters::REDIS_PORT) => {
            let port = site.port(name, Some("redis")).unwrap_or(6379);
            vec![exporters::redis(local(port), Some(&site.secret(name)))]
        }
        _ => Vec::new(),
    }
}
