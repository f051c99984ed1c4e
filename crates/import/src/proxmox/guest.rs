//! Virtual machines and containers.

use sehat_diagnostic::{Origin, Source};
use sehat_platform::Bytes;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::hypervisor::{Guest, GuestDisk, GuestNetwork, Hypervisor};

use super::lines::{Line, is_on, lines};

pub fn read(source: &Source, hypervisor: &mut Hypervisor) {
    let parts: Vec<&str> = source.path.split('/').collect();
    let name = parts.last().copied().unwrap_or_default();
    let Some(id) = super::number(name, ".conf") else { return };
    let mut guest = Guest {
        id,
        origin: Origin { path: source.path.clone(), start: 0, end: 0, line: 1, column: 1 },
        node: parts.len().checked_sub(3).and_then(|at| parts.get(at)).copied().unwrap_or_default().to_owned(),
        is_container: parts.len() > 1 && parts[parts.len() - 2] == "lxc",
        ..Guest::default()
    };
    for line in lines(source) {
        // What follows is what the guest was when a snapshot was taken.
        if line.text.starts_with('[') {
            break;
        }
        if let Some((key, value)) = line.text.split_once(':') {
            field(&mut guest, key.trim(), value.trim(), &line);
        }
    }
    hypervisor.guests.push(guest);
}

fn field(guest: &mut Guest, key: &str, value: &str, line: &Line<'_>) {
    match key {
        "name" | "hostname" => guest.name = Some(line.stated(value)),
        "memory" => guest.memory = memory(value, line),
        "template" => guest.is_template = is_on(value),
        "onboot" => guest.starts_by_itself = Some(Stated::new(is_on(value), line.place(value))),
        key if is_disk(key) => guest.disks.extend(disk(key, value, line)),
        key if slot(key, "net") => guest.networks.push(network(value, line)),
        _ => {}
    }
}

/// In MiB; newer releases may write `current=8192`.
fn memory(value: &str, line: &Line<'_>) -> Option<Stated<Bytes>> {
    let number = value.split(',').next().unwrap_or(value).trim_start_matches("current=");
    let bytes = number.parse::<u64>().ok()?.checked_mul(1 << 20)?;
    Some(Stated::new(Bytes(bytes), line.place(value)))
}

fn slot(key: &str, kind: &str) -> bool {
    key.strip_prefix(kind)
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_disk(key: &str) -> bool {
    key == "rootfs" || ["scsi", "virtio", "sata", "ide", "mp"].iter().any(|kind| slot(key, kind))
}

/// `ceph-vm:vm-101-disk-0,size=100G,backup=0`; a drive for discs is none.
fn disk(key: &str, value: &str, line: &Line<'_>) -> Option<GuestDisk> {
    let mut parts = value.split(',');
    let (storage, _) = parts.next()?.split_once(':')?;
    let options: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
    let option = |name: &str| options.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    if option("media") == Some("cdrom") || value.contains("cloudinit") || storage.starts_with('/') {
        return None;
    }
    let storage = storage.trim_start_matches("file=").trim_start_matches("volume=");
    Some(GuestDisk {
        origin: line.origin(),
        slot: key.to_owned(),
        storage: storage.to_owned(),
        backup: option("backup").map(is_on),
    })
}

fn network(value: &str, line: &Line<'_>) -> GuestNetwork {
    let option = |name: &str| {
        value
            .split(',')
            .filter_map(|part| part.split_once('='))
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    };
    GuestNetwork {
        origin: line.origin(),
        bridge: option("bridge").map(str::to_owned),
        vlan: option("tag").and_then(|tag| tag.parse().ok()),
        firewall: option("firewall").is_some_and(is_on),
    }
}
