//! Destroyed data, lost writes, and the time until everything is as before.

use std::collections::BTreeSet;

use sehat_catalog as catalog;
use sehat_platform::component::Component;
use sehat_platform::{Kind, Name, Platform};

use super::bound::Bound;
use super::cut;
use super::{Fault, Observation};
use crate::path;
use crate::survival::topology_entry;

/// The outage of a journey that needs the destroyed data: until it is restored.
pub fn dropped(
    platform: &Platform,
    required: &BTreeSet<&Name>,
    component: &str,
    observation: &Observation,
) -> Option<Bound> {
    required.iter().any(|name| name.as_str() == component).then(|| restored(platform, component, observation))
}

fn restored(platform: &Platform, name: &str, observation: &Observation) -> Bound {
    let Some(component) = platform.components.get(name) else { return Bound::unknown(format!("`{name}`")) };
    let Some(backup) = &component.backup else { return Bound::unknown(format!("a backup of `{name}`")) };
    let tool =
        backup.tool.get().cloned().or_else(|| {
            catalog::store(component.product.get()?)?.tools.first().map(|tool| (*tool).to_owned())
        });
    let Some(tool) = tool else { return Bound::unknown(format!("the tool that restores `{name}`")) };
    let reaction = backup.restore.as_ref().and_then(|restore| restore.reaction.get());
    let reaction = observation.reaction_ms.or(reaction.map(|time| time.ms()));
    let reaction = reaction.map_or_else(Bound::none, |ms| Bound::of(ms, "until somebody acts"));
    reaction
        .then(copied_back(component, name, &tool, observation))
        .then(replayed(name, &tool, observation))
        .then(started(component, name))
}

/// The log since the full copy. How much that is, a document does not say.
fn replayed(name: &str, tool: &str, observation: &Observation) -> Bound {
    let Some(bytes) = observation.log_bytes.filter(|bytes| *bytes > 0) else { return Bound::none() };
    match catalog::rate(&format!("{tool}/replay")) {
        Some(row) => {
            let rate = row.bytes_per_second_low;
            let ms = ms_for(bytes, rate);
            Bound::because(
                ms,
                format!(
                    "{bytes} bytes of log since the full copy of `{name}` at {rate} bytes/s (catalog, {}) take {ms} ms",
                    row.basis
                ),
            )
        }
        None => Bound::unknown(format!("how fast {tool} replays the log of `{name}`")),
    }
}

fn ms_for(bytes: u64, rate: u64) -> u64 {
    let ms = (u128::from(bytes) * 1000).div_ceil(u128::from(rate.max(1)));
    u64::try_from(ms).unwrap_or(u64::MAX)
}

fn copied_back(component: &Component, name: &str, tool: &str, observation: &Observation) -> Bound {
    let stated = component
        .storage
        .as_ref()
        .and_then(|storage| storage.used.get().or(storage.size.get()))
        .map(|bytes| bytes.0);
    let Some(bytes) = observation.restore_bytes.or(stated) else {
        return Bound::unknown(format!("how much `{name}` holds (`storage.used`)"));
    };
    let throughput = component
        .backup
        .as_ref()
        .and_then(|backup| backup.restore.as_ref()?.throughput.get())
        .map(|rate| rate.0);
    let assumed = catalog::rate(&format!("{tool}/restore"));
    let (rate, basis) = match (throughput, assumed) {
        (Some(rate), _) => (rate, "stated".to_owned()),
        (None, Some(row)) => (row.bytes_per_second_low, format!("catalog, {}", row.basis)),
        (None, None) => {
            return Bound::unknown(format!(
                "the throughput of a restore of `{name}` (`backup.restore.throughput`)"
            ));
        }
    };
    let ms = ms_for(bytes, rate);
    Bound::because(ms, format!("{bytes} bytes at {rate} bytes/s ({basis}) take {ms} ms"))
}

fn started(component: &Component, name: &str) -> Bound {
    let product = component.product.get().map_or("", String::as_str);
    match catalog::duration(&format!("{product}/start-after-restore"))
        .or_else(|| catalog::duration(&format!("{product}/start-after-crash")))
    {
        Some(row) => Bound::because(
            row.ms_high,
            format!("`{name}` starts within {} ms (catalog, {})", row.ms_high, row.basis),
        ),
        None => Bound::unknown(format!("how long `{name}` takes to start")),
    }
}

/// Acknowledged writes that may be missing: none where the topology admits no loss, else without bound.
pub fn lost_writes(platform: &Platform, fault: &Fault) -> Bound {
    let struck = struck(platform, fault);
    let alone = struck.len() == 1;
    let needed = path::required_by_any(platform);
    struck
        .into_iter()
        .filter_map(|name| Some((name, platform.components.get(name)?)))
        .filter(|(_, component)| component.kind.get().is_some_and(|kind| kind.stores()))
        // Copies are written again at the next run.
        .filter(|(_, component)| component.kind.get() != Some(&Kind::BackupStore))
        // What is rebuilt by itself, or written on no journey, matters only where it is what is struck.
        .filter(|(name, component)| {
            alone || (component.rebuildable.get().is_none() && needed.contains(*name))
        })
        .map(|(name, component)| lost_by(name, component, fault))
        .fold(Bound::none(), Bound::then)
}

fn struck<'a>(platform: &'a Platform, fault: &'a Fault) -> BTreeSet<&'a Name> {
    let on_machines = |test: &dyn Fn(&sehat_platform::Machine) -> bool| {
        let machines = platform.machines.values().filter(|machine| test(machine));
        machines
            .flat_map(|machine| &machine.instances)
            .filter_map(|name| Some(&platform.instances.get(name)?.component))
            .collect()
    };
    match fault {
        Fault::KillInstance { instance } => {
            platform.instances.get(instance).map(|stated| &stated.component).into_iter().collect()
        }
        Fault::KillLeader { component } | Fault::DropTable { component } => BTreeSet::from([component]),
        Fault::KillNode { node } => on_machines(&|machine| machine.node.as_ref() == Some(node)),
        Fault::CutSegment { segment } => on_machines(&|machine| machine.segment.as_ref() == Some(segment)),
    }
}

fn lost_by(name: &str, component: &Component, fault: &Fault) -> Bound {
    if let Fault::DropTable { .. } = fault {
        let logged = component.backup.as_ref().is_some_and(|backup| backup.log.is_some());
        return if logged {
            Bound::because(
                0,
                format!("`{name}` archives its log, so the state before the statement comes back whole"),
            )
        } else {
            Bound::unknown(format!("a log archive of `{name}` (`backup.log`)"))
        };
    }
    match topology_entry(component) {
        Some(row) if row.loss == catalog::Loss::None || row.loss == catalog::Loss::NoData => Bound::because(
            0,
            format!(
                "`{name}` acknowledges a write when others have it (catalog topology/{}/{})",
                row.product, row.topology
            ),
        ),
        Some(row) => Bound::unknown(format!(
            "a bound for `{name}`: {} {} may lose acknowledged writes",
            row.product, row.topology
        )),
        // A process that is started again finds what it had written.
        None if matches!(fault, Fault::KillInstance { .. } | Fault::CutSegment { .. }) => Bound::none(),
        None => Bound::unknown(format!("how `{name}` copies its writes (`topology`)")),
    }
}

/// The time from the heal until every member that a journey needs serves again.
pub fn recovery(platform: &Platform, fault: &Fault, observation: &Observation) -> Bound {
    let needed = path::required_by_any(platform);
    if let Fault::CutSegment { segment } = fault {
        let after = cut::after(platform, &needed, segment, observation).unwrap_or_else(Bound::none);
        return super::seen_by_client(after, true, observation);
    }
    let struck = struck(platform, fault).into_iter().filter(|name| needed.contains(*name));
    struck
        .filter_map(|name| Some((name, platform.components.get(name)?)))
        .map(|(name, component)| match fault {
            Fault::DropTable { .. } => restored(platform, name, observation).then(super::margin()),
            _ => rejoined(name, component),
        })
        .fold(Bound::none(), Bound::or_longer)
}

pub fn rejoined(name: &str, component: &Component) -> Bound {
    let product = component.product.get().map_or("", String::as_str);
    let steps = match component.topology.get() {
        Some(sehat_platform::component::Topology::Galera) => ["galera/rejoin", "mariadb/start-after-crash"],
        Some(sehat_platform::component::Topology::Sentinel) => ["redis-sentinel/ready", "redis/start"],
        _ => ["", ""],
    };
    let runners =
        component.processes.values().filter_map(|process| process.product.get().map(String::as_str));
    let started = [product]
        .into_iter()
        .chain(runners)
        .flat_map(|product| ["start", "start-after-crash"].map(|step| format!("{product}/{step}")));
    let known = steps.into_iter().map(str::to_owned).chain(started);
    match known.into_iter().find_map(|step| catalog::duration(&step)) {
        Some(row) => Bound::because(
            row.ms_high,
            format!("`{name}` is back within {} ms (catalog {}, {})", row.ms_high, row.step, row.basis),
        ),
        None => Bound::unknown(format!("how long a member of `{name}` takes to come back")),
    }
}
