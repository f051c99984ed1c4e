//! Gives every machine an address of its segment.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sehat_diagnostic::Diagnostic;

use crate::{Name, Platform};

/// The first addresses of a segment are left to routers and to addresses that move.
const FIRST_HOST: usize = 10;

pub fn assign(platform: &mut Platform) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut taken = stated(platform, &mut diagnostics);
    taken.extend(moving_addresses(platform));
    assign_free(platform, &mut taken, &mut diagnostics);
    platform.machines.values_mut().for_each(|machine| machine.virtual_addresses.sort());
    diagnostics
}

/// Collects the stated addresses, each with a complaint where it is outside its segment or used twice.
fn stated(platform: &Platform, diagnostics: &mut Vec<Diagnostic>) -> BTreeSet<IpAddr> {
    let mut taken: BTreeMap<IpAddr, &Name> = BTreeMap::new();
    for (name, component) in &platform.draft.components {
        let cidr =
            component.segment.get().and_then(|segment| platform.draft.segments.get(segment)?.cidr.copied());
        for address in &component.addresses {
            let (Some(value), Some(origin)) = (address.copied(), address.origin()) else { continue };
            if let Some(cidr) = cidr.filter(|cidr| !cidr.contains(&value)) {
                diagnostics.push(
                    Diagnostic::error(
                        "address-outside-segment",
                        format!("`{value}` does not lie in `{cidr}`"),
                    )
                    .at(origin, "this address")
                    .help("take an address of the component's segment"),
                );
            }
            if let Some(other) = taken.insert(value, name) {
                diagnostics.push(
                    Diagnostic::error(
                        "address-used-twice",
                        format!("`{value}` belongs to `{other}` already"),
                    )
                    .at(origin, "used again here")
                    .help("give each instance an address of its own"),
                );
            }
        }
    }
    taken.into_keys().collect()
}

/// Notes the address that a failover moves on each machine that may hold it.
fn moving_addresses(platform: &mut Platform) -> Vec<IpAddr> {
    let moving: Vec<(Name, IpAddr)> = platform
        .draft
        .components
        .iter()
        .filter_map(|(name, component)| Some((name.clone(), component.failover.as_ref()?.address.copied()?)))
        .collect();
    for (component, address) in &moving {
        let holders: Vec<Name> =
            platform.instances_of(component).map(|(_, instance)| instance.machine.clone()).collect();
        for holder in holders {
            if let Some(machine) = platform.machines.get_mut(&holder) {
                machine.virtual_addresses.push(*address);
            }
        }
    }
    moving.into_iter().map(|(_, address)| address).collect()
}

fn assign_free(platform: &mut Platform, taken: &mut BTreeSet<IpAddr>, diagnostics: &mut Vec<Diagnostic>) {
    // Each range is walked once, because a large one has more addresses than can be looked at for each machine.
    let mut free: BTreeMap<Name, _> = platform
        .draft
        .segments
        .iter()
        .filter_map(|(name, segment)| Some((name.clone(), segment.cidr.copied()?.hosts().skip(FIRST_HOST))))
        .collect();
    let mut full: BTreeSet<Name> = BTreeSet::new();
    for machine in platform.machines.values_mut().filter(|machine| machine.address.is_none()) {
        let Some((segment, hosts)) =
            machine.segment.as_ref().and_then(|name| Some((name, free.get_mut(name)?)))
        else {
            continue;
        };
        machine.address = hosts.find(|address| taken.insert(*address));
        if machine.address.is_none() {
            full.insert(segment.clone());
        }
    }
    for segment in full {
        let stated = &platform.draft.segments[&segment];
        diagnostics.push(
            Diagnostic::error(
                "segment-full",
                format!("segment `{segment}` has fewer addresses than machines"),
            )
            .at(stated.cidr.origin().unwrap_or(&stated.meta.origin), "this range is too small")
            .help("state a larger range, or move components to another segment"),
        );
    }
}
