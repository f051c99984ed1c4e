//! Proves that the control plane reaches the nodes, and the nodes each other.
//!
//! A group of nodes that admits a balancer alone shuts out the kubelet's port, webhooks and the names that pods ask other
//! nodes for.
//!
//! An operator that cannot reach its instances cannot tell which of them lives: CloudNativePG asks each on port 8000 and
//! logs in on 5432. A pod with a sidecar fetches its configuration and certificate from istiod on port 15012, and sends
//! nothing before it has them. Broken where policies govern the instances' way in, or the way out of a pod in a namespace
//! that injects sidecars, and no rule can mean the other end. The operator is expected in the namespace that its own
//! manifests make.
//!
//! Unknown: such a group, where another group that is not written down may admit them; broken where the input claims to be
//! whole.
//!
//! Source: Amazon EKS User Guide, security group requirements; Kubernetes, ports and protocols; CloudNativePG,
//! networking; Istio, application requirements.

mod pods;
mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "control-plane-admitted";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Operators, webhooks and the control plane reach what they control.",
    severity: Severity::Critical,
    hygiene: false,
    source: "Amazon EKS User Guide: security group requirements; CloudNativePG: Networking; Istio: Application Requirements",
    file: include_str!("control_plane_admitted.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let mut findings = prose::judge(context);
    findings.extend(pods::judge(context));
    findings.into()
}
