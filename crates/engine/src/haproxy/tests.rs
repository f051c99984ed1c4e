use super::*;

fn check(port: Option<u16>, path: &str) -> Check {
    Check { method: "GET".to_owned(), path: path.to_owned(), port, interval_ms: 300, fall: 2, rise: 1 }
}

fn server(name: &str, address: &str, role: Role) -> Server {
    Server { name: name.to_owned(), address: address.parse().unwrap(), role }
}

fn web() -> Backend {
    Backend {
        mode: Mode::Http,
        balance: Balance::LeastConnections,
        check: check(None, "/health"),
        servers: vec![
            server("web-1", "192.168.20.11:8080", Role::Active),
            server("web-2", "192.168.20.12:8080", Role::Active),
        ],
        sticky_cookie: Some("server".to_owned()),
        failback: Failback::Return,
    }
}

fn records(failback: Failback) -> Backend {
    Backend {
        mode: Mode::Tcp,
        balance: Balance::First,
        check: check(Some(9200), "/"),
        servers: vec![
            server("records-1", "192.168.30.11:3306", Role::Active),
            server("records-2", "192.168.30.12:3306", Role::Backup),
        ],
        sticky_cookie: None,
        failback,
    }
}

fn frontend(name: &str, mode: Mode, listens: &str) -> Frontend {
    let tls_names = if mode == Mode::Http { vec!["app.example.id".to_owned()] } else { Vec::new() };
    let listens = listens.parse().unwrap();
    Frontend {
        name: name.to_owned(),
        mode,
        listens,
        tls_names,
        routes: Vec::new(),
        default_backend: name.to_owned(),
    }
}

fn input(failback: Failback) -> Input {
    let mut front = frontend("web", Mode::Http, "0.0.0.0:443");
    front.routes = vec![Route {
        host: Some("a.id".to_owned()),
        path: Some("/api".to_owned()),
        backend: "web".to_owned(),
    }];
    Input {
        frontends: vec![front, frontend("records", Mode::Tcp, "0.0.0.0:3306")],
        backends: [("web".to_owned(), web()), ("records".to_owned(), records(failback))].into(),
        metrics_port: 8404,
        connections_max: 2000,
        connect_ms_max: 250,
        idle_ms_max: 60_000,
        check_ms_max: 250,
        retries: 2,
    }
}

#[test]
fn a_web_balancer_and_a_database_front() {
    insta::assert_snapshot!(contents(&input(Failback::Return)).files[0].text);
}

#[test]
fn haproxy_takes_it() {
    let Some(root) = crate::real::root("haproxy") else { return };
    let root = root.with_bundle("/etc/haproxy/tls/web.pem");
    for failback in [Failback::Return, Failback::Stay] {
        root.accepts(&contents(&input(failback)), &["haproxy", "-c", "-f", CONFIG], "valid");
    }
}
