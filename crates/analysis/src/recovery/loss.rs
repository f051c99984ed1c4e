//! How much a store loses in a disaster: nothing where enough members survive, else what its copies lack.

use std::collections::BTreeSet;

use sehat_catalog as catalog;
use sehat_platform::component::{Component, Kind, Replication, Topology};
use sehat_platform::{Cron, Name, Platform};

use super::bound::Bound;
use super::copies::{Copy, Way, copies};
use super::{Scenario, backup_of};
use crate::spot::{Spot, spots};
use crate::survival::topology_entry;

/// What is left of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The same process starts again on the same disk.
    Restarts,
    /// Members that survive serve on.
    FailsOver,
    /// It comes back from a copy; `elsewhere` where its own site is gone.
    Restored {
        elsewhere: bool,
    },
    /// Nothing brings it back.
    Gone,
    Unknown(String),
}

/// What AWS keeps in several zones of a region by itself.
const REGIONAL: [&str; 14] = [
    "aurora",
    "cloudtrail",
    "cloudwatch",
    "cloudwatch-logs",
    "dynamodb",
    "efs",
    "kinesis",
    "kinesis-firehose",
    "kms",
    "s3",
    "secrets-manager",
    "sns",
    "sqs",
    "ssm-parameter-store",
];

/// Domains that fail as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Domain {
    Node,
    Zone,
    Site,
}

pub(super) fn of(platform: &Platform, name: &Name, scenario: Scenario) -> (Fate, Bound) {
    let Some(component) = platform.components.get(name) else { return unknown("the component") };
    let store = Store { platform, name, component };
    match scenario {
        Scenario::InstanceLost => store.instance_lost(),
        Scenario::NodeLost => store.domain_lost(Domain::Node),
        Scenario::ZoneLost => store.domain_lost(Domain::Zone),
        Scenario::SiteLost => store.domain_lost(Domain::Site),
        Scenario::OperatorError if component.encryption.versioned.get() == Some(&true) => store.versioned(),
        Scenario::OperatorError => store.by_copies(&|_| Some(true), Loss::Undone),
        Scenario::CredentialsStolen if component.encryption.immutable.get().is_some() => store.versioned(),
        Scenario::CredentialsStolen => store.by_copies(&|copy| Some(copy.immutable.is_some()), Loss::Deleted),
    }
}

/// Why copies are needed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// The store itself runs, so what it logged before the mistake is still at hand.
    Undone,
    Deleted,
    Domain(Domain),
}

struct Store<'a> {
    platform: &'a Platform,
    name: &'a Name,
    component: &'a Component,
}

impl Store<'_> {
    fn instance_lost(&self) -> (Fate, Bound) {
        let survivors = self.member_count().saturating_sub(1);
        if let Some(below) = self.component.storage.as_ref().and_then(|storage| storage.on.get()) {
            let fate = if survivors > 0 { Fate::FailsOver } else { Fate::Restarts };
            return (fate, Bound::none().because(format!("`{below}` keeps the disk of `{}`", self.name)));
        }
        if survivors > 0 {
            return self.members_lost(1);
        }
        if self.component.managed.is_some() || self.is_durable() {
            return (
                Fate::Restarts,
                Bound::none().because(format!("`{}` starts again on its own disk", self.name)),
            );
        }
        unknown(format!("whether `{}` keeps its data over a restart (`topology`)", self.name))
    }

    /// It keeps what was overwritten or deleted, so the state before is still there.
    fn versioned(&self) -> (Fate, Bound) {
        let why = format!("`{}` keeps earlier versions", self.name);
        (Fate::Restarts, Bound::none().because(why).at(&self.component.encryption.meta.origin, "keeps them"))
    }

    /// Databases and files are written to disk before they are acknowledged; others only where the catalog says so.
    fn is_durable(&self) -> bool {
        let by_kind = matches!(
            self.component.kind.get(),
            Some(Kind::Database | Kind::FileShare | Kind::ObjectStore | Kind::Secrets)
        );
        topology_entry(self.component).map_or(by_kind, |row| row.durable)
    }

    fn member_count(&self) -> usize {
        self.platform.instances_of(self.name).count()
    }

    fn domain_lost(&self, domain: Domain) -> (Fate, Bound) {
        if self.component.managed.is_some() {
            return self.managed_lost(domain);
        }
        if let Some(below) = self.component.storage.as_ref().and_then(|storage| storage.on.get()) {
            return self.shared_disk(below, domain);
        }
        self.own_disks(self.name, domain)
    }

    /// The worst of the domains in which it has members.
    fn own_disks(&self, of: &str, domain: Domain) -> (Fate, Bound) {
        let domains = self.domains(of, domain);
        if domains.as_ref().is_some_and(Vec::is_empty) && domain != Domain::Site {
            return unknown(format!("how many members `{of}` has (`replicas`)"));
        }
        let Some(domains) = domains.filter(|domains| !domains.is_empty()) else {
            return self.unplaced(domain);
        };
        let names: BTreeSet<&Name> = domains.iter().copied().collect();
        let worst = names.into_iter().map(|lost| {
            let gone = domains.iter().filter(|member| **member == lost).count();
            if gone < domains.len() { self.members_lost(gone) } else { self.all_lost(domain, lost) }
        });
        worst
            .reduce(|a, b| if a.1.clone().or_worse(b.1.clone()) == a.1 { a } else { b })
            .unwrap_or_else(|| self.unplaced(domain))
    }

    /// Without named nodes it is not known which members share one.
    fn unplaced(&self, domain: Domain) -> (Fate, Bound) {
        let what = match domain {
            Domain::Node => "nodes",
            Domain::Zone => "zones",
            Domain::Site => "sites",
        };
        if domain == Domain::Site {
            let site = spots(self.platform, self.name);
            return self.by_copies(&|copy| survives(copy, &site), Loss::Domain(domain));
        }
        unknown(format!("on which {what} `{}` lies (`sites`, `on`)", self.name))
    }

    /// One entry per member: the domain that it is in; none where a member has none.
    fn domains(&self, of: &str, domain: Domain) -> Option<Vec<&Name>> {
        let machines =
            self.platform.instances_of(of).map(|(_, instance)| self.platform.machines.get(&instance.machine));
        machines
            .map(|machine| match domain {
                Domain::Node => machine?.node.as_ref(),
                Domain::Zone => machine?.zone.as_ref(),
                Domain::Site => machine?.site.as_ref(),
            })
            .collect()
    }

    /// Its disk is kept by a block store, whose own members decide.
    fn shared_disk(&self, below: &Name, domain: Domain) -> (Fate, Bound) {
        let Some(carrier) = self.platform.components.get(below) else { return unknown(format!("`{below}`")) };
        let disk = Store { platform: self.platform, name: below, component: carrier };
        match disk.domain_lost(domain) {
            (Fate::FailsOver | Fate::Restarts, _) => (
                Fate::FailsOver,
                Bound::none().because(format!("`{below}` keeps the disk of `{}`", self.name)),
            ),
            (Fate::Unknown(why), bound) => (Fate::Unknown(why), bound),
            _ => self.own_disks(self.name, domain),
        }
    }

    fn managed_lost(&self, domain: Domain) -> (Fate, Bound) {
        let managed = self.component.managed.as_ref();
        let multi_zone = managed.and_then(|managed| managed.multi_zone.copied());
        let spans = multi_zone == Some(true)
            || self.component.topology.get() == Some(&Topology::MultiZone)
            || self.is_regional();
        match domain {
            Domain::Node => {
                (Fate::FailsOver, Bound::none().because("its provider keeps the data apart from the node"))
            }
            Domain::Zone if spans => {
                (Fate::FailsOver, Bound::none().because("its provider keeps a copy in another zone"))
            }
            Domain::Zone if multi_zone.is_none() && self.component.topology.get().is_none() => {
                unknown(format!("whether `{}` spans zones (`managed.multi-zone`)", self.name))
            }
            Domain::Zone | Domain::Site => {
                let own = spots(self.platform, self.name);
                let outlives =
                    |copy: &Copy<'_>| if domain == Domain::Zone { Some(true) } else { survives(copy, &own) };
                self.by_copies(&outlives, Loss::Domain(domain))
            }
        }
    }

    /// AWS keeps these in several zones of a region by itself (service documentation, durability).
    fn is_regional(&self) -> bool {
        let product = self.component.product.get().map_or("", String::as_str);
        let known = catalog::product(product);
        [Some(product), known.map(|row| row.name), known.and_then(|row| row.base)]
            .into_iter()
            .flatten()
            .any(|name| REGIONAL.contains(&name))
    }

    /// Some members are gone and others are left.
    fn members_lost(&self, gone: usize) -> (Fate, Bound) {
        let entry = topology_entry(self.component);
        let replication = self.component.replication.copied();
        let lossless = match (replication, entry.map(|row| row.loss)) {
            (Some(Replication::Synchronous), _)
            | (None, Some(catalog::Loss::None | catalog::Loss::NoData)) => true,
            (Some(Replication::Asynchronous), _) | (None, Some(catalog::Loss::Possible)) => false,
            _ => {
                return unknown(format!("how `{}` copies its writes (`topology`, `replication`)", self.name));
            }
        };
        let majority = entry.is_some_and(|row| {
            row.quorum == catalog::Quorum::Majority && row.replication == catalog::Replication::Consensus
        });
        // A write lies on a majority only, so those who are left may lack it.
        let may_lack = majority && gone > self.member_count().saturating_sub(1) / 2;
        if lossless && !may_lack {
            let why = format!("`{}` acknowledges a write when the members that are left have it", self.name);
            return (
                Fate::FailsOver,
                Bound::none().because(why).at(self.component.topology.origin(), "copies writes"),
            );
        }
        (Fate::FailsOver, self.lag())
    }

    /// Asynchronous copies lack what was written last.
    fn lag(&self) -> Bound {
        let timers = ["replication-lag", "min-replicas-max-lag"];
        let stated = timers.iter().find_map(|key| self.component.timers.get(*key));
        match stated.and_then(|fact| Some((fact.copied()?, fact.origin()))) {
            Some((lag, origin)) => Bound::within(lag.ms(), lag.ms())
                .because(format!("copies of `{}` are at most {lag} behind", self.name))
                .at(origin, "stated here"),
            None => Bound::unknown(format!(
                "how far copies of `{}` may be behind (`timers: {{ replication-lag: ... }}`)",
                self.name
            ))
            .at(
                self.component.replication.origin().or(self.component.topology.origin()),
                "acknowledges before the copies have it",
            ),
        }
    }

    /// No member is left.
    fn all_lost(&self, domain: Domain, lost: &Name) -> (Fate, Bound) {
        let outlives = |copy: &Copy<'_>| match domain {
            Domain::Site => {
                survives(copy, &BTreeSet::from([Spot { site: Some(lost.clone()), ..Spot::default() }]))
            }
            _ => Some(!self.lies_only_in(copy, domain, lost)),
        };
        self.by_copies(&outlives, Loss::Domain(domain))
    }

    fn lies_only_in(&self, copy: &Copy<'_>, domain: Domain, lost: &Name) -> bool {
        let places = copy.target.and_then(|target| self.domains(target, domain)).unwrap_or_default();
        !places.is_empty() && places.iter().all(|place| *place == lost)
    }

    fn by_copies(&self, outlives: &dyn Fn(&Copy<'_>) -> Option<bool>, loss: Loss) -> (Fate, Bound) {
        let Some(backup) = backup_of(self.platform, self.component) else {
            return self.gone(format!("`{}` has no backup", self.name));
        };
        let all = copies(self.platform, self.name, self.component, backup);
        let of =
            |wanted| all.iter().filter(|copy| !copy.by_hand && outlives(copy) == wanted).collect::<Vec<_>>();
        let (left, unsure) = (of(Some(true)), of(None));
        let fate = Fate::Restored { elsewhere: loss == Loss::Domain(Domain::Site) };
        let bound = self.behind(&left, loss);
        let maybe =
            if unsure.is_empty() { None } else { self.behind(&[left.clone(), unsure].concat(), loss) };
        match (bound, maybe) {
            (Some(bound), _) => (fate, bound),
            (None, Some(_)) => unknown(format!("where the copies of `{}` lie (`backup.to`)", self.name)),
            (None, None) => self.gone(self.why_gone(loss)),
        }
    }

    fn gone(&self, why: String) -> (Fate, Bound) {
        let place =
            self.component.backup.as_ref().map_or(&self.component.meta.origin, |backup| &backup.meta.origin);
        (Fate::Gone, Bound::never(why).at(place, "no copy outlives it"))
    }

    fn why_gone(&self, loss: Loss) -> String {
        match loss {
            Loss::Undone => format!("no copy of `{}` is made by itself", self.name),
            Loss::Deleted => format!(
                "every copy of `{}` can be deleted by whoever holds the platform's credentials",
                self.name
            ),
            Loss::Domain(_) => format!("no copy of `{}` outlives it", self.name),
        }
    }

    /// How far the best of the copies is behind; none where nothing can be restored from them.
    fn behind(&self, copies: &[&Copy<'_>], loss: Loss) -> Option<Bound> {
        let base: Vec<&Copy<'_>> =
            copies.iter().copied().filter(|copy| copy.way != Way::Log && copy.way != Way::Archive).collect();
        // Increments alone bring nothing back.
        if base.iter().all(|copy| copy.way == Way::Incremental) {
            return None;
        }
        let points = self.between_points(&base);
        let joins = |log: &&Copy<'_>| self.can_replay() && reaches_back(log, &base);
        let log = copies.iter().copied().find(|copy| copy.way == Way::Log).filter(joins);
        Some(match log {
            Some(log) => self.by_log(log, loss).or_better(points),
            None if self.may_be_logged() => self.maybe_logged(points),
            None => points,
        })
    }

    /// A log helps only a product that can replay it; where the catalog does not know the product, the document is believed.
    fn can_replay(&self) -> bool {
        let known = self.component.product.get().and_then(|product| catalog::store(product));
        known.is_none_or(catalog::Store::can_pitr)
    }

    /// The provider archives the log of automated backups, which are on unless they were turned off.
    fn may_be_logged(&self) -> bool {
        let known = self.component.product.get().and_then(|product| catalog::store(product)?.log.as_ref());
        self.component.managed.is_some()
            && known.is_some_and(|log| log.on_by_default && log.managed_every_ms.is_some())
    }

    fn maybe_logged(&self, points: Bound) -> Bound {
        let missing = format!("whether the provider archives the log of `{}` too (`backup.log`)", self.name);
        Bound { places: points.places, because: points.because, ..Bound::unknown(missing) }
    }

    fn by_log(&self, log: &Copy<'_>, loss: Loss) -> Bound {
        let product = self.component.product.get().and_then(|product| catalog::store(product));
        let grain = product.and_then(|row| row.log.as_ref()).map(|log| log.granularity_ms);
        let place = log.origins.schedule.as_ref().unwrap_or(&log.origins.copy);
        if let (Loss::Undone, Some(grain)) = (loss, grain) {
            let why = format!("the log of `{}` is replayed to the moment before", self.name);
            return Bound::within(grain, grain).because(why).at(place, "archived here");
        }
        let managed = product
            .and_then(|row| row.log.as_ref()?.managed_every_ms)
            .filter(|_| self.component.managed.is_some());
        match log.every.map(sehat_platform::Duration::ms).or(managed) {
            // What is written right after an archive waits for the next one.
            Some(every) => Bound::within(every, every)
                .because(format!(
                    "the log of `{}` leaves it within {}",
                    self.name,
                    sehat_platform::Duration(every)
                ))
                .at(place, "archived here"),
            None => Bound::unknown(format!(
                "how often the log of `{}` is archived (`backup.log.every`)",
                self.name
            ))
            .at(place, "archived here"),
        }
    }

    /// The longest time between two points that can be restored, and the time until the later one is complete.
    fn between_points(&self, base: &[&Copy<'_>]) -> Bound {
        let schedules: Vec<&Cron> = base.iter().filter_map(|copy| copy.schedule).collect();
        let places = |bound: Bound| {
            base.iter().fold(bound, |bound, copy| {
                bound.at(
                    copy.origins.schedule.as_ref().unwrap_or(&copy.origins.copy),
                    format!("{} made here", copy.way.name()),
                )
            })
        };
        let Some(gap) = Cron::longest_gap(schedules.iter().copied()) else {
            return places(Bound::unknown(format!(
                "when copies of `{}` are made (`backup.full.schedule`)",
                self.name
            )));
        };
        let copying = self.copying_ms().unwrap_or(gap.ms()).min(gap.ms());
        let why =
            format!("between two copies of `{}` lie {gap}, and the later one must be complete", self.name);
        places(Bound::within(gap.ms(), gap.ms() + copying).because(why))
    }

    fn copying_ms(&self) -> Option<u64> {
        let bytes =
            self.component.storage.as_ref().and_then(|storage| storage.used.get().or(storage.size.get()))?;
        let tool = self.component.backup.as_ref()?.tool.get()?;
        let rate = catalog::rate(&format!("{tool}/backup"))?;
        bytes.0.checked_mul(1000)?.checked_div(rate.bytes_per_second_low)
    }
}

/// A log that is thrown away sooner than the next copy is made leaves a hole behind the copy before.
fn reaches_back(log: &Copy<'_>, base: &[&Copy<'_>]) -> bool {
    let gap = Cron::longest_gap(base.iter().filter_map(|copy| copy.schedule));
    log.keep.zip(gap).is_none_or(|(keep, gap)| keep >= gap)
}

/// Whether a copy outlives the loss of these places.
fn survives(copy: &Copy<'_>, lost: &BTreeSet<Spot>) -> Option<bool> {
    if copy.spots.is_empty() || lost.is_empty() {
        return None;
    }
    let apart = copy.spots.iter().map(|spot| {
        let answers: Vec<Option<bool>> = lost.iter().map(|lost| at_other_site(spot, lost)).collect();
        if answers.contains(&Some(false)) {
            Some(false)
        } else {
            answers.iter().copied().find(Option::is_none).unwrap_or(Some(true))
        }
    });
    let answers: Vec<Option<bool>> = apart.collect();
    if answers.contains(&Some(true)) { Some(true) } else { answers.contains(&Some(false)).then_some(false) }
}

/// An account is no place: another account at the same site burns down with it.
fn at_other_site(spot: &Spot, lost: &Spot) -> Option<bool> {
    let differs = |a: &Option<String>, b: &Option<String>| Some(a.as_ref()? != b.as_ref()?);
    differs(&spot.region, &lost.region)
        .filter(|differs| *differs)
        .or(differs(&spot.site, &lost.site))
        .or(differs(&spot.region, &lost.region))
}

fn unknown(missing: impl Into<String>) -> (Fate, Bound) {
    let missing = missing.into();
    (Fate::Unknown(missing.clone()), Bound::unknown(missing))
}
