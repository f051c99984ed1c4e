//! What a machine is told.

use sehat_lab::plan::plan_machines;

use crate::filters::clinic;

#[test]
fn the_router_has_a_leg_in_every_segment() {
    let plans = plan_machines(&clinic(Vec::new()));
    let router = &plans[0];
    let legs: Vec<_> =
        router.links.iter().map(|link| format!("{} {} {}", link.name, link.bridge, link.address)).collect();
    assert_eq!(
        legs,
        ["leg0 segment0 203.0.113.1/24", "leg1 segment1 192.168.10.1/24", "leg2 segment2 192.168.30.1/24"]
    );
    assert!(router.forwards && router.gateway.is_none());
}

#[test]
fn every_machine_knows_every_name() {
    let plans = plan_machines(&clinic(Vec::new()));
    let file = |path: &str| plans[3].system_files.iter().find(|file| file.path == path).unwrap().text.clone();
    assert_eq!(file("/etc/hosts"), "127.0.0.1 localhost\n192.168.10.10 edge\n");
    assert_eq!(file("/etc/hostname"), "db-1\n");
    assert!(file("/etc/resolv.conf").starts_with("nameserver 192.168.30.1\n"));
    assert!(file("/etc/nsswitch.conf").contains("hosts: files dns\n"));
}

#[test]
fn links_have_names_that_the_kernel_takes() {
    for link in plan_machines(&clinic(Vec::new())).iter().flat_map(|plan| &plan.links) {
        assert!(link.port.len() < 16 && link.name.len() < 16 && link.bridge.len() < 16, "{link:?}");
    }
}
