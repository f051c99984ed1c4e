//! What the balancer needs to know.

use std::collections::BTreeMap;
use std::net::SocketAddr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub frontends: Vec<Frontend>,
    pub backends: BTreeMap<String, Backend>,
    /// Metrics and HAProxy's own health.
    pub metrics_port: u16,
    pub connections_max: u32,
    pub connect_ms_max: u64,
    /// Without a byte for so long, a connection is closed.
    pub idle_ms_max: u64,
    /// An answer to a check takes no longer.
    pub check_ms_max: u64,
    pub retries: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frontend {
    pub name: String,
    pub mode: Mode,
    pub listens: SocketAddr,
    /// Names that the certificate is for; none for plain text.
    pub tls_names: Vec<String>,
    pub routes: Vec<Route>,
    pub default_backend: String,
}

/// Requests for this host, or with this start of the path, or both, go to the backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub host: Option<String>,
    pub path: Option<String>,
    pub backend: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    pub mode: Mode,
    pub balance: Balance,
    pub check: Check,
    pub servers: Vec<Server>,
    /// The name of a cookie that keeps a client with its server.
    pub sticky_cookie: Option<String>,
    pub failback: Failback,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub method: String,
    pub path: String,
    /// Where health is asked; by default the server's own port.
    pub port: Option<u16>,
    pub interval_ms: u64,
    pub fall: u32,
    pub rise: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub name: String,
    pub address: SocketAddr,
    pub role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Http,
    Tcp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    RoundRobin,
    LeastConnections,
    SourceAddress,
    /// The first server that is well takes everything.
    First,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Active,
    /// Used only where no active server is well.
    Backup,
}

/// What happens when a preferred server is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failback {
    /// Connections move back to it.
    Return,
    /// Connections stay where they are until that server fails.
    Stay,
}

impl Mode {
    pub fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Tcp => "tcp",
        }
    }
}

impl Balance {
    pub fn word(self) -> &'static str {
        match self {
            Self::RoundRobin => "roundrobin",
            Self::LeastConnections => "leastconn",
            Self::SourceAddress => "source",
            Self::First => "first",
        }
    }
}
