//! The copies of a store: how often they are made, where they lie, and who can destroy them.

use std::collections::BTreeSet;

use sehat_diagnostic::Origin;
use sehat_platform::component::{Backup, Component, Copies, LogArchive};
use sehat_platform::{Cron, Duration, Fact, Name, Platform};

use crate::spot::{Spot, spots};

/// How a copy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Full,
    Incremental,
    Snapshot,
    Log,
    Archive,
}

impl Way {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full copy",
            Self::Incremental => "increment",
            Self::Snapshot => "snapshot",
            Self::Log => "log archive",
            Self::Archive => "archive",
        }
    }
}

/// One kind of copy at one target.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy<'a> {
    pub way: Way,
    pub schedule: Option<&'a Cron>,
    /// Of a log: the longest time until a write is in it.
    pub every: Option<Duration>,
    pub keep: Option<Duration>,
    pub by_hand: bool,
    /// The component that it lies in; absent where the document names none.
    pub target: Option<&'a Name>,
    pub spots: BTreeSet<Spot>,
    /// Nothing that the platform holds can delete it before this time.
    pub immutable: Option<Duration>,
    pub origins: Origins,
}

/// Where the copy, its schedule and its target are stated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    pub copy: Origin,
    pub schedule: Option<Origin>,
    pub target: Option<Origin>,
}

/// Returns every copy of a store, one for each way and target.
pub fn copies<'a>(
    platform: &'a Platform,
    name: &str,
    component: &'a Component,
    backup: &'a Backup,
) -> Vec<Copy<'a>> {
    let ways = [
        (Way::Full, &backup.full),
        (Way::Incremental, &backup.incremental),
        (Way::Snapshot, &backup.snapshot),
        (Way::Archive, &backup.archive),
    ];
    let stated = ways.into_iter().filter_map(|(way, copy)| Some(of_copies(way, copy.as_ref()?)));
    let log = backup.log.iter().map(of_log);
    let mut found = Vec::new();
    for (copy, to) in stated.chain(log) {
        let to = if to.is_empty() { &backup.to } else { to };
        if to.is_empty() {
            found.push(Copy {
                immutable: own_lock(backup),
                spots: unplaced(platform, name, component),
                ..copy
            });
            continue;
        }
        for target in to {
            found.push(at_target(platform, backup, copy.clone(), target));
        }
    }
    found
}

fn of_copies(way: Way, copies: &Copies) -> (Copy<'_>, &[Fact<Name>]) {
    let origins = Origins {
        copy: copies.meta.origin.clone(),
        schedule: copies.schedule.origin().cloned(),
        target: None,
    };
    let copy = Copy {
        schedule: copies.schedule.get(),
        keep: copies.keep.copied(),
        by_hand: copies.manual.get() == Some(&true),
        ..nowhere(way, origins)
    };
    (copy, &copies.to)
}

fn of_log(log: &LogArchive) -> (Copy<'_>, &[Fact<Name>]) {
    let origins =
        Origins { copy: log.meta.origin.clone(), schedule: log.every.origin().cloned(), target: None };
    (Copy { every: log.every.copied(), keep: log.keep.copied(), ..nowhere(Way::Log, origins) }, &log.to)
}

fn nowhere<'a>(way: Way, origins: Origins) -> Copy<'a> {
    Copy {
        way,
        schedule: None,
        every: None,
        keep: None,
        by_hand: false,
        target: None,
        spots: BTreeSet::new(),
        immutable: None,
        origins,
    }
}

fn at_target<'a>(
    platform: &'a Platform,
    backup: &Backup,
    mut copy: Copy<'a>,
    target: &'a Fact<Name>,
) -> Copy<'a> {
    let Some(name) = target.get() else { return copy };
    copy.target = Some(name);
    copy.spots = spots(platform, name);
    copy.origins.target = target.origin().cloned();
    let vault = platform.components.get(name);
    copy.immutable = vault.and_then(|vault| vault.encryption.immutable.copied()).or(own_lock(backup));
    copy
}

fn own_lock(backup: &Backup) -> Option<Duration> {
    backup.encrypted.as_ref()?.immutable.copied()
}

/// A provider keeps its own snapshots beside the store; elsewhere nothing is known.
fn unplaced(platform: &Platform, name: &str, component: &Component) -> BTreeSet<Spot> {
    if component.managed.is_some() { spots(platform, name) } else { BTreeSet::new() }
}
