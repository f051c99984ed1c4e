//! Balancers: nginx, HAProxy, and the address that keepalived moves.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sehat_engine::contents::Contents;
use sehat_engine::{haproxy, keepalived, nginx};
use sehat_platform::component::{Balance, Component, Kind, Route, Sticky};
use sehat_platform::{Duration, Name};

use super::site::{Site, check_times};

/// Health and status of nginx, inside its machine.
pub const NGINX_MANAGEMENT_PORT: u16 = 8099;
/// HAProxy's metrics, where the document names no port for them.
const HAPROXY_METRICS_PORT: u16 = 8404;
/// A request is tried on all servers at most once, and given up before the client does.
const TRIES_MS_MAX: u64 = 900;
const CONNECTIONS_MAX: u32 = 1024;

pub fn nginx(site: &Site<'_>, name: &str, component: &Component) -> Contents {
    let tls = component.listens.values().find(|listener| listener.tls.is_some());
    let names = host_names(site, name, component);
    let mut upstreams = BTreeMap::new();
    let mut routes = Vec::new();
    for (route_name, route) in ordered(&component.routes) {
        let Some(upstream) = upstream(site, name, route) else { continue };
        for path in paths(site, name, route) {
            routes.push(nginx_route(site, name, route_name, route, path, upstream.servers.len()));
        }
        upstreams.insert(route_name.clone(), upstream);
    }
    nginx::contents(&nginx::Input {
        http_port: plain_port(component),
        tls: tls.and_then(|listener| {
            Some(nginx::Tls {
                port: listener.port.get()?.first,
                names,
                protocols: vec!["TLSv1.2".into(), "TLSv1.3".into()],
            })
        }),
        management_port: NGINX_MANAGEMENT_PORT,
        sites: vec![nginx::Site { host: None, routes }],
        upstreams,
        worker_processes: 1,
        worker_connections: CONNECTIONS_MAX,
    })
}

/// Longer paths come first, because nginx takes the longest and a reader should see the same order.
fn ordered(routes: &BTreeMap<Name, Route>) -> Vec<(&Name, &Route)> {
    let mut routes: Vec<_> = routes.iter().collect();
    routes.sort_by_key(|(_, route)| std::cmp::Reverse(route.path.get().map_or(0, String::len)));
    routes
}

fn plain_port(component: &Component) -> Option<u16> {
    let plain = component.listens.values().find(|listener| listener.tls.is_none());
    plain.and_then(|listener| Some(listener.port.get()?.first))
}

fn host_names(site: &Site<'_>, name: &str, component: &Component) -> Vec<String> {
    let host = component.host.get().cloned().unwrap_or_else(|| format!("{name}.lab"));
    std::iter::once(host).chain(site.entry(name).map(|address| address.to_string())).collect()
}

fn upstream(site: &Site<'_>, name: &str, route: &Route) -> Option<nginx::Upstream> {
    let target = route.to.get()?;
    let port = site.port(target, route.listener.get().map(String::as_str))?;
    let servers: Vec<SocketAddr> =
        site.addresses(target).into_iter().map(|address| (address, port).into()).collect();
    (!servers.is_empty()).then(|| nginx::Upstream {
        balance: match route.balance.get() {
            Some(Balance::LeastConnections | Balance::LeastRequests) => nginx::Balance::LeastConnections,
            Some(Balance::Hash) => nginx::Balance::SourceAddress,
            _ => nginx::Balance::RoundRobin,
        },
        servers,
        failures_max: u32::try_from(site.timer(name, "nginx", "max-fails")).unwrap_or(1),
        fail_ms: site.timer(name, "nginx", "fail-timeout"),
        idle_connections_max: 32,
    })
}

/// Returns the starts of paths of a route: its own, and those of the journeys that go this way.
fn paths(site: &Site<'_>, name: &str, route: &Route) -> Vec<String> {
    let own = route.path.get().cloned().unwrap_or_else(|| "/".to_owned());
    let journeys = site.platform.journeys.iter().filter(|(_, journey)| {
        let through: Vec<&Name> = journey.through.iter().filter_map(|part| part.get()).collect();
        through.first().is_some_and(|first| *first == name) && leads_on(site, route, &through[1..])
    });
    let special = route.path.get().is_some();
    let journeys = journeys.filter(|_| special).map(|(journey, _)| format!("/journey/{journey}/"));
    std::iter::once(own).chain(journeys).collect()
}

/// Returns whether the route is the one by which the rest of a journey goes on.
fn leads_on(site: &Site<'_>, route: &Route, rest: &[&Name]) -> bool {
    let (Some(target), Some(first)) = (route.to.get(), rest.first()) else { return false };
    let next = rest.get(1).and_then(|next| site.listener_for(first, next));
    target == *first && (next.is_none() || route.listener.get().cloned() == next)
}

fn nginx_route(
    site: &Site<'_>,
    name: &str,
    route_name: &str,
    route: &Route,
    path: String,
    servers: usize,
) -> nginx::Route {
    let timeout =
        route.timeout.copied().map_or_else(|| site.timer(name, "nginx", "read-timeout"), Duration::ms);
    nginx::Route {
        path,
        upstream: route_name.to_owned(),
        connect_ms_max: site.timer(name, "nginx", "connect-timeout"),
        read_ms_max: timeout,
        send_ms_max: timeout,
        tries_max: u32::try_from(servers).unwrap_or(1),
        tries_ms_max: TRIES_MS_MAX,
        limit: None,
    }
}

pub fn haproxy(site: &Site<'_>, name: &str, component: &Component) -> Contents {
    let metrics_port = site.port(name, Some("metrics")).unwrap_or(HAPROXY_METRICS_PORT);
    let checks = component.routes.values().filter_map(|route| route.check.as_ref());
    let check_ms_max = checks.map(|check| check_times(check).timeout_ms).min();
    let backends: BTreeMap<String, haproxy::Backend> = component
        .routes
        .iter()
        .filter_map(|(route_name, route)| Some((route_name.clone(), backend(site, route_name, route)?)))
        .collect();
    haproxy::contents(&haproxy::Input {
        frontends: backends.iter().filter_map(|(name, backend)| frontend(component, name, backend)).collect(),
        backends,
        metrics_port,
        connections_max: CONNECTIONS_MAX,
        connect_ms_max: site.timer(name, "haproxy", "connect-timeout").max(1),
        idle_ms_max: 60_000,
        check_ms_max: check_ms_max.unwrap_or_else(|| site.timer(name, "haproxy", "inter")),
        retries: u32::try_from(site.timer(name, "haproxy", "retries")).unwrap_or(3),
    })
}

fn frontend(component: &Component, name: &str, backend: &haproxy::Backend) -> Option<haproxy::Frontend> {
    let port = component.listens.get(name)?.port.get()?.first;
    Some(haproxy::Frontend {
        name: format!("{name}-in"),
        mode: backend.mode,
        listens: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port),
        tls_names: Vec::new(),
        routes: Vec::new(),
        default_backend: name.to_owned(),
    })
}

fn backend(site: &Site<'_>, route_name: &str, route: &Route) -> Option<haproxy::Backend> {
    let target = route.to.get()?;
    let to_store = site.component(target)?.kind.get().is_some_and(|kind| kind.stores());
    let port = site.port(target, route.listener.get().map(String::as_str))?;
    let servers = site.addresses(target).into_iter().enumerate().map(|(index, address)| haproxy::Server {
        name: format!("{target}-{}", index + 1),
        address: (address, port).into(),
        // One writer at a time: the next one takes over, and keeps what it took.
        role: if to_store && index > 0 { haproxy::Role::Backup } else { haproxy::Role::Active },
    });
    Some(haproxy::Backend {
        mode: if to_store { haproxy::Mode::Tcp } else { haproxy::Mode::Http },
        balance: if to_store { haproxy::Balance::First } else { haproxy_balance(route) },
        check: haproxy_check(route),
        servers: servers.collect(),
        sticky_cookie: (route.sticky.get() == Some(&Sticky::Cookie))
            .then(|| format!("{}_SERVER", route_name.to_uppercase())),
        failback: if to_store { haproxy::Failback::Stay } else { haproxy::Failback::Return },
    })
}

fn haproxy_balance(route: &Route) -> haproxy::Balance {
    match route.balance.get() {
        Some(Balance::LeastConnections | Balance::LeastRequests) => haproxy::Balance::LeastConnections,
        Some(Balance::Hash) => haproxy::Balance::SourceAddress,
        _ => haproxy::Balance::RoundRobin,
    }
}

fn haproxy_check(route: &Route) -> haproxy::Check {
    let stated = route.check.clone().unwrap_or_default();
    let times = check_times(&stated);
    haproxy::Check {
        method: "GET".to_owned(),
        path: stated.path.get().cloned().unwrap_or_else(|| "/".to_owned()),
        port: stated.port.get().map(|port| port.first),
        interval_ms: times.every_ms,
        fall: times.fall,
        rise: times.rise,
    }
}

/// The address of the component, held by one of its machines.
pub fn keepalived(
    site: &Site<'_>,
    name: &str,
    component: &Component,
    index: usize,
    interface: &str,
) -> Option<Contents> {
    component.failover.as_ref()?.by.get().filter(|by| *by == "keepalived")?;
    let address = site.moving_address(name)?;
    let own = site.addresses(name);
    let source = *own.get(index - 1)?;
    let segment =
        component.segment.get().and_then(|segment| site.platform.segments.get(segment)?.cidr.copied())?;
    let script_ms = site.timer(name, "keepalived", "script-interval");
    Some(keepalived::contents(&keepalived::Input {
        name: name.to_owned(),
        interface: interface.to_owned(),
        virtual_router_id: address.octets()[3].max(1),
        address,
        prefix_bits: segment.prefix_len(),
        priority: 150_u8.saturating_sub(u8::try_from(index).unwrap_or(u8::MAX).saturating_mul(10)),
        preempt: false,
        advertisement_ms: site.timer(name, "keepalived", "advert"),
        source,
        unicast_peers: own.iter().copied().filter(|peer| *peer != source).collect(),
        check: keepalived::Check {
            command: alive_command(component),
            interval_s: script_ms.div_ceil(1000).max(1),
            timeout_s: 1,
            fall: u32::try_from(site.timer(name, "keepalived", "script-fall")).unwrap_or(1),
            rise: 1,
        },
    }))
}

/// Asks the balancer itself, not only whether its process is there.
fn alive_command(component: &Component) -> Vec<String> {
    let url = match component.product.get().map(String::as_str) {
        Some("nginx") => format!("http://127.0.0.1:{NGINX_MANAGEMENT_PORT}/nginx-health"),
        _ if component.kind.get() == Some(&Kind::LoadBalancer) => {
            format!("http://127.0.0.1:{HAPROXY_METRICS_PORT}/metrics")
        }
        _ => "http://127.0.0.1/".to_owned(),
    };
    ["/usr/bin/curl", "--silent", "--fail", "--max-time", "0.8", "--output", "/dev/null", &url]
        .map(str::to_owned)
        .to_vec()
}
