//! HAProxy: an HTTP balancer with active checks and sticky cookies, and the front of a database with one writer.

mod input;

use crate::contents::{Certificate, Contents, Directory, File, Opening, Party, Probe, Process};
use crate::write::{Lines, Quoting};

pub use input::{Backend, Balance, Check, Failback, Frontend, Input, Mode, Role, Route, Server};

const CONFIG: &str = "/etc/haproxy/haproxy.cfg";
const TLS: &str = "/etc/haproxy/tls";
/// Answered by HAProxy itself.
pub const HEALTH_PATH: &str = "/haproxy-health";
pub const METRICS_PATH: &str = "/metrics";
/// HAProxy parses its configuration and listens within a tenth of this.
const READY_MS_MAX: u64 = 10_000;

pub fn contents(input: &Input) -> Contents {
    let ready = Probe::Http { port: input.metrics_port, path: HEALTH_PATH.to_owned(), status: 200 };
    let process = Process::new("haproxy", "root", &["haproxy", "-db", "-f", CONFIG])
        .before(&["haproxy", "-c", "-q", "-f", CONFIG])
        .ready(ready, READY_MS_MAX);
    Contents {
        packages: ["haproxy".to_owned()].into(),
        directories: vec![Directory::new(TLS, "root", 0o700)],
        files: vec![File::plain(CONFIG, config(input).text(Quoting::Strong))],
        certificates: input.frontends.iter().filter_map(certificate).collect(),
        processes: vec![process],
    }
}

pub fn openings(input: &Input) -> Vec<Opening> {
    let fronts = input.frontends.iter().map(|frontend| Opening::tcp(frontend.listens.port(), Party::Clients));
    fronts.chain([Opening::tcp(input.metrics_port, Party::Metrics)]).collect()
}

fn certificate(frontend: &Frontend) -> Option<Certificate> {
    let file = |ending: &str| format!("{TLS}/{}.{ending}", frontend.name).into();
    (!frontend.tls_names.is_empty()).then(|| Certificate {
        certificate_path: file("crt"),
        key_path: file("key"),
        bundle_path: Some(file("pem")),
        authority_path: format!("{TLS}/authority.crt").into(),
        owner: "root".to_owned(),
        names: frontend.tls_names.clone(),
    })
}

fn config(input: &Input) -> Lines {
    let lines = Lines::new()
        .section(["global"])
        .line(["log", "stdout", "format", "raw", "local0", "warning"])
        .line(["maxconn".to_owned(), input.connections_max.to_string()])
        .line(["user", "haproxy"])
        .line(["group", "haproxy"])
        .section(["defaults"])
        .line(["log", "global"])
        // The servers resolve no names, so a file of servers' states is not needed to start.
        .line(["option", "dontlognull"])
        .line(["option", "redispatch"])
        .line(["retries".to_owned(), input.retries.to_string()])
        .line(["timeout".to_owned(), "connect".to_owned(), ms(input.connect_ms_max)])
        .line(["timeout".to_owned(), "client".to_owned(), ms(input.idle_ms_max)])
        .line(["timeout".to_owned(), "server".to_owned(), ms(input.idle_ms_max)])
        .line(["timeout".to_owned(), "check".to_owned(), ms(input.check_ms_max)]);
    let lines = input.frontends.iter().fold(lines, frontend);
    let lines = input.backends.iter().fold(lines, |lines, (name, value)| backend(lines, name, value));
    metrics(lines, input)
}

fn metrics(lines: Lines, input: &Input) -> Lines {
    lines
        .section(["frontend", "metrics"])
        .line(["mode", "http"])
        .line(["bind".to_owned(), format!("*:{}", input.metrics_port)])
        .line(["monitor-uri", HEALTH_PATH])
        .line(["http-request", "use-service", "prometheus-exporter", "if", "{", "path", METRICS_PATH, "}"])
}

fn frontend(lines: Lines, frontend: &Frontend) -> Lines {
    let tls = (!frontend.tls_names.is_empty()).then(|| format!("{TLS}/{}.pem", frontend.name));
    let tls = tls.into_iter().flat_map(|path| ["ssl".to_owned(), "crt".to_owned(), path]);
    let bind = ["bind".to_owned(), frontend.listens.to_string()].into_iter().chain(tls);
    let lines = lines
        .section(["frontend", &frontend.name])
        .line(["mode", frontend.mode.word()])
        .line(bind)
        .line_if((frontend.mode == Mode::Http).then_some(["option", "forwardfor"]));
    let lines = frontend.routes.iter().fold(lines, |lines, route| lines.line(use_backend(route)));
    lines.line(["default_backend", &frontend.default_backend])
}

fn use_backend(route: &Route) -> Vec<String> {
    let host = route
        .host
        .iter()
        .flat_map(|host| ["{", "req.hdr(host),field(1,:)", "-i", host, "}"].map(str::to_owned));
    let path = route.path.iter().flat_map(|path| ["{", "path_beg", path, "}"].map(str::to_owned));
    ["use_backend".to_owned(), route.backend.clone(), "if".to_owned()]
        .into_iter()
        .chain(host)
        .chain(path)
        .collect()
}

fn backend(lines: Lines, name: &str, backend: &Backend) -> Lines {
    let lines = lines
        .section(["backend", name])
        .line(["mode", backend.mode.word()])
        .line(["balance", backend.balance.word()])
        .line(["option", "httpchk"])
        .line(["http-check", "send", "meth", &backend.check.method, "uri", &backend.check.path])
        .line(["http-check", "expect", "status", "200"])
        .line_if(
            backend
                .sticky_cookie
                .as_ref()
                .map(|cookie| ["cookie", cookie, "insert", "indirect", "nocache", "httponly"]),
        );
    let lines = if backend.failback == Failback::Stay { staying(lines) } else { lines };
    backend.servers.iter().fold(lines, |lines, value| lines.line(server(backend, value)))
}

/// All connections stick to the server that took the first one, also when a preferred one is back.
fn staying(lines: Lines) -> Lines {
    lines.line(["stick-table", "type", "ip", "size", "1", "nopurge"]).line(["stick", "on", "dst"])
}

fn server(backend: &Backend, server: &Server) -> Vec<String> {
    let check = &backend.check;
    let mut words =
        vec!["server".to_owned(), server.name.clone(), server.address.to_string(), "check".to_owned()];
    let mut add = |parts: &[&str]| words.extend(parts.iter().map(|part| (*part).to_owned()));
    add(&["inter", &ms(check.interval_ms), "fall", &check.fall.to_string(), "rise", &check.rise.to_string()]);
    if let Some(port) = check.port {
        add(&["port", &port.to_string()]);
    }
    if backend.sticky_cookie.is_some() {
        add(&["cookie", &server.name]);
    }
    if backend.mode == Mode::Tcp {
        // A client that stays connected to a server which left the cluster would get errors until it gives up.
        add(&["on-marked-down", "shutdown-sessions"]);
    }
    if server.role == Role::Backup {
        add(&["backup"]);
    } else if backend.failback == Failback::Return
        && backend.servers.iter().any(|server| server.role == Role::Backup)
    {
        // Otherwise old connections would write on the backup and new ones on this server.
        add(&["on-marked-up", "shutdown-backup-sessions"]);
    }
    words
}

fn ms(ms: u64) -> String {
    format!("{ms}ms")
}

#[cfg(test)]
mod tests;
