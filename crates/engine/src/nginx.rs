//! nginx as the edge: TLS, routes by host and path, balancing with passive checks.
//!
//! Open source nginx has no active checks and no sticky cookies; where a document asks for them at the edge, HAProxy is
//! the product that has them.

mod input;
mod sites;

use crate::contents::{
    Certificate, Contents, Directory, File, Opening, Party, Probe, Process, SEHAT, SIGQUIT,
};
use crate::write::{Blocks, Braces};

pub use input::{Balance, Input, Limit, Route, Site, Tls, Upstream};

const CONFIG: &str = "/etc/nginx/nginx.conf";
/// Debian's user of the workers.
const USER: &str = "www-data";
const CERTIFICATE: &str = "/etc/nginx/tls/edge.crt";
const KEY: &str = "/etc/nginx/tls/edge.key";
const AUTHORITY: &str = "/etc/nginx/tls/authority.crt";
/// Answered by nginx itself, so that it says whether nginx works, not what lies behind it.
pub const HEALTH_PATH: &str = "/nginx-health";
/// Read by the exporter.
pub const STATUS_PATH: &str = "/nginx-status";
/// nginx parses its configuration and forks within a tenth of this.
const READY_MS_MAX: u64 = 10_000;
/// Time for requests under way to end.
const STOP_MS_MAX: u64 = 5_000;

pub fn contents(input: &Input) -> Contents {
    Contents {
        packages: ["nginx".to_owned()].into(),
        directories: vec![
            Directory::new("/etc/nginx/tls", "root", 0o700),
            Directory::new("/var/log/nginx", USER, 0o755),
        ],
        files: vec![File::plain(CONFIG, config(input).text(Braces::Nginx))],
        certificates: input.tls.iter().map(certificate).collect(),
        processes: vec![process(input)],
    }
}

/// Returns the command that tells keepalived whether this edge works.
pub fn health_command(input: &Input) -> Vec<String> {
    let address = format!("127.0.0.1:{}", input.management_port);
    [SEHAT, "guest", "ask", "http", &address, HEALTH_PATH].map(str::to_owned).to_vec()
}

pub fn openings(input: &Input) -> Vec<Opening> {
    let ports = input.http_port.into_iter().chain(input.tls.as_ref().map(|tls| tls.port));
    ports.map(|port| Opening::tcp(port, Party::Clients)).collect()
}

fn certificate(tls: &Tls) -> Certificate {
    Certificate {
        certificate_path: CERTIFICATE.into(),
        key_path: KEY.into(),
        bundle_path: None,
        authority_path: AUTHORITY.into(),
        owner: "root".to_owned(),
        names: tls.names.clone(),
    }
}

fn process(input: &Input) -> Process {
    let ready = Probe::Http { port: input.management_port, path: HEALTH_PATH.to_owned(), status: 200 };
    Process::new("nginx", "root", &["nginx", "-c", CONFIG, "-g", "daemon off;"])
        .before(&["nginx", "-q", "-t", "-c", CONFIG])
        .ready(ready, READY_MS_MAX)
        .stopped_by(SIGQUIT, STOP_MS_MAX)
}

fn config(input: &Input) -> Blocks {
    Blocks::new()
        .set(["user", USER])
        .set(["worker_processes".to_owned(), input.worker_processes.to_string()])
        .set(["pid", "/run/nginx.pid"])
        .set(["error_log", "stderr", "warn"])
        .block(
            ["events"],
            Blocks::new().set(["worker_connections".to_owned(), input.worker_connections.to_string()]),
        )
        .block(["http"], http(input))
}

fn http(input: &Input) -> Blocks {
    Blocks::new()
        .set(["server_tokens", "off"])
        .set(["include", "/etc/nginx/mime.types"])
        .set(["access_log", "off"])
        // The version 1.1 with an empty Connection header is what keeps connections to the servers open.
        .set(["proxy_http_version", "1.1"])
        .set(["proxy_set_header", "Connection", ""])
        .set(["proxy_set_header", "Host", "$host"])
        .set(["proxy_set_header", "X-Forwarded-For", "$proxy_add_x_forwarded_for"])
        .set(["proxy_set_header", "X-Forwarded-Proto", "$scheme"])
        .extended(sites::limits(input))
        .extended(input.upstreams.iter().map(|(name, upstream)| sites::upstream(name, upstream)))
        .extended(sites::servers(input))
        .block(["server"], management(input))
}

fn management(input: &Input) -> Blocks {
    Blocks::new()
        .set(["listen".to_owned(), format!("127.0.0.1:{}", input.management_port)])
        .block(["location", "=", HEALTH_PATH], Blocks::new().set(["return", "200", "ok"]))
        .block(["location", "=", STATUS_PATH], Blocks::new().set(["stub_status"]))
        .block(["location", "/"], Blocks::new().set(["return", "404"]))
}

#[cfg(test)]
mod tests;
