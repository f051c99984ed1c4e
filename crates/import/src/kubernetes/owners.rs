//! Pods fold into what made them, as a dump of a running cluster holds both.

use std::collections::BTreeMap;

use sehat_platform::inventory::workload::Workload;
use sehat_platform::inventory::{Inventory, ObjectId};

/// Removes every workload whose owner is among the files; its addresses go to the topmost owner. A workload whose
/// owner is not among the files stands for it, once.
pub fn fold(inventory: &mut Inventory) {
    let owners: BTreeMap<ObjectId, ObjectId> = inventory
        .workloads
        .iter()
        .filter_map(|workload| Some((workload.object.id.clone(), workload.owner.clone()?)))
        .collect();
    if owners.is_empty() {
        return;
    }
    let mut kept: Vec<Workload> = Vec::new();
    let (owned, own): (Vec<_>, Vec<_>) =
        std::mem::take(&mut inventory.workloads).into_iter().partition(|workload| workload.owner.is_some());
    kept.extend(own);
    for workload in owned {
        let top = topmost(&workload.object.id, &owners);
        match kept.iter_mut().find(|known| known.object.id == top || known.owner.as_ref() == Some(&top)) {
            Some(known) => known.pod.addresses.extend(workload.pod.addresses),
            None => kept.push(Workload { owner: Some(top), ..workload }),
        }
    }
    inventory.workloads = kept;
}

/// No chain of owners is longer: pod, replica set, deployment, and what an operator made it from.
const DEPTH_MAX: usize = 8;

fn topmost(id: &ObjectId, owners: &BTreeMap<ObjectId, ObjectId>) -> ObjectId {
    let mut top = id;
    for _ in 0..DEPTH_MAX {
        match owners.get(top) {
            Some(owner) => top = owner,
            None => break,
        }
    }
    top.clone()
}
