use super::*;

fn edge() -> Input {
    let upstream = Upstream {
        balance: Balance::LeastConnections,
        servers: vec!["192.168.20.11:8080".parse().unwrap(), "192.168.20.12:8080".parse().unwrap()],
        failures_max: 1,
        fail_ms: 2_500,
        idle_connections_max: 16,
    };
    let route = Route {
        path: "/".to_owned(),
        upstream: "web".to_owned(),
        connect_ms_max: 250,
        read_ms_max: 30_000,
        send_ms_max: 30_000,
        tries_max: 2,
        tries_ms_max: 800,
        limit: Some(Limit { requests_per_second: 100, burst: 50 }),
    };
    Input {
        http_port: Some(80),
        tls: Some(Tls {
            port: 443,
            names: vec!["app.example.id".to_owned()],
            protocols: vec!["TLSv1.3".to_owned()],
        }),
        management_port: 8081,
        sites: vec![Site { host: Some("app.example.id".to_owned()), routes: vec![route] }],
        upstreams: [("web".to_owned(), upstream)].into(),
        worker_processes: 1,
        worker_connections: 1024,
    }
}

#[test]
fn an_edge_in_front_of_two_servers() {
    insta::assert_snapshot!(contents(&edge()).files[0].text);
}

#[test]
fn nginx_takes_it() {
    let Some(root) = crate::real::root("nginx") else { return };
    let mut input = edge();
    input.tls = None;
    root.accepts(&contents(&input), &["nginx", "-t", "-c", CONFIG], "test is successful");
    root.with_certificate(CERTIFICATE, KEY).accepts(
        &contents(&edge()),
        &["nginx", "-t", "-c", CONFIG],
        "test is successful",
    );
}
