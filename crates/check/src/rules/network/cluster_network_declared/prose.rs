//! The part over documents in words.

use sehat_platform::inventory::prose::Component;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, family, listed, promise};

/// Products whose members talk a lot, or must not wait.
const CHATTY: [&str; 3] = ["proxmox-ve", "ceph", "galera"];

/// Segments are listed, and none is for storage, replication and quorum.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let (Some(first), Some(last)) = (prose.segments.first(), prose.segments.last()) else {
        return Vec::new();
    };
    let own = ["storage", "cluster", "ceph", "corosync", "backup", "replication"];
    let has_own = prose.segments.iter().any(|segment| {
        let name = segment.name.to_lowercase();
        own.iter().any(|word| name.contains(word))
    });
    let mut members: Vec<&Component> = Vec::new();
    for component in prose.components.iter().filter(|component| CHATTY.contains(&component.product)) {
        if !members.iter().any(|known| family(known.product) == family(component.product)) {
            members.push(component);
        }
    }
    if has_own || prose.segments.len() < 2 || members.len() < 2 || prose.says(&["replication-network"]) {
        return Vec::new();
    }
    let names: Vec<String> = members.iter().map(|component| called(prose, component)).collect();
    let mut finding = promise(context, NAME, Severity::High, listed(&names))
        .says(format!(
            "{} segments are listed, and none carries what {} send among their members",
            prose.segments.len(),
            listed(&names)
        ))
        .witness(
            "a quorum that waits behind a copy or a refill loses its token, and the nodes fence themselves",
        )
        .repair("declare two networks for the quorum, one for storage, and keep copies off both")
        .at(&first.origin, "the first segment")
        .at(&last.origin, "the last segment");
    for component in members.iter().take(3) {
        finding = finding.at(&component.origin, "sends among its members");
    }
    vec![finding]
}
