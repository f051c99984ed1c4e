//! Filters, names and addresses, by real packets.

use std::fs;
use std::time::Instant;

use sehat_engine::contents::Contents;
use sehat_lab_linux::Lab;

use crate::clinic::{allow, clinic, layers, machine, segment};
use crate::harness::Test;
use crate::life::Running;

pub const TESTS: &[Test] = &[
    ("allowed_passes_and_the_rest_is_dropped", allowed_passes_and_the_rest_is_dropped),
    ("forged_sources_are_dropped", forged_sources_are_dropped),
    ("names_resolve_through_the_labs_dns", names_resolve_through_the_labs_dns),
    ("ten_machines_answer_soon", ten_machines_answer_soon),
];

fn reaches(lab: &Running, machine: &str, url: &str) -> bool {
    let output = lab.0.run(machine, &["curl", "-s", "-m", "0.5", url]).unwrap();
    assert!([0, 28].contains(&output.code), "{output:?}");
    output.code == 0
}

fn allowed_passes_and_the_rest_is_dropped() {
    let lab = Running::clinic("clinic");
    assert!(reaches(&lab, "client", "http://192.168.10.10/"));
    assert!(reaches(&lab, "edge", "http://192.168.20.11:8080/"));
    assert!(!reaches(&lab, "client", "http://192.168.20.11:8080/"), "the internet reaches the application");
    assert!(!reaches(&lab, "web-1", "http://192.168.20.12:8080/"), "neighbours reach each other");
    // Each filter alone holds: with an open machine the router drops, with an open router the machine.
    for chain in ["arriving", "leaving"] {
        for machine in ["client", "web-1"] {
            lab.run(machine, &["nft", "insert", "rule", "inet", "sehat", chain, "accept"]);
        }
    }
    assert!(!reaches(&lab, "client", "http://192.168.20.11:8080/"), "the router lets it through");
    lab.run("router", &["nft", "insert", "rule", "inet", "sehat", "passing", "accept"]);
    assert!(reaches(&lab, "client", "http://192.168.20.11:8080/"));
    assert!(!reaches(&lab, "client", "http://192.168.20.12:8080/"), "web-2 lets it in");
}

fn forged_sources_are_dropped() {
    let lab = Running::clinic("clinic");
    lab.run("client", &["nft", "insert", "rule", "inet", "sehat", "leaving", "accept"]);
    lab.run("router", &["nft", "insert", "rule", "inet", "sehat", "passing", "accept"]);
    lab.run("client", &["ip", "address", "add", "192.168.10.99/32", "dev", "eth0"]);
    let ping = |source: &str| {
        lab.0.run("client", &["ping", "-c1", "-W1", "-I", source, "192.168.20.11"]).unwrap().code
    };
    let passed = || {
        let rules = lab.run("web-1", &["nft", "list", "chain", "inet", "sehat", "arriving"]);
        rules.split("packets ").nth(1).and_then(|text| text.split(' ').next()?.parse::<u64>().ok()).unwrap()
    };
    lab.run(
        "web-1",
        &["nft", "insert", "rule", "inet", "sehat", "arriving", "ip", "protocol", "icmp", "counter"],
    );
    assert_ne!(ping("203.0.113.10"), 0, "an answer is not a part of this");
    assert_eq!(passed(), 1, "the true source arrives");
    assert_ne!(ping("192.168.10.99"), 0);
    assert_eq!(passed(), 1, "the forged one does not");
}

fn names_resolve_through_the_labs_dns() {
    let lab = Running::clinic("clinic");
    assert!(lab.run("client", &["getent", "-s", "dns", "ahostsv4", "edge"]).starts_with("192.168.10.10"));
    assert!(lab.run("client", &["getent", "-s", "files", "ahostsv4", "edge"]).starts_with("192.168.10.10"));
    let start = Instant::now();
    assert_ne!(lab.0.run("client", &["getent", "-s", "dns", "hosts", "no-such.example"]).unwrap().code, 0);
    assert!(start.elapsed().as_millis() < 500, "an unknown name is refused at once");
    assert!(!lab.run("client", &["ip", "-6", "address", "show", "dev", "eth0"]).contains("inet6"));
    let kept = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    assert_ne!(lab.run("client", &["cat", "/etc/resolv.conf"]), kept);
}

#[expect(clippy::print_stderr, reason = "the time is the test's report")]
fn ten_machines_answer_soon() {
    let mut blueprint = clinic("ten");
    blueprint.segments = vec![segment("lan", "10.0.0.0/24", [10, 0, 0, 1], false)];
    let address = |index: u8| std::net::Ipv4Addr::new(10, 0, 0, 10 + index);
    let empty = |index| machine(&format!("m-{index}"), "lan", address(index), Contents::default());
    blueprint.machines = (0..10).map(empty).collect();
    blueprint.front_doors.clear();
    blueprint.allowed = vec![allow("10.0.0.0/24", "10.0.0.0/24", sehat_lab::blueprint::Protocol::Icmp, None)];
    let lab = Running(Lab::open("ten", "test"));
    let start = Instant::now();
    lab.0.start(&blueprint, &layers()).unwrap();
    let mut up = 0;
    let made = lab.0.wait_until_ready(&mut |progress| {
        up += usize::from(matches!(progress, sehat_lab::status::Progress::MachineUp { .. }));
        if up == 11 {
            up += 1;
            eprintln!("  ten machines and the router up after {} ms", start.elapsed().as_millis());
        }
    });
    made.unwrap();
    let words =
        "for i in 10 11 12 13 14 15 16 17 18 19; do ping -c1 -W1 10.0.0.$i >/dev/null || exit 1; done";
    lab.run("m-0", &["sh", "-c", words]);
    eprintln!("  all ready and pinged after {} ms", start.elapsed().as_millis());
}
