//! Proves that votes, storage and copies have networks of their own.
//!
//! Corosync loses its token when its network is full, and nodes with high availability then restart themselves. It
//! asks for a network of its own and a second ring. Where its only ring shares addresses with the storage's servers,
//! a recovery or a copy can end the cluster.
//!
//! Unknown: a shared network with a second ring elsewhere is not spoken of.
//!
//! Source: Proxmox VE Administration Guide, cluster network; corosync.conf(5).

mod prose;

use sehat_platform::inventory::Stated;
use sehat_platform::inventory::hypervisor::{GuestStorage, VotingNode};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "cluster-network-declared";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Storage, replication, quorum and backup traffic has a declared network with enough bandwidth.",
    severity: Severity::High,
    hygiene: false,
    source: "Proxmox VE Administration Guide, cluster network",
    file: include_str!("cluster_network_declared.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

fn judge(context: &Context<'_>) -> Outcome {
    let hypervisor = &context.inventory.hypervisor;
    let nodes: Vec<&VotingNode> =
        hypervisor.quorum.nodes.iter().filter(|node| node.rings.len() == 1).collect();
    if nodes.len() < 2 {
        return Outcome::default();
    }
    let shared = hypervisor.storages.iter().filter(|storage| !storage.is_disabled).find_map(|storage| {
        let server = storage.server.as_ref()?;
        let ring = nodes.iter().find_map(|node| node.rings.first().filter(|ring| are_near(ring, server)))?;
        Some((storage, server, ring))
    });
    let finding = match shared {
        Some((storage, server, ring)) => with_storage(storage, server, ring, &nodes),
        None => one_ring(&nodes),
    };
    vec![finding].into()
}

/// The same first three parts of an address are the same network in all but name.
fn are_near(ring: &Stated<String>, servers: &Stated<String>) -> bool {
    let network = |address: &str| address.rsplit_once('.').map(|(network, _)| network.to_owned());
    let own = network(&ring.value).filter(|own| own.matches('.').count() == 2);
    own.is_some() && servers.value.split([' ', ',', ';']).any(|server| network(server.trim()) == own)
}

fn with_storage(
    storage: &GuestStorage,
    server: &Stated<String>,
    ring: &Stated<String>,
    nodes: &[&VotingNode],
) -> Finding {
    Finding::broken(NAME, Severity::High, "corosync")
        .says(format!("the only ring of corosync shares its network with the storage `{}`", storage.name))
        .witness("a copy or a recovery fills it, the token is lost, and nodes with high availability restart themselves")
        .repair("give corosync a network of its own, and a second ring over another")
        .at(&ring.origin, "the only ring")
        .at(&server.origin, "the storage's server")
        .counts(nodes.len())
}

fn one_ring(nodes: &[&VotingNode]) -> Finding {
    let finding = Finding::broken(NAME, Severity::Medium, "corosync")
        .says(format!("corosync has one ring on {} nodes", nodes.len()))
        .witness("one switch, or one full link, takes every vote away at once")
        .repair("add `ring1_addr` over another network")
        .counts(nodes.len());
    nodes.iter().take(3).fold(finding, |finding, node| {
        finding.at(node.rings.first().map(|ring| &ring.origin), "the only ring")
    })
}
