//! Firewalls of a cluster of hypervisors.

use sehat_platform::inventory::hypervisor::{Firewall, Guest, Hypervisor};
use sehat_verdict::{Finding, Fix, Severity};

use super::NAME;
use crate::Context;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let hypervisor = &context.inventory.hypervisor;
    let cluster = hypervisor.firewalls.iter().find(|firewall| firewall.guest.is_none());
    let guests: Vec<&Firewall> =
        hypervisor.firewalls.iter().filter(|firewall| firewall.guest.is_some()).collect();
    let mut findings = Vec::new();
    if let Some(cluster) = cluster {
        findings.extend(off(cluster, &guests));
        findings.extend(lets_in(cluster));
    }
    // Where all is off, what single guests have off is of no account.
    if findings.is_empty() {
        findings.extend(guests.iter().filter_map(|firewall| off_at_guest(hypervisor, firewall)));
    }
    findings
}

fn is_on(firewall: &Firewall) -> bool {
    firewall.is_on.as_ref().is_some_and(|stated| stated.value)
}

fn off(cluster: &Firewall, guests: &[&Firewall]) -> Option<Finding> {
    let written = cluster.rules + guests.iter().map(|firewall| firewall.rules).sum::<usize>();
    if is_on(cluster) || written == 0 {
        return None;
    }
    let stated = cluster.is_on.as_ref();
    let place = stated.map_or(&cluster.origin, |stated| &stated.origin);
    let finding = Finding::broken(NAME, Severity::High, "cluster.fw")
        .says(format!("the firewall is off for the whole cluster, so none of its {written} rules holds"))
        .witness("every guest and every node can be reached on every port from its networks")
        .repair("set `enable: 1` in `[OPTIONS]`, after the rules admit the administrators' network")
        .at(place, "off")
        .counts(written);
    let fix = stated.map(|stated| Fix::Replace { origin: stated.origin.clone(), with: "1".to_owned() });
    Some(fix.into_iter().fold(finding, Finding::fix))
}

fn lets_in(cluster: &Firewall) -> Option<Finding> {
    let policy = cluster.policy_in.as_ref().filter(|policy| policy.value == "ACCEPT" && is_on(cluster))?;
    Some(
        Finding::broken(NAME, Severity::High, "cluster.fw")
            .says("what no rule speaks of is let in: `policy_in: ACCEPT`")
            .witness("a rule that allows adds nothing, and a port that nobody thought of is open")
            .repair("set `policy_in: DROP`, after the rules admit the administrators' network")
            .at(&policy.origin, "lets in everything else")
            .fix(Fix::Replace { origin: policy.origin.clone(), with: "DROP".to_owned() }),
    )
}

fn off_at_guest(hypervisor: &Hypervisor, firewall: &Firewall) -> Option<Finding> {
    let guest: &Guest = hypervisor.guests.iter().find(|guest| Some(guest.id) == firewall.guest)?;
    if firewall.rules == 0 {
        return None;
    }
    let open = guest.networks.iter().find(|network| !network.firewall);
    let (says, place) = if is_on(firewall) {
        ("a network device of it is not under the firewall", &open?.origin)
    } else {
        ("its firewall is off", firewall.is_on.as_ref().map_or(&firewall.origin, |stated| &stated.origin))
    };
    Some(
        Finding::broken(NAME, Severity::High, guest.title())
            .says(format!("the rules of {} do nothing: {says}", guest.title()))
            .witness("the guest can be reached on every port")
            .repair(
                "set `enable: 1` in the guest's `[OPTIONS]`, and `firewall=1` at each of its network devices",
            )
            .at(place, "off here")
            .at(&firewall.origin, "rules here"),
    )
}
