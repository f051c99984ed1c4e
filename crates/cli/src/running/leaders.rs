//! Which instance leads at present, by the servers' own word.

use sehat_drill::Failure;
use sehat_engine::contents::SEHAT;
use sehat_lab_linux::Lab;
use sehat_platform::component::Topology;
use sehat_platform::{Name, Platform};

use super::work;

pub fn leader(lab: &Lab, platform: &Platform, component: &str) -> Result<Name, Failure> {
    let stated = platform.components.get(component);
    let moving = stated.and_then(|component| component.failover.as_ref()?.address.get().copied());
    let topology = stated.and_then(|component| component.topology.copied());
    let scores = platform.instances_of(component).map(|(name, instance)| {
        let score = match (topology, moving) {
            (Some(Topology::Galera | Topology::Single), _) => writers(lab, &instance.machine),
            (Some(Topology::Sentinel), _) => is_primary(lab, &instance.machine),
            (_, Some(address)) => holds(lab, &instance.machine, &address.to_string()),
            _ => 0,
        };
        (score, name)
    });
    // The first of equals, so that the choice does not depend on the order of answers.
    let best =
        scores.filter(|(score, _)| *score > 0).reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, name)| name.clone()).ok_or_else(|| {
        Failure::new(format!("find the leader of `{component}`"), "no instance says that it is one")
    })
}

/// One member takes all writes: the one that its clients are connected to.
fn writers(lab: &Lab, machine: &str) -> u64 {
    let question = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'app'";
    let answer =
        work::run(lab, machine, &["mariadb", "--batch", "--skip-column-names", "--execute", question]);
    answer.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

fn is_primary(lab: &Lab, machine: &str) -> u64 {
    let words = [SEHAT, "guest", "ask", "primary", "--config", "/etc/redis/sehat-start.json"];
    u64::from(work::run(lab, machine, &words).is_ok())
}

fn holds(lab: &Lab, machine: &str, address: &str) -> u64 {
    let held = work::run(lab, machine, &["ip", "-4", "-oneline", "address", "show"]).unwrap_or_default();
    u64::from(held.split_whitespace().any(|word| word.split('/').next() == Some(address)))
}
