//! What an API server would not take, so that there is nothing to judge.

use std::collections::{BTreeMap, BTreeSet};

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::network::Tier;

const POLICIES: [&str; 4] =
    ["NetworkPolicy ", "AdminNetworkPolicy ", "BaselineAdminNetworkPolicy ", "ClusterNetworkPolicy "];

/// Returns why the policies cannot be judged: what the API server refuses, and what its definitions leave open.
pub fn refused(inventory: &Inventory) -> Vec<(Origin, String)> {
    let faults = inventory.format.iter().filter(|fault| fault.grave && !fault.unsure);
    let of_policies = faults.filter(|fault| POLICIES.iter().any(|kind| fault.subject.starts_with(kind)));
    let said =
        of_policies.map(|fault| (fault.origin.clone(), format!("{}: {}", fault.subject, fault.message)));
    said.chain(twice(inventory)).chain(ties(inventory)).collect()
}

fn twice(inventory: &Inventory) -> Vec<(Origin, String)> {
    let mut seen = BTreeSet::new();
    let policies = inventory.network.policies.iter();
    policies
        .filter(|policy| !seen.insert(&policy.object.id))
        .map(|policy| (policy.object.origin.clone(), format!("{} is defined twice", policy.object.id)))
        .collect()
}

/// Source: Network Policy API: two policies of one tier and one priority are judged in no defined order.
fn ties(inventory: &Inventory) -> Vec<(Origin, String)> {
    let mut seen: BTreeMap<Tier, String> = BTreeMap::new();
    let mut ties = Vec::new();
    for policy in inventory.network.policies.iter().filter(|policy| policy.tier != Tier::Namespace) {
        let name = policy.object.id.to_string();
        if let Some(other) = seen.insert(policy.tier, name.clone()).filter(|other| *other != name) {
            let message = format!("{other} and {name} have the same priority, so their order is not defined");
            ties.push((policy.object.origin.clone(), message));
        }
    }
    ties
}
