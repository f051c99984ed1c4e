//! Small platforms for the tests.

use sehat_diagnostic::Origin;
use sehat_platform::component::{Component, Listener, Use};
use sehat_platform::filter::{Filter, FilterKind, Opening, Peer};
use sehat_platform::place::Segment;
use sehat_platform::{Draft, Fact, Platform, Range, resolve};

pub fn at(line: usize) -> Origin {
    Origin { path: "platform.yaml".into(), start: 0, end: 0, line, column: 1 }
}

pub fn stated<T>(value: T) -> Fact<T> {
    Fact::stated(value, at(1))
}

pub fn segment(cidr: &str) -> Segment {
    Segment { cidr: stated(cidr.parse().expect("the test is well-formed")), ..Segment::default() }
}

pub fn component(segment: &str, replicas: u64, port: &str) -> Component {
    let listener =
        Listener { port: stated(port.parse().expect("the test is well-formed")), ..Listener::default() };
    Component {
        segment: stated(segment.to_owned()),
        replicas: stated(Range { min: replicas, max: Some(replicas) }),
        listens: [("main".to_owned(), listener)].into(),
        ..Component::default()
    }
}

pub fn uses(mut component: Component, server: &str) -> Component {
    component.uses.insert(server.to_owned(), Use::default());
    component
}

/// `web`, two of it, uses `records`.
pub fn clinic() -> Draft {
    let mut draft = Draft::default();
    draft.segments.insert("application".into(), segment("10.0.1.0/24"));
    draft.segments.insert("database".into(), segment("10.0.2.0/24"));
    draft.components.insert("records".into(), component("database", 1, "3306"));
    draft.components.insert("web".into(), uses(component("application", 2, "8080"), "records"));
    draft
}

pub fn filter(kind: FilterKind, on: &str) -> Filter {
    Filter { kind: stated(kind), on: vec![stated(on.to_owned())], ..Filter::default() }
}

pub fn opening(line: usize, peer: &str, ports: &str) -> Opening {
    let peer = match peer {
        "any" => Peer::Any,
        "internet" => Peer::Internet,
        range if range.contains('/') => Peer::Range(range.parse().expect("the test is well-formed")),
        name => Peer::Named(name.to_owned()),
    };
    let mut opening = Opening {
        peers: vec![stated(peer)],
        ports: vec![stated(ports.parse().expect("the test is well-formed"))],
        ..Opening::default()
    };
    opening.meta.origin = at(line);
    opening
}

pub fn platform(draft: Draft) -> Platform {
    let (platform, diagnostics) = resolve(draft);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    platform
}

/// What may come in to the database, one line each, with the lines of the entries that allow it.
pub fn into_records(platform: &Platform) -> String {
    let mut lines = Vec::new();
    let permits = sehat_reach::allowed(platform).permits;
    let records = sehat_reach::Party::Machine("records-1".into());
    for ((client, server), permits) in permits.iter().filter(|((_, server), _)| *server == records) {
        for permit in permits {
            let because: Vec<String> = permit.because.iter().map(|origin| origin.line.to_string()).collect();
            lines.push(format!("{client} -> {server} {} by {}", permit.ports, because.join(",")));
        }
    }
    lines.join("\n")
}
