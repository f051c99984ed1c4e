//! What makes a blueprint impossible to build, found before anything is made.

use std::collections::{BTreeMap, BTreeSet};

use sehat_engine::contents::Process;

use crate::blueprint::{Blueprint, Machine};

/// A sentence per mistake; none for a blueprint that can be built.
pub fn mistakes(blueprint: &Blueprint) -> Vec<String> {
    let machines = blueprint.machines.iter();
    let mut found: Vec<String> = machines.flat_map(|machine| machine_mistakes(blueprint, machine)).collect();
    found.extend(repeated(blueprint));
    found.extend(unknown_dependencies(blueprint));
    found.extend(circles(blueprint));
    found.extend(unknown_doors(blueprint));
    found
}

fn machine_mistakes(blueprint: &Blueprint, machine: &Machine) -> Vec<String> {
    let name = &machine.name;
    let Some(segment) = blueprint.segment(&machine.segment) else {
        return vec![format!(
            "the machine `{name}` lies in the segment `{}`, which is not there",
            machine.segment
        )];
    };
    let mut found = Vec::new();
    for address in machine.virtual_addresses.iter().chain([&machine.address]) {
        if !segment.cidr.contains(address) || *address == segment.gateway {
            found.push(format!(
                "the machine `{name}` cannot have the address {address} in `{}`",
                segment.name
            ));
        }
    }
    let known = |seed: &&String| blueprint.seeds.iter().any(|one| one.name == **seed);
    found.extend(
        machine.seeds.iter().filter(|seed| !known(seed)).map(|seed| {
            format!("the machine `{name}` starts from the data `{seed}`, which is not described")
        }),
    );
    found
}

/// Names and addresses that two machines, and process names that two processes of one machine, share.
fn repeated(blueprint: &Blueprint) -> Vec<String> {
    let mut found = Vec::new();
    let (mut names, mut addresses) = (BTreeSet::from([&blueprint.router.name]), BTreeSet::new());
    for machine in &blueprint.machines {
        if !names.insert(&machine.name) {
            found.push(format!("two machines have the name `{}`", machine.name));
        }
        if !addresses.insert(machine.address) {
            found.push(format!("two machines have the address {}", machine.address));
        }
        let mut processes = BTreeSet::new();
        for process in processes_of(machine).filter(|process| !processes.insert(&process.name)) {
            found.push(format!("the machine `{}` has two processes `{}`", machine.name, process.name));
        }
    }
    found
}

fn processes_of(machine: &Machine) -> impl Iterator<Item = &Process> {
    machine.instances.iter().flat_map(|instance| &instance.contents.processes)
}

/// Every process by its name in the whole lab, with what it waits for by such names.
fn dependencies(blueprint: &Blueprint) -> BTreeMap<String, Vec<String>> {
    let machines = blueprint.machines.iter();
    let processes = machines.flat_map(|machine| processes_of(machine).map(move |process| (machine, process)));
    let named = processes.map(|(machine, process)| {
        let full = |name: &String| {
            if name.contains('/') { name.clone() } else { format!("{}/{name}", machine.name) }
        };
        (full(&process.name), process.after.iter().map(full).collect())
    });
    named.collect()
}

fn unknown_dependencies(blueprint: &Blueprint) -> Vec<String> {
    let known = dependencies(blueprint);
    let pairs = known.iter().flat_map(|(name, after)| after.iter().map(move |other| (name, other)));
    let unknown = pairs.filter(|(_, other)| !known.contains_key(*other));
    unknown.map(|(name, other)| format!("`{name}` waits for `{other}`, which is not there")).collect()
}

/// Processes that wait for each other: what is left after all that can start have started.
fn circles(blueprint: &Blueprint) -> Vec<String> {
    let all = dependencies(blueprint);
    let mut left: BTreeSet<&String> = all.keys().collect();
    loop {
        let waits = |name: &&String| all[*name].iter().any(|other| left.contains(other));
        let still: BTreeSet<&String> = left.iter().copied().filter(waits).collect();
        if still.len() == left.len() {
            break;
        }
        left = still;
    }
    let names: Vec<String> = left.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { Vec::new() } else { vec![format!("{} wait for each other", names.join(", "))] }
}

fn unknown_doors(blueprint: &Blueprint) -> Vec<String> {
    let unknown = blueprint.front_doors.iter().filter(|door| blueprint.machine(&door.through).is_none());
    unknown
        .map(|door| {
            format!("the front door `{}` leads through `{}`, which is not there", door.name, door.through)
        })
        .collect()
}
