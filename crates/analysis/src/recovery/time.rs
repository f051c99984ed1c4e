//! How long a store is away: until another member serves, or until a copy is back.

use sehat_catalog as catalog;
use sehat_diagnostic::Origin;
use sehat_platform::component::{Component, Restore};
use sehat_platform::{Duration, Fact, Name, Platform};

use super::bound::Bound;
use super::loss::Fate;
use super::{Scenario, backup_of};
use crate::outage::{Fault, Observation, longest_outage_ms};
use crate::path;
use crate::spot::spots;
use crate::survival::topology_entry;

pub(super) fn of(platform: &Platform, name: &Name, scenario: Scenario, fate: &Fate) -> Bound {
    let Some(component) = platform.components.get(name) else { return Bound::unknown("the component") };
    match fate {
        Fate::Gone => Bound::never(format!("nothing brings `{name}` back"))
            .at(&component.meta.origin, "has nothing to come back from"),
        Fate::Unknown(why) => Bound::unknown(why.clone()),
        Fate::Restarts => restarted(name, component),
        Fate::FailsOver => failed_over(platform, name, component, scenario),
        Fate::Restored { elsewhere } => restored(platform, name, component, *elsewhere),
    }
}

fn restarted(name: &str, component: &Component) -> Bound {
    let product = component.product.get().map_or("", String::as_str);
    let steps = ["start-after-crash", "start"].map(|step| format!("{product}/{step}"));
    if component.managed.is_some() {
        return in_catalog("machine/provision-cloud", format!("its provider starts `{name}` again"));
    }
    match steps.iter().find(|step| catalog::duration(step).is_some()) {
        Some(step) => in_catalog(step, format!("`{name}` starts again")),
        None => Bound::unknown(format!("how long `{name}` takes to start")),
    }
}

fn failed_over(platform: &Platform, name: &Name, component: &Component, scenario: Scenario) -> Bound {
    if let Some(ms) = outage(platform, name, scenario) {
        return Bound::within(0, ms)
            .because(format!("the members of `{name}` that are left serve on within {}", Duration(ms)));
    }
    let product = component.product.get().map_or("", String::as_str);
    let base = catalog::product(product).and_then(|row| row.base).unwrap_or(product);
    let managed = ["failover-multi-az", "failover"]
        .iter()
        .flat_map(|step| [format!("{product}/{step}"), format!("{base}/{step}")]);
    if let Some(step) = managed.into_iter().find(|step| catalog::duration(step).is_some()) {
        return in_catalog(&step, format!("`{name}` fails over"));
    }
    let timers = component
        .failover
        .iter()
        .flat_map(|failover| failover.timers.values())
        .chain(component.timers.values());
    let stated: u64 = timers.filter_map(Fact::copied).map(Duration::ms).sum();
    let automatic = component.failover.as_ref().and_then(|failover| failover.automatic.copied());
    match (automatic, topology_entry(component).map(|row| row.actor)) {
        (Some(false), _) | (None, Some(catalog::Actor::Nobody)) => {
            in_catalog("person/notice-and-act", format!("a person moves the role of `{name}`"))
        }
        (Some(true), _) | (None, Some(_)) if stated > 0 => {
            Bound::within(0, stated).because(format!("the timers of `{name}` add up to {}", Duration(stated)))
        }
        (Some(true), _) | (None, Some(_)) => by_default_timers(name, component),
        (None, None) if component.managed.is_some() => Bound {
            low_ms: 0,
            ..in_catalog("machine/provision-cloud", format!("its provider moves `{name}`"))
        },
        (None, None) => Bound::unknown(format!("who moves the role of `{name}` (`failover`)")),
    }
}

/// The sum of all that a product waits for is more than it waits for one loss. Where its timers are not
/// known, it is at least no slower than a person would be.
fn by_default_timers(name: &str, component: &Component) -> Bound {
    let by = component.failover.as_ref().and_then(|failover| failover.by.get());
    let products = [by, component.product.get()];
    let sums = products.into_iter().flatten().map(|product| (product, default_sum_ms(product)));
    match sums.into_iter().find(|(_, sum)| *sum > 0) {
        Some((product, sum)) => Bound::within(0, sum)
            .because(format!("the default timers of {product} add up to {}", Duration(sum)))
            .assuming(format!("timer/{product}")),
        None => Bound {
            low_ms: 0,
            ..in_catalog(
                "person/notice-and-act",
                format!("`{name}` fails over by itself, no slower than by hand"),
            )
        },
    }
}

fn default_sum_ms(product: &str) -> u64 {
    let timers = catalog::timers(product).iter().filter(|timer| timer.unit == catalog::Unit::Ms);
    timers.map(|timer| timer.default).sum()
}

/// The bound that the drills use, where a journey needs the store.
fn outage(platform: &Platform, name: &Name, scenario: Scenario) -> Option<u64> {
    let needed = path::required_by_any(platform).contains(name);
    let observation = Observation::default();
    let of = |fault: &Fault| longest_outage_ms(platform, fault, &observation);
    let leader = || of(&Fault::KillLeader { component: name.clone() });
    match scenario {
        _ if !needed => None,
        Scenario::InstanceLost => leader(),
        _ => {
            let machines = platform
                .instances_of(name)
                .filter_map(|(_, instance)| platform.machines.get(&instance.machine));
            let nodes: std::collections::BTreeSet<&Name> =
                machines.filter_map(|machine| machine.node.as_ref()).collect();
            let worst = nodes
                .into_iter()
                .map(|node| of(&Fault::KillNode { node: node.clone() }))
                .reduce(|a, b| Some(a?.max(b?)));
            worst.unwrap_or_else(leader)
        }
    }
}

fn restored(platform: &Platform, name: &Name, component: &Component, elsewhere: bool) -> Bound {
    let restore = backup_of(platform, component).and_then(|backup| backup.restore.as_ref());
    let place = if elsewhere { new_place(platform, name, component) } else { Bound::none() };
    let back =
        new_instance(component, restore).unwrap_or_else(|| copied_back(platform, name, component, restore));
    reaction(restore).then(place).then(back).then(started(name, component))
}

/// A provider's restore takes its own time, copying included.
fn new_instance(component: &Component, restore: Option<&Restore>) -> Option<Bound> {
    component.managed.as_ref()?;
    let product = component.product.get()?;
    let base = catalog::product(product).and_then(|row| row.base).unwrap_or(product);
    let step = catalog::duration(&format!("{base}/restore-to-time"))
        .filter(|_| restore.is_none_or(|restore| restore.throughput.get().is_none()))?;
    Some(in_catalog(step.step, "its provider restores a new instance".to_owned()))
}

fn reaction(restore: Option<&Restore>) -> Bound {
    match restore.and_then(|restore| Some((restore.reaction.copied()?, restore.reaction.origin()))) {
        Some((time, origin)) => Bound::within(0, time.ms())
            .because(format!("somebody acts within {time}"))
            .at(origin, "stated here"),
        None => in_catalog("person/notice-and-act", "somebody notices and acts".to_owned()),
    }
}

/// A place for it must exist, or be bought.
fn new_place(platform: &Platform, name: &Name, component: &Component) -> Bound {
    if component.managed.is_some() {
        return in_catalog("machine/provision-cloud", format!("`{name}` is made anew in another region"));
    }
    let own: Vec<_> = spots(platform, name).into_iter().filter_map(|spot| spot.site).collect();
    let others = platform.sites.iter().filter(|(site, _)| !own.contains(site));
    let fits =
        others.clone().flat_map(|(_, site)| site.zones.values()).flat_map(|zone| zone.nodes.values()).any(
            |node| {
                let cpu = component
                    .size
                    .cpu
                    .get()
                    .zip(node.size.cpu.get())
                    .is_none_or(|(wants, has)| wants.max <= has.max);
                let memory = component
                    .size
                    .memory
                    .get()
                    .zip(node.size.memory.get())
                    .is_none_or(|(wants, has)| wants <= has);
                cpu && memory
            },
        );
    let cloud = others.clone().any(|(_, site)| site.provider.get().is_some_and(|provider| provider != "own"))
        || own
            .iter()
            .filter_map(|site| platform.sites.get(site))
            .any(|site| site.provider.get().is_some_and(|provider| provider != "own"));
    if fits {
        return in_catalog("machine/boot", format!("a machine for `{name}` starts at another site"));
    }
    let step = if cloud { "machine/provision-cloud" } else { "machine/provision-hardware" };
    let why = format!("no node of another site is large enough for `{name}`, so one is provided");
    in_catalog(step, why).at(&component.meta.origin, "has room at its own site only")
}

fn copied_back(platform: &Platform, name: &Name, component: &Component, restore: Option<&Restore>) -> Bound {
    let Some(amount) = amount(component) else {
        return Bound::unknown(format!("how much `{name}` holds (`storage.used`)"))
            .at(&component.meta.origin, "states no amount");
    };
    let bytes = sehat_platform::Bytes(amount.most);
    let storage = component.storage.as_ref();
    let stated = restore.and_then(|restore| restore.throughput.copied().zip(restore.throughput.origin()));
    let of_store = storage.and_then(|storage| storage.throughput.copied().zip(storage.throughput.origin()));
    if let Some((rate, from)) = stated.or(of_store) {
        let why = format!("{bytes} at {} a second", sehat_platform::Bytes(rate.0));
        return Bound::within(ms_for(amount.least, rate.0), ms_for(amount.most, rate.0))
            .because(why)
            .at(amount.origin, "must come back")
            .at(from, "comes back at this rate");
    }
    let tool = tool_of(platform, component);
    let Some(row) = tool.and_then(|tool| catalog::rate(&format!("{tool}/restore"))) else {
        let missing = format!("how fast `{name}` is restored (`backup.restore.throughput`)");
        return Bound::unknown(missing).at(amount.origin, "must come back");
    };
    let (fast, slow) = (row.bytes_per_second_high, row.bytes_per_second_low);
    Bound::within(ms_for(amount.least, fast), ms_for(amount.most, slow))
        .because(format!("{bytes} by {}", row.step))
        .assuming(format!("rate/{}", row.step))
        .at(amount.origin, "must come back")
}

/// Bytes that must come back, and where they are stated.
struct Amount<'a> {
    least: u64,
    most: u64,
    origin: Option<&'a Origin>,
}

/// A promise must hold for the largest amount that the document provides for; a plain size may be half empty.
fn amount(component: &Component) -> Option<Amount<'_>> {
    let storage = component.storage.as_ref()?;
    for fact in [&storage.size_max, &storage.used] {
        if let Some(bytes) = fact.copied() {
            return Some(Amount { least: bytes.0, most: bytes.0, origin: fact.origin() });
        }
    }
    let size = storage.size.copied()?;
    Some(Amount { least: 0, most: size.0, origin: storage.size.origin() })
}

fn tool_of(platform: &Platform, component: &Component) -> Option<String> {
    let stated = backup_of(platform, component).and_then(|backup| backup.tool.get().cloned());
    stated.or_else(|| catalog::store(component.product.get()?)?.tools.first().map(|tool| (*tool).to_owned()))
}

fn ms_for(bytes: u64, bytes_per_second: u64) -> u64 {
    let ms = u128::from(bytes) * 1000 / u128::from(bytes_per_second.max(1));
    u64::try_from(ms).unwrap_or(u64::MAX)
}

fn started(name: &str, component: &Component) -> Bound {
    let product = component.product.get().map_or("", String::as_str);
    let steps = ["start-after-restore", "start-after-crash", "start"].map(|step| format!("{product}/{step}"));
    match steps.iter().find(|step| catalog::duration(step).is_some()) {
        Some(step) => in_catalog(step, format!("`{name}` starts")),
        // Starting is short beside the copying; where it is not known, that of a machine stands for it.
        None if component.managed.is_none() => in_catalog("machine/boot", format!("`{name}` starts")),
        None => Bound::none(),
    }
}

/// A step of the catalog, listed as assumed unless it was measured or documented.
fn in_catalog(step: &str, why: String) -> Bound {
    match catalog::duration(step) {
        Some(row) => {
            let bound = Bound::within(row.ms_low, row.ms_high).because(why);
            if row.basis == "assumed" { bound.assuming(format!("duration/{step}")) } else { bound }
        }
        None => Bound::unknown(format!("the time of {step}")),
    }
}
