//! The part over documents in words.

use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{names_any, promise};

/// The kubelet, which the control plane asks for logs and metrics.
const KUBELET: u16 = 10250;

/// The nodes' group admits the balancer alone.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    if !names_any(context, &["eks", "kubernetes"]) {
        return Vec::new();
    }
    let closed = prose.filters.iter().find(|filter| {
        let inbound = filter.inbound.as_ref();
        !filter.stateless
            && filter.tier == Some("application")
            && inbound.is_some_and(|inbound| {
                !inbound.everything && !inbound.vague && !inbound.ports.contains(&KUBELET)
            })
    });
    let names_own = prose.statements.iter().any(|line| {
        let text = line.text.to_lowercase();
        text.contains("cluster security group")
            || text.contains("cluster sg")
            || text.contains("node-to-node")
            || text.contains("10250")
    });
    let Some(filter) = closed.filter(|_| !names_own) else { return Vec::new() };
    let cluster = prose.components.iter().find(|component| component.kind == "cluster");
    vec![
        promise(context, NAME, Severity::Critical, &filter.name)
            .says(format!("{} admits nothing from the cluster's control plane or from node to node", filter.name))
            .witness("the control plane needs 10250 of the kubelets and the ports of webhooks; pods need CoreDNS on 53 of other nodes")
            .repair("admit the cluster's own group on all ports between nodes, and the control plane on 443, 10250 and the webhooks' ports")
            .at(filter.inbound.as_ref().map(|inbound| &inbound.origin), "all that is admitted")
            .at(cluster.map(|cluster| &cluster.origin), "the cluster"),
    ]
}
