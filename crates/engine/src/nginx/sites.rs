//! The servers that clients reach, their routes, and the groups of servers behind them.

use super::input::{Balance, Input, Route, Site, Tls, Upstream};
use super::{CERTIFICATE, KEY};
use crate::write::{Blocks, seconds_up};

/// Room for the counters of about 16,000 client addresses per megabyte (nginx, module `limit_req`).
const LIMIT_ZONE: &str = "1m";
/// Shared memory of a group, so that all workers see the same failures (nginx, module `upstream`).
const UPSTREAM_ZONE: &str = "64k";

pub fn upstream(name: &str, upstream: &Upstream) -> Blocks {
    let balance = match upstream.balance {
        Balance::RoundRobin => None,
        Balance::LeastConnections => Some(Blocks::new().set(["least_conn"])),
        Balance::SourceAddress => Some(Blocks::new().set(["ip_hash"])),
    };
    let servers = upstream.servers.iter().map(|server| {
        let failures = format!("max_fails={}", upstream.failures_max);
        let time = format!("fail_timeout={}s", seconds_up(upstream.fail_ms));
        Blocks::new().set(["server".to_owned(), server.to_string(), failures, time])
    });
    let group = Blocks::new()
        .set(["zone", name, UPSTREAM_ZONE])
        .extended(balance)
        .extended(servers)
        .set(["keepalive".to_owned(), upstream.idle_connections_max.to_string()]);
    Blocks::new().block(["upstream", name], group)
}

/// Returns one counter per route with a limit.
pub fn limits(input: &Input) -> Vec<Blocks> {
    let mut zones = Vec::new();
    for (site_index, site) in input.sites.iter().enumerate() {
        for (route_index, route) in site.routes.iter().enumerate() {
            zones.extend(route.limit.map(|limit| {
                let zone = format!("zone={}:{LIMIT_ZONE}", zone_name(site_index, route_index));
                let rate = format!("rate={}r/s", limit.requests_per_second);
                Blocks::new().set(["limit_req_zone".to_owned(), "$binary_remote_addr".to_owned(), zone, rate])
            }));
        }
    }
    zones
}

pub fn servers(input: &Input) -> Vec<Blocks> {
    let redirect = input.http_port.filter(|_| input.tls.is_some()).map(redirect);
    let sites = input.sites.iter().enumerate().map(|(index, site)| {
        let named = named(site, listen(input, site));
        let routes =
            site.routes.iter().enumerate().map(|(number, route)| location(&zone_name(index, number), route));
        Blocks::new().block(["server"], named.extended(routes))
    });
    redirect.into_iter().chain(sites).collect()
}

fn redirect(port: u16) -> Blocks {
    let server = Blocks::new()
        .set(["listen".to_owned(), port.to_string(), "default_server".to_owned()])
        .set(["return", "301", "https://$host$request_uri"]);
    Blocks::new().block(["server"], server)
}

fn named(site: &Site, listen: Blocks) -> Blocks {
    listen.set(["server_name", site.host.as_deref().unwrap_or("_")])
}

fn listen(input: &Input, site: &Site) -> Blocks {
    let default = site.host.is_none().then(|| "default_server".to_owned());
    match (&input.tls, input.http_port) {
        (Some(tls), _) => over_tls(tls, default),
        (None, port) => {
            let words = ["listen".to_owned(), port.unwrap_or(80).to_string()];
            Blocks::new().set(words.into_iter().chain(default))
        }
    }
}

fn over_tls(tls: &Tls, default: Option<String>) -> Blocks {
    let listen = ["listen".to_owned(), tls.port.to_string(), "ssl".to_owned(), "http2".to_owned()];
    let protocols = ["ssl_protocols".to_owned()].into_iter().chain(tls.protocols.iter().cloned());
    Blocks::new()
        .set(listen.into_iter().chain(default))
        .set(["ssl_certificate", CERTIFICATE])
        .set(["ssl_certificate_key", KEY])
        .set(protocols)
        // Clients come back after a failover to the other edge, which knows none of this one's sessions.
        .set(["ssl_session_cache", "shared:tls:1m"])
}

fn location(zone: &str, route: &Route) -> Blocks {
    let time = |name: &str, ms: u64| Blocks::new().set([name.to_owned(), format!("{ms}ms")]);
    let limit = route.limit.map(|limit| {
        Blocks::new().set([
            "limit_req".to_owned(),
            format!("zone={zone}"),
            format!("burst={}", limit.burst),
            "nodelay".to_owned(),
        ])
    });
    let inner = Blocks::new()
        .set(["proxy_pass".to_owned(), format!("http://{}", route.upstream)])
        .extended([
            time("proxy_connect_timeout", route.connect_ms_max),
            time("proxy_read_timeout", route.read_ms_max),
            time("proxy_send_timeout", route.send_ms_max),
        ])
        // A request that changes something goes to a second server only if the first one has not got it.
        // An answer of 503 comes from behind a server that is well. Counted as that server's failure, it would take one
        // healthy server after the other away for `fail_timeout`.
        .set(["proxy_next_upstream", "error", "timeout"])
        .set(["proxy_next_upstream_tries".to_owned(), route.tries_max.to_string()])
        .extended([time("proxy_next_upstream_timeout", route.tries_ms_max)])
        .extended(limit);
    Blocks::new().block(["location", &route.path], inner)
}

fn zone_name(site_index: usize, route_index: usize) -> String {
    format!("limit-{site_index}-{route_index}")
}
