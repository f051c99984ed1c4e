//! A copy of `/etc/pve`: what a cluster of Proxmox VE is told.
//!
//! Source: Proxmox VE Administration Guide, chapters on the cluster file system, storage, guests, backup, firewall
//! and high availability; corosync.conf(5).

mod cluster;
mod firewall;
mod guest;
mod jobs;
mod lines;
mod storage;

use sehat_diagnostic::Source;

use crate::Context;

/// Which file of the folder it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    Corosync,
    Storage,
    Jobs,
    Cron,
    Replication,
    HaResources,
    HaRules,
    Users,
    Guest,
    Firewall,
    /// Of the folder, and without anything that a rule would judge.
    Silent,
}

impl File {
    /// Tells the file by its path, which is the same on every cluster.
    pub fn of(path: &str) -> Option<Self> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = folder.rsplit('/').next().unwrap_or(folder);
        let is_guest = matches!(parent, "qemu-server" | "lxc") && number(name, ".conf").is_some();
        let known = match (parent, name) {
            (_, "corosync.conf") => Self::Corosync,
            (_, "storage.cfg") => Self::Storage,
            (_, "jobs.cfg") => Self::Jobs,
            (_, "vzdump.cron") => Self::Cron,
            (_, "replication.cfg") => Self::Replication,
            ("ha", "resources.cfg") => Self::HaResources,
            ("ha", "rules.cfg") => Self::HaRules,
            (_, "user.cfg") => Self::Users,
            ("ha", "groups.cfg" | "crm_commands" | "manager_status")
            | ("pve", "datacenter.cfg" | "domains.cfg") => Self::Silent,
            (_, _) if is_guest => Self::Guest,
            ("firewall", name) if name.strip_suffix(".fw").is_some() => Self::Firewall,
            (_, "host.fw") => Self::Silent,
            _ => return None,
        };
        Some(known)
    }
}

/// `101.conf` is 101.
fn number(name: &str, extension: &str) -> Option<u32> {
    name.strip_suffix(extension)?.parse().ok()
}

pub fn read(file: File, source: &Source, cx: &mut Context) {
    let hypervisor = &mut cx.inventory.hypervisor;
    match file {
        File::Corosync => cluster::corosync(source, hypervisor),
        File::HaResources => cluster::resources(source, hypervisor),
        File::HaRules => cluster::rules(source, hypervisor),
        File::Users => cluster::users(source, hypervisor),
        File::Storage => storage::read(source, hypervisor),
        File::Jobs => jobs::jobs(source, hypervisor),
        File::Cron => jobs::cron(source, hypervisor),
        File::Replication => jobs::replication(source, hypervisor),
        File::Guest => guest::read(source, hypervisor),
        File::Firewall => firewall::read(source, hypervisor),
        File::Silent => {}
    }
}

#[cfg(test)]
mod tests {
    use super::File;

    #[test]
    fn files_are_told_by_their_paths() {
        let paths = [
            "pve/corosync.conf",
            "etc/pve/nodes/pve-01/qemu-server/101.conf",
            "pve/nodes/pve-01/lxc/x.conf",
            "pve/firewall/cluster.fw",
            "pve/ha/resources.cfg",
            "nginx.conf",
        ];
        let told: Vec<_> = paths.iter().map(|path| format!("{path} {:?}", File::of(path))).collect();
        insta::assert_snapshot!(told.join("\n"), @"
        pve/corosync.conf Some(Corosync)
        etc/pve/nodes/pve-01/qemu-server/101.conf Some(Guest)
        pve/nodes/pve-01/lxc/x.conf None
        pve/firewall/cluster.fw Some(Firewall)
        pve/ha/resources.cfg Some(HaResources)
        nginx.conf None
        ");
    }
}
