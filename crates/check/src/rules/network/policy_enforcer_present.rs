//! Proves that what is written as a filter is also enforced.
//!
//! The firewall of Proxmox VE works only where it is on for the whole cluster, on for the guest, and on at the guest's
//! network device; rules beside a switch that is off do nothing. A policy that lets in whatever no rule speaks of makes
//! a list of exceptions from what was meant as a list of permissions.
//!
//! A NetworkPolicy is only a wish: the cluster's network plugin enforces it, or nothing does. Calico, Cilium, Antrea,
//! Kube-router, Weave Net and OVN-Kubernetes enforce; Flannel alone does not. Unknown where policies are stated, and no
//! file and no answer names the plugin.
//!
//! Source: Kubernetes, *Network Policies*, prerequisites; Proxmox VE Administration Guide, firewall.

mod hypervisor;
mod plugin;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "policy-enforcer-present";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Something enforces the filters that are written.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes: Network Policies, prerequisites; Proxmox VE Administration Guide, firewall",
    file: include_str!("policy_enforcer_present.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let mut findings = hypervisor::judge(context);
    findings.extend(plugin::judge(context));
    findings.into()
}
