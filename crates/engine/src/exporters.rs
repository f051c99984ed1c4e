//! Small servers beside a product that tell Prometheus of it.

use std::net::SocketAddr;

use serde_json::json;

use crate::contents::{Contents, Directory, File, Opening, Party, Probe, Process};
use crate::mariadb::SOCKET;
use crate::write::{Ini, json};

/// Ports as Prometheus's list of default port allocations has them.
pub const NODE_PORT: u16 = 9100;
pub const MYSQLD_PORT: u16 = 9104;
pub const NGINX_PORT: u16 = 9113;
pub const BLACKBOX_PORT: u16 = 9115;
pub const REDIS_PORT: u16 = 9121;

/// Debian's user of Prometheus and everything around it.
const USER: &str = "prometheus";
const DIR: &str = "/etc/sehat-exporters";
/// Exporters listen within a tenth of this.
const READY_MS_MAX: u64 = 10_000;

/// The machine: processors, memory, disks, network.
pub fn node() -> Contents {
    exporter(
        "prometheus-node-exporter",
        NODE_PORT,
        &[
            "--collector.disable-defaults",
            "--collector.cpu",
            "--collector.meminfo",
            "--collector.loadavg",
            "--collector.filesystem",
            "--collector.netdev",
        ],
    )
}

/// A MariaDB server beside it, with an account that only monitors.
pub fn mysqld(user: &str, password: &str) -> Contents {
    let path = format!("{DIR}/mysqld.cnf");
    let text =
        Ini::new().section("client").set("user", user).set("password", password).set("socket", SOCKET).text();
    let config = format!("--config.my-cnf={path}");
    with_file(exporter("prometheus-mysqld-exporter", MYSQLD_PORT, &[&config]), File::secret(path, USER, text))
}

/// nginx's status page at `address`. It ends where nginx does not answer at its start, so it waits for it.
pub fn nginx(address: SocketAddr) -> Contents {
    let uri = format!("http://{address}{}", crate::nginx::STATUS_PATH);
    let mut contents = exporter("prometheus-nginx-exporter", NGINX_PORT, &["-nginx.scrape-uri", &uri]);
    contents.processes.iter_mut().for_each(|process| process.after.push("nginx".to_owned()));
    contents
}

/// A Redis server at `address`.
pub fn redis(address: SocketAddr, password: Option<&str>) -> Contents {
    let path = format!("{DIR}/redis.json");
    let uri = format!("redis://{address}");
    let file = format!("-redis.password-file={path}");
    let text = json(&json!({ &uri: password.unwrap_or_default() }));
    let address = format!("-redis.addr={uri}");
    with_file(
        exporter("prometheus-redis-exporter", REDIS_PORT, &[&address, &file]),
        File::secret(path, USER, text),
    )
}

/// Asks others from outside: over HTTP, over TLS with the platform's authority, over TCP.
pub fn blackbox(authority_path: &str, timeout_ms: u64) -> Contents {
    let path = format!("{DIR}/blackbox.yml");
    let timeout = format!("{timeout_ms}ms");
    let modules = json!({ "modules": {
        "http": { "prober": "http", "timeout": timeout, "http": { "preferred_ip_protocol": "ip4" } },
        "https": { "prober": "http", "timeout": timeout, "http": {
            "preferred_ip_protocol": "ip4", "fail_if_not_ssl": true, "tls_config": { "ca_file": authority_path } } },
        "tcp": { "prober": "tcp", "timeout": timeout, "tcp": { "preferred_ip_protocol": "ip4" } },
    } });
    let config = format!("--config.file={path}");
    with_file(
        exporter("prometheus-blackbox-exporter", BLACKBOX_PORT, &[&config]),
        File::plain(path, json(&modules)),
    )
}

pub fn opening(port: u16) -> Opening {
    Opening::tcp(port, Party::Metrics)
}

fn exporter(package: &str, port: u16, options: &[&str]) -> Contents {
    // The exporters of nginx and Redis take Go's own form of options, which the others take too.
    let dash = if package.contains("nginx") || package.contains("redis") { "-" } else { "--" };
    let listen = format!("{dash}web.listen-address=:{port}");
    let command: Vec<&str> = [package, &listen].into_iter().chain(options.iter().copied()).collect();
    let name = package.trim_start_matches("prometheus-");
    let ready = Probe::Http { port, path: "/".to_owned(), status: 200 };
    Contents {
        packages: [package.to_owned()].into(),
        directories: vec![Directory::new(DIR, USER, 0o750)],
        processes: vec![Process::new(name, USER, &command).ready(ready, READY_MS_MAX)],
        ..Contents::default()
    }
}

fn with_file(mut contents: Contents, file: File) -> Contents {
    contents.files.push(file);
    contents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_in_no_command() {
        for contents in
            [mysqld("monitor", "canary"), redis("127.0.0.1:6379".parse().unwrap(), Some("canary"))]
        {
            assert!(!format!("{:?}", contents.processes).contains("canary"));
            assert!(contents.files.iter().all(|file| file.secret));
        }
    }

    #[test]
    fn the_commands() {
        let all = [node(), nginx("127.0.0.1:8081".parse().unwrap()), blackbox("/etc/ssl/lab.crt", 900)];
        let commands: Vec<_> = all.iter().map(|contents| contents.processes[0].command.join(" ")).collect();
        insta::assert_snapshot!(commands.join("\n"));
    }

    #[test]
    fn blackbox_takes_it() {
        let Some(root) = crate::real::root("prometheus-blackbox-exporter") else { return };
        let contents = blackbox("/etc/ssl/certs/ca-certificates.crt", 900);
        let command = [
            "prometheus-blackbox-exporter",
            "--config.check",
            "--config.file=/etc/sehat-exporters/blackbox.yml",
        ];
        root.accepts(&contents, &command, "");
    }
}
