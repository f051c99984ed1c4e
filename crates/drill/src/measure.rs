//! From what was observed to the numbers of a drill.

use std::collections::BTreeMap;

use sehat_platform::Name;
use sehat_verdict::drill::{Lane, Timeline};

use crate::outage::{self, to_ms};
use crate::{Alert, LedgerEnd, Moment, Outage, Sample, data_lost_ms, ledger, lost_entries};

/// Everything that was noted from the first to the last moment of a drill.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    pub start_ns: u64,
    pub end_ns: u64,
    pub fault: Option<Moment>,
    pub heal_ns: Option<u64>,
    /// When every part was ready again, and stayed so.
    pub ready_ns: Option<u64>,
    pub journeys: Vec<(Name, Vec<Sample>)>,
    pub ledgers: Vec<LedgerEnd>,
    pub alerts: Vec<Alert>,
}

/// The numbers of one run. What was not measured is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// By journey.
    pub outages: BTreeMap<Name, Outage>,
    pub requests: u64,
    pub errors: u64,
    pub acknowledged: Option<u64>,
    pub lost: Option<u64>,
    /// By store.
    pub stores: BTreeMap<Name, Kept>,
    pub detect_ms: Option<u64>,
    pub alert_ms: Option<u64>,
    /// From the fault until every part was ready and every journey went well.
    pub recover_ms: Option<u64>,
    pub timeline: Timeline,
}

/// What a store kept of the writes that it had acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub acknowledged: u64,
    /// Absent, as is the next one, where the store could not be asked afterwards.
    pub lost: Option<u64>,
    /// From the oldest lost write to the fault.
    pub lost_ms: Option<u64>,
}

impl Measured {
    /// Returns the journey with the longest outage.
    pub fn worst(&self) -> Option<(&Name, &Outage)> {
        // The first of equals, so that the same measurement names the same journey.
        self.outages.iter().rev().max_by_key(|(_, outage)| (outage.open, outage.total_ms))
    }

    pub fn outage_ms(&self) -> Option<u64> {
        self.worst().map(|(_, outage)| outage.total_ms)
    }
}

pub fn measure(observed: &Observed) -> Measured {
    let fault_ns = observed.fault.map(|fault| fault.monotonic_ns);
    let outages: BTreeMap<Name, Outage> = observed
        .journeys
        .iter()
        .map(|(name, samples)| (name.clone(), outage::outage(samples, observed.end_ns)))
        .collect();
    let recovered_ns = recovered_ns(observed, &outages);
    let alert = first_alert(observed);
    let since_fault = |ns: u64| fault_ns.map(|fault| to_ms(ns.saturating_sub(fault)));
    let ledgers = (!observed.ledgers.is_empty()).then_some(&observed.ledgers);
    Measured {
        requests: outages.values().map(|outage| outage.requests).sum(),
        errors: outages.values().map(|outage| outage.errors).sum(),
        acknowledged: ledgers.map(|ledgers| ledgers.iter().map(acknowledged).sum()),
        lost: ledgers
            .and_then(|ledgers| ledgers.iter().map(|end| Some(lost_entries(end)?.len() as u64)).sum()),
        stores: observed.ledgers.iter().map(|end| (end.component.clone(), kept(end, fault_ns))).collect(),
        detect_ms: detect_ms(observed),
        alert_ms: alert.and_then(|alert| since_fault(alert.arrived_ns)),
        recover_ms: recovered_ns.and_then(since_fault),
        timeline: timeline(observed, recovered_ns, alert),
        outages,
    }
}

fn kept(ledger: &LedgerEnd, fault_ns: Option<u64>) -> Kept {
    Kept {
        acknowledged: acknowledged(ledger),
        lost: lost_entries(ledger).map(|lost| lost.len() as u64),
        lost_ms: data_lost_ms(ledger, fault_ns),
    }
}

fn acknowledged(ledger: &LedgerEnd) -> u64 {
    ledger.entries.iter().filter(|entry| entry.acknowledged).count() as u64
}

/// An outage that is still open is no recovery, whatever the parts say of themselves.
fn recovered_ns(observed: &Observed, outages: &BTreeMap<Name, Outage>) -> Option<u64> {
    let last =
        outages.values().map(|outage| if outage.open { None } else { Some(outage.ended_ns.unwrap_or(0)) });
    let journeys = last.collect::<Option<Vec<u64>>>()?.into_iter().max().unwrap_or(0);
    observed.ready_ns.map(|ready| ready.max(journeys))
}

/// Only an alert that began after the fault tells of it.
fn caused(observed: &Observed) -> impl Iterator<Item = &Alert> {
    let fault = observed.fault.unwrap_or_default();
    let is_caused = move |alert: &&Alert| {
        alert.started_realtime_ns >= fault.realtime_ns && alert.arrived_ns >= fault.monotonic_ns
    };
    observed.alerts.iter().filter(move |alert| observed.fault.is_some() && is_caused(alert))
}

fn first_alert(observed: &Observed) -> Option<&Alert> {
    caused(observed).min_by_key(|alert| alert.arrived_ns)
}

fn detect_ms(observed: &Observed) -> Option<u64> {
    let fault = observed.fault?;
    let noticed = caused(observed).map(|alert| alert.started_realtime_ns).min()?;
    Some(to_ms(noticed.saturating_sub(fault.realtime_ns)))
}

fn timeline(observed: &Observed, recovered_ns: Option<u64>, alert: Option<&Alert>) -> Timeline {
    let since = |ns: u64| to_ms(ns.saturating_sub(observed.start_ns));
    let journeys = observed
        .journeys
        .iter()
        .map(|(name, samples)| outage::lane(name, samples, observed.start_ns, observed.end_ns));
    let writers = observed.ledgers.iter().map(|end| ledger::lane(end, observed.start_ns, observed.end_ns));
    Timeline {
        end_ms: since(observed.end_ns),
        fault_ms: observed.fault.map(|fault| since(fault.monotonic_ns)),
        heal_ms: observed.heal_ns.map(since),
        alert_ms: alert.map(|alert| since(alert.arrived_ns)),
        recovered_ms: recovered_ns.map(since),
        lanes: journeys.chain(writers).filter(|lane: &Lane| !lane.spans.is_empty()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn request(start_ms: u64, good: bool) -> Sample {
        Sample { start_ns: start_ms * MS, end_ns: (start_ms + 5) * MS, good }
    }

    fn alert(arrived_ms: u64, started_ms: u64) -> Alert {
        Alert {
            name: "InstanceDown".into(),
            arrived_ns: arrived_ms * MS,
            started_realtime_ns: (1_000_000 + started_ms) * MS,
        }
    }

    fn leader_killed() -> Observed {
        let requests =
            |down: std::ops::Range<u64>| (0..100).map(|i| request(i * 100, !down.contains(&i))).collect();
        Observed {
            start_ns: 0,
            end_ns: 10_000 * MS,
            fault: Some(Moment { monotonic_ns: 2_950 * MS, realtime_ns: 1_002_950 * MS }),
            heal_ns: Some(7_000 * MS),
            ready_ns: Some(8_000 * MS),
            journeys: vec![("book-visit".into(), requests(30..52)), ("view-record".into(), requests(30..40))],
            ledgers: Vec::new(),
            alerts: vec![alert(2_000, 1_500), alert(3_500, 2_000), alert(7_450, 5_950)],
        }
    }

    #[test]
    fn the_worst_journey_gives_the_outage() {
        let measured = measure(&leader_killed());
        assert_eq!(
            measured.worst().map(|(name, outage)| (name.as_str(), outage.total_ms)),
            Some(("book-visit", 2_200))
        );
        assert_eq!((measured.requests, measured.errors), (200, 32));
    }

    #[test]
    fn only_an_alert_that_began_after_the_fault_counts() {
        let measured = measure(&leader_killed());
        assert_eq!((measured.detect_ms, measured.alert_ms), (Some(3_000), Some(4_500)));
    }

    #[test]
    fn recovery_waits_for_parts_and_journeys() {
        assert_eq!(measure(&leader_killed()).recover_ms, Some(5_050));
        let slower = Observed { ready_ns: Some(4_000 * MS), ..leader_killed() };
        assert_eq!(measure(&slower).recover_ms, Some(2_250));
        let never = Observed { ready_ns: None, ..leader_killed() };
        assert_eq!(measure(&never).recover_ms, None);
    }

    #[test]
    fn what_was_not_written_is_not_measured() {
        let measured = measure(&leader_killed());
        assert_eq!((measured.acknowledged, measured.lost), (None, None));
    }
}
