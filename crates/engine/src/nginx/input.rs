//! What the edge needs to know.

use std::collections::BTreeMap;
use std::net::SocketAddr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where TLS is spoken too, plain HTTP only redirects to it.
    pub http_port: Option<u16>,
    pub tls: Option<Tls>,
    /// Health and status, on 127.0.0.1 only.
    pub management_port: u16,
    pub sites: Vec<Site>,
    /// Groups of servers by name.
    pub upstreams: BTreeMap<String, Upstream>,
    pub worker_processes: u32,
    pub worker_connections: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    pub port: u16,
    /// Names and addresses that the certificate is for.
    pub names: Vec<String>,
    /// `TLSv1.2`, `TLSv1.3`.
    pub protocols: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// None for requests that name no known host.
    pub host: Option<String>,
    pub routes: Vec<Route>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The start of the path, `/`.
    pub path: String,
    pub upstream: String,
    pub connect_ms_max: u64,
    pub read_ms_max: u64,
    pub send_ms_max: u64,
    /// Servers that one request is tried on, the first included.
    pub tries_max: u32,
    /// Time after which it is tried on no further one.
    pub tries_ms_max: u64,
    pub limit: Option<Limit>,
}

/// Requests of one client address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub requests_per_second: u32,
    pub burst: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    pub balance: Balance,
    pub servers: Vec<SocketAddr>,
    /// Failed requests within `fail_ms` after which a server is left out for `fail_ms`.
    pub failures_max: u32,
    /// Rounded up to whole seconds, the unit that nginx takes.
    pub fail_ms: u64,
    /// Idle connections that each worker keeps.
    pub idle_connections_max: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    RoundRobin,
    LeastConnections,
    SourceAddress,
}
