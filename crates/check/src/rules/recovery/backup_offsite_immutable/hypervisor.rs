//! Where the copies of guests lie: beside them, or elsewhere.

use sehat_platform::inventory::hypervisor::{BackupJob, GuestStorage, Hypervisor};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let hypervisor = &context.inventory.hypervisor;
    let jobs: Vec<(&BackupJob, &GuestStorage)> = hypervisor
        .jobs
        .iter()
        .filter(|job| job.is_on)
        .filter_map(|job| Some((job, hypervisor.storage(&job.storage.as_ref()?.value)?)))
        .collect();
    // One copy elsewhere is what is asked for.
    if jobs.is_empty() || jobs.iter().any(|(_, storage)| !is_beside(hypervisor, storage)) {
        return Vec::new();
    }
    vec![beside(hypervisor, &jobs)]
}

/// On the node's own disks, or on what holds the guests' disks too.
fn is_beside(hypervisor: &Hypervisor, storage: &GuestStorage) -> bool {
    storage.is_local() || holds_disks(hypervisor, storage)
}

fn holds_disks(hypervisor: &Hypervisor, storage: &GuestStorage) -> bool {
    let mut disks = hypervisor.guests.iter().flat_map(|guest| &guest.disks);
    disks.any(|disk| disk.storage == storage.name.value)
}

fn beside(hypervisor: &Hypervisor, jobs: &[(&BackupJob, &GuestStorage)]) -> Finding {
    let names = sehat_analysis::names(jobs.iter().map(|(_, storage)| storage.name.value.as_str()));
    let why = match jobs.first() {
        Some((_, storage)) if holds_disks(hypervisor, storage) => "which also holds the guests' disks",
        _ => "on the node that the guests run on",
    };
    let finding = Finding::broken(NAME, Severity::High, "vzdump")
        .says(format!("every copy of the guests lies in {names}, {why}"))
        .witness("the loss of that storage takes the guests and their copies together")
        .repair("send a copy to a Proxmox Backup Server at another site, with a user that may only add")
        .counts(jobs.len());
    jobs.iter().take(3).fold(finding, |finding, (job, storage)| {
        let place = job.storage.as_ref().map(|stated| &stated.origin);
        finding
            .at(place, "copied to here")
            .at(&storage.name.origin, format!("a storage of kind `{}`", storage.kind))
    })
}
