//! Guests of a cluster of hypervisors, against its jobs.

use std::collections::BTreeSet;

use sehat_platform::inventory::hypervisor::{BackupJob, Guest, GuestDisk, Hypervisor};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let hypervisor = &context.inventory.hypervisor;
    let guests: Vec<&Guest> = hypervisor.guests.iter().filter(|guest| !guest.is_template).collect();
    if guests.is_empty() {
        return Vec::new();
    }
    let jobs: Vec<&BackupJob> = hypervisor.jobs.iter().filter(|job| job.is_on).collect();
    if hypervisor.jobs.is_empty() {
        return vec![no_jobs(context, &guests)];
    }
    let mut findings: Vec<Finding> = uncovered(hypervisor, &jobs, &guests).into_iter().collect();
    findings.extend(left_out(&guests));
    findings
}

fn no_jobs(context: &Context<'_>, guests: &[&Guest]) -> Finding {
    let finding = if context.inventory.whole { Finding::broken } else { Finding::unknown };
    let finding = finding(NAME, Severity::High, "vzdump")
        .says("no job among the files copies any guest")
        .witness("neither `jobs.cfg` nor `vzdump.cron` is there, or they hold no job")
        .repair("add a job to `jobs.cfg` that takes all guests")
        .counts(guests.len());
    guests.iter().take(3).fold(finding, |finding, guest| finding.at(&guest.origin, "a guest"))
}

fn covers(hypervisor: &Hypervisor, job: &BackupJob, guest: &Guest) -> bool {
    let of_pool = || {
        let members = job.pool.as_ref().and_then(|pool| hypervisor.pools.get(&pool.value));
        // A pool whose members no file names may hold any guest.
        job.pool.is_some() && members.is_none_or(|members| members.contains(&guest.id))
    };
    let taken = job.all || job.guests.contains(&guest.id) || of_pool();
    let excluded = job.excluded.iter().any(|id| id.value == guest.id);
    let here = job.node.as_ref().is_none_or(|node| *node == guest.node);
    taken && !excluded && here
}

fn uncovered(hypervisor: &Hypervisor, jobs: &[&BackupJob], guests: &[&Guest]) -> Option<Finding> {
    let open: Vec<&&Guest> =
        guests.iter().filter(|guest| !jobs.iter().any(|job| covers(hypervisor, job, guest))).collect();
    let first = open.first()?;
    let titles: Vec<String> = open.iter().map(|guest| guest.title()).collect();
    let finding = Finding::broken(NAME, Severity::High, first.title())
        .says(format!("no job copies {}", sehat_analysis::names(titles.iter().map(String::as_str))))
        .witness("the loss of the storage, or a mistake, takes them for good")
        .repair("let a job take all guests, and name those that need no copy in `exclude` with the reason")
        .counts(open.len());
    let ids: BTreeSet<u32> = open.iter().map(|guest| guest.id).collect();
    let excluded = jobs.iter().flat_map(|job| &job.excluded).filter(|id| ids.contains(&id.value));
    let finding = excluded.take(2).fold(finding, |finding, id| finding.at(&id.origin, "left out here"));
    let places =
        open.iter().take(3).map(|guest| guest.name.as_ref().map_or(&guest.origin, |name| &name.origin));
    let finding = places.fold(finding, |finding, place| finding.at(place, "copied by no job"));
    Some(jobs.first().into_iter().fold(finding, |finding, job| finding.at(&job.origin, "a job of others")))
}

/// Disks that the guest itself takes out, and mount points that nobody takes in. Source: vzdump(1).
fn left_out(guests: &[&Guest]) -> Option<Finding> {
    let is_out = |guest: &Guest, disk: &GuestDisk| match disk.backup {
        Some(stated) => !stated,
        None => guest.is_container && disk.slot.starts_with("mp"),
    };
    let open: Vec<(&Guest, &GuestDisk)> = guests
        .iter()
        .flat_map(|guest| guest.disks.iter().map(move |disk| (*guest, disk)))
        .filter(|(guest, disk)| is_out(guest, disk))
        .collect();
    let (guest, _) = open.first()?;
    let titles: Vec<String> =
        open.iter().map(|(guest, disk)| format!("{} of {}", disk.slot, guest.title())).collect();
    let finding = Finding::broken(NAME, Severity::High, guest.title())
        .says(format!("copies leave out {}", sehat_analysis::names(titles.iter().map(String::as_str))))
        .witness("the guest comes back without that disk")
        .repair("set `backup=1` there, or say what else copies it")
        .counts(open.len());
    Some(open.iter().take(5).fold(finding, |finding, (_, disk)| finding.at(&disk.origin, "left out")))
}
