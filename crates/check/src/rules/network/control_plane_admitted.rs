//! Proves that the control plane reaches the nodes, and the nodes each other.
//!
//! A group of nodes that admits a balancer alone shuts out the kubelet's port, webhooks and the names that pods ask other
//! nodes for.
//!
//! Unknown: such a group, where another group that is not written down may admit them; broken where the input claims to be
//! whole.
//!
//! Source: Amazon EKS User Guide, security group requirements; Kubernetes, ports and protocols.

mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "control-plane-admitted";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Operators, webhooks and the control plane reach what they control.",
    severity: Severity::Critical,
    hygiene: false,
    source: "Amazon EKS User Guide: security group requirements",
    file: include_str!("control_plane_admitted.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    prose::judge(context).into()
}
