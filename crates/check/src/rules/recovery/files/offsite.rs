//! Which stores of existing files keep every copy inside the cluster.

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;
use sehat_verdict::{Finding, Severity};

use super::stores::{Place, Store, all, copies, destination};
use crate::Context;

const NAME: &str = "backup-offsite-immutable";

/// A volume in the same cluster is where the store itself is: who loses the one loses the other.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let stores = all(context);
    let mut by_volume: BTreeMap<Origin, Vec<(&Store<'_>, Origin)>> = BTreeMap::new();
    for store in &stores {
        let copies = copies(context, store);
        let places: Vec<_> = copies.iter().map(destination).collect();
        let all_here =
            !places.is_empty() && places.iter().all(|place| matches!(place, Some(Place::Here(..))));
        if !all_here {
            continue;
        }
        for place in places.into_iter().flatten() {
            if let Place::Here(volume, written) = place {
                by_volume.entry(volume.clone()).or_default().push((store, written));
            }
        }
    }
    by_volume.into_iter().map(|(volume, stores)| report(&volume, &stores)).collect()
}

fn report(volume: &Origin, stores: &[(&Store<'_>, Origin)]) -> Finding {
    let (first, written) = &stores[0];
    let namespace = &first.id.namespace;
    let subject = first.id.to_string();
    Finding::broken(NAME, Severity::High, subject)
        .says(format!("every copy of {} lies on a volume of the same cluster", first.id))
        .witness(format!(
            "who deletes namespace `{namespace}`, or loses the cluster or its storage, loses the data and its copies together"
        ))
        .repair("send the copies to a bucket of another account, write-once")
        .at(volume, "copies lie here")
        .at(written, "written here")
        .at(first.origin, "the store itself")
        .counts(stores.len())
}
