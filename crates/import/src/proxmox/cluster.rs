//! Votes, high availability, and who administers.

use sehat_diagnostic::Source;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::hypervisor::{ApartRule, HaResource, Hypervisor, VotingNode};

use super::lines::{Line, guests, is_on, lines, sections};

/// Source: corosync.conf(5): blocks in braces within blocks.
pub fn corosync(source: &Source, hypervisor: &mut Hypervisor) {
    let mut inside: Vec<&str> = Vec::new();
    for line in lines(source) {
        if let Some(name) = line.text.strip_suffix('{') {
            inside.push(name.trim());
            if inside.last() == Some(&"node") {
                let node = VotingNode { votes: 1, name: line.stated(line.text), ..VotingNode::default() };
                hypervisor.quorum.nodes.push(node);
            }
        } else if line.text == "}" {
            inside.pop();
        } else if let Some((key, value)) = line.pair() {
            setting(&inside, key, value, &line, hypervisor);
        }
    }
}

fn setting(inside: &[&str], key: &str, value: &str, line: &Line<'_>, hypervisor: &mut Hypervisor) {
    let quorum = &mut hypervisor.quorum;
    let number = || value.parse::<u32>().ok().map(|number| Stated::new(number, line.place(value)));
    match (inside, key) {
        ([.., "node"], _) => {
            if let Some(node) = quorum.nodes.last_mut() {
                of_node(node, key, value, line);
            }
        }
        (["quorum", "device"], "model") if quorum.device.is_none() => {
            quorum.device = Some(Stated::new(1, line.place(value)));
        }
        (["quorum", "device"], "votes") => quorum.device = number(),
        (["quorum"], "two_node") => quorum.two_node = Some(Stated::new(is_on(value), line.place(value))),
        (["quorum"], "expected_votes") => quorum.expected_votes = number(),
        _ => {}
    }
}

fn of_node(node: &mut VotingNode, key: &str, value: &str, line: &Line<'_>) {
    match key {
        "name" => node.name = line.stated(value),
        "quorum_votes" => node.votes = value.parse().unwrap_or(1),
        ring if ring.starts_with("ring") && ring.ends_with("_addr") => node.rings.push(line.stated(value)),
        _ => {}
    }
}

pub fn resources(source: &Source, hypervisor: &mut Hypervisor) {
    for section in sections(source) {
        if let Ok(guest) = section.name.value.parse() {
            let state = section.text("state");
            hypervisor.ha.push(HaResource { origin: section.name.origin, guest, state });
        }
    }
}

pub fn rules(source: &Source, hypervisor: &mut Hypervisor) {
    for section in sections(source) {
        let apart = section.kind == "resource-affinity" && section.word("affinity") == "negative";
        if apart && !section.is_on("disable") {
            let guests = guests(section.word("resources"));
            hypervisor.apart.push(ApartRule { guests, origin: section.name.origin });
        }
    }
}

/// `acl:1:/:root@pam,@admins:Administrator:` and `pool:web::100,101::`.
pub fn users(source: &Source, hypervisor: &mut Hypervisor) {
    for line in lines(source) {
        let parts: Vec<&str> = line.text.split(':').collect();
        match parts.as_slice() {
            ["acl", "1", "/", who, "Administrator", ..] => {
                hypervisor.administrators.extend(who.split(',').map(|name| line.stated(name)));
            }
            ["pool", name, _, members, ..] => {
                hypervisor.pools.insert((*name).to_owned(), super::lines::numbers(members));
            }
            _ => {}
        }
    }
}
