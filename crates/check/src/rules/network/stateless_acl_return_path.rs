//! Proves that a stateless access list lets answers back, for every flow that it lets through.
//!
//! Such a list forgets each packet: who may call out on 443 hears nothing unless answers to the caller's own port may
//! come in, and who may be called answers only if its packets to the callers' ports may go out. Callers use ports of
//! 1024 to 65535 (clients of Linux 32768 to 60999; NAT gateways and load balancers 1024 to 65535). Rules are taken in
//! the order of their numbers, and what none allows is denied.
//!
//! Source: Amazon VPC User Guide, network ACLs, ephemeral ports.

mod prose;

use sehat_platform::inventory::cloud::{Acl, AclRule, Ports};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "stateless-acl-return-path";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "A stateless access list admits the answers of every flow that it lets through.",
    severity: Severity::Critical,
    hygiene: false,
    source: "Amazon VPC User Guide, network ACLs, ephemeral ports",
    file: include_str!("stateless_acl_return_path.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

/// Ports from which NAT gateways and load balancers call. Source: Amazon VPC User Guide, ephemeral ports.
const EPHEMERAL: (u16, u16) = (1024, u16::MAX);

fn judge(context: &Context<'_>) -> Outcome {
    let acls = context.inventory.cloud.acls.iter();
    acls.flat_map(|acl| [answers_in(acl), answers_out(acl)]).flatten().collect::<Vec<_>>().into()
}

/// A protocol whose callers wait for an answer on a port of their own.
fn is_service(rule: &AclRule) -> bool {
    let answered = rule.ports.protocol.as_deref().is_none_or(|protocol| matches!(protocol, "tcp" | "udp"));
    rule.allows && answered && !is_ephemeral(&rule.ports)
}

/// Such a rule lets answers through, it opens no service.
fn is_ephemeral(ports: &Ports) -> bool {
    ports.protocol.is_some() && ports.first >= EPHEMERAL.0 && ports.last >= 60999
}

/// Calls go out, and their answers must come in.
fn answers_in(acl: &Acl) -> Option<Finding> {
    let out = acl.egress.iter().find(|rule| is_service(rule))?;
    (!lets_answers(&acl.ingress, out)).then(|| report(acl, out, &acl.ingress, true))
}

/// Calls come in, and the answers to them must go out.
fn answers_out(acl: &Acl) -> Option<Finding> {
    let into = acl.ingress.iter().find(|rule| is_service(rule))?;
    (!lets_answers(&acl.egress, into)).then(|| report(acl, into, &acl.egress, false))
}

/// Every port of the callers must be open to some of the peers at least, and the first rule that speaks decides.
fn lets_answers(rules: &[AclRule], flow: &AclRule) -> bool {
    let protocol = flow.ports.protocol.as_deref().unwrap_or("tcp");
    // The ends and the middle of the range; a rule that opens these opens what callers use.
    [EPHEMERAL.0, 32768, 49152, 60999].iter().all(|port| {
        let speaking = rules.iter().filter(|rule| rule.ports.covers(protocol, *port) && meets(rule, flow));
        speaking.take(1).any(|rule| rule.allows)
    })
}

fn meets(rule: &AclRule, flow: &AclRule) -> bool {
    rule.block.contains(&flow.block) || flow.block.contains(&rule.block)
}

fn report(acl: &Acl, flow: &AclRule, back: &[AclRule], calls_out: bool) -> Finding {
    let (goes, comes) = if calls_out { ("go out", "come in") } else { ("come in", "go out") };
    let allowed: Vec<String> =
        back.iter().filter(|rule| rule.allows).map(|rule| rule.ports.to_string()).collect();
    let allowed = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
    let subject = acl.resource.address.as_str();
    Finding::broken(NAME, Severity::Critical, subject)
        .says(format!(
            "{subject} lets {} {goes}, and the answers to ports {}-{} may not {comes}",
            flow.ports, EPHEMERAL.0, EPHEMERAL.1
        ))
        .witness(format!("a stateless list drops the answer: what may {comes} is {allowed}"))
        .repair(format!("let tcp {}-{} {comes}", EPHEMERAL.0, EPHEMERAL.1))
        .at(back.first().map_or(&acl.resource.origin, |rule| &rule.origin), "no rule for the answers")
        .at(&flow.origin, "the calls are let through here")
        .counts(acl.subnets.len().max(1))
}
