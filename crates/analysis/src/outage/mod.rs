//! Upper bounds of what a fault costs, derived from the mechanisms' own timers.

mod bound;
mod cut;
mod data;
mod detect;
mod takeover;
mod timers;

use std::collections::{BTreeMap, BTreeSet};

use sehat_platform::journey::Journey;
use sehat_platform::{Name, Platform};

use crate::path;
use bound::Bound;

/// What is broken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    KillInstance {
        instance: Name,
    },
    KillNode {
        node: Name,
    },
    /// The instance that takes the writes.
    KillLeader {
        component: Name,
    },
    /// Nothing passes between the segment and the others.
    CutSegment {
        segment: Name,
    },
    /// A statement that destroys data, copied to every member at once.
    DropTable {
        component: Name,
    },
}

/// How the outage is observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// An answer that takes longer is a failure.
    pub request_timeout_ms: u64,
    /// Time between the starts of two requests of a journey.
    pub spacing_ms: u64,
    /// How long the fault lasts until it is healed, where it is.
    pub held_ms: Option<u64>,
    /// Bytes that a restore has to move, where they differ from what the document states.
    pub restore_bytes: Option<u64>,
    /// Bytes of log since the newest full copy, all of which a restore replays; they grow until the next full copy.
    pub log_bytes: Option<u64>,
    /// Until somebody acts, where it differs from what the document states: a drill acts at once.
    pub reaction_ms: Option<u64>,
    /// The instance that takes a component's writes or holds its address, where that is known. The
    /// loss of another one then costs nothing that a takeover would.
    pub leaders: BTreeMap<Name, Name>,
}

impl Default for Observation {
    fn default() -> Self {
        Self {
            request_timeout_ms: 1_000,
            spacing_ms: 100,
            held_ms: None,
            restore_bytes: None,
            log_bytes: None,
            reaction_ms: None,
            leaders: BTreeMap::new(),
        }
    }
}

/// What a fault costs at most. An absent number is unknown, or without bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prediction {
    /// Longest sum of the intervals from a journey's first failed request to its next good one.
    pub outage_ms_max: Option<u64>,
    /// Longest time from the heal until everything is as before.
    pub recover_ms_max: Option<u64>,
    pub lost_writes_max: Option<u64>,
    /// Every timer that was used, with its value and where it comes from.
    pub because: Vec<String>,
    /// What must be stated for a number that is absent.
    pub missing: Vec<String>,
}

/// A host of two busy cores wakes processes late and starts them slowly; lab runs under load
/// stayed below this.
pub const MARGIN_MS: u64 = 1_000;

fn margin() -> Bound {
    Bound::of(MARGIN_MS, "margin for a busy host")
}

/// Returns the bounds over all journeys.
pub fn predict(platform: &Platform, fault: &Fault, observation: &Observation) -> Prediction {
    finish(platform, fault, observation, &over_all(platform, fault, observation))
}

/// Returns the longest outage over all journeys, and nothing else of the prediction.
pub fn longest_outage_ms(platform: &Platform, fault: &Fault, observation: &Observation) -> Option<u64> {
    over_all(platform, fault, observation).ms
}

/// Journeys that need the same have the same bound.
fn over_all(platform: &Platform, fault: &Fault, observation: &Observation) -> Bound {
    let needs: BTreeSet<BTreeSet<&Name>> =
        platform.journeys.values().map(|journey| path::required_names(platform, journey)).collect();
    let bounds = needs.iter().map(|required| bound(platform, required, fault, observation));
    bounds
        .reduce(Bound::or_longer)
        .unwrap_or_else(|| Bound::unknown("a journey, which says what available means"))
}

/// Returns the outage of one journey, and nothing else of the prediction.
pub fn outage_of(
    platform: &Platform,
    journey: &Journey,
    fault: &Fault,
    observation: &Observation,
) -> Prediction {
    let Bound { ms, because, missing } = journey_bound(platform, journey, fault, observation);
    Prediction { outage_ms_max: ms, because, missing, ..Prediction::default() }
}

/// Returns the bounds for one journey.
pub fn predict_journey(
    platform: &Platform,
    journey: &Journey,
    fault: &Fault,
    observation: &Observation,
) -> Prediction {
    finish(platform, fault, observation, &journey_bound(platform, journey, fault, observation))
}

fn finish(platform: &Platform, fault: &Fault, observation: &Observation, outage: &Bound) -> Prediction {
    let recover = data::recovery(platform, fault, observation);
    let lost = data::lost_writes(platform, fault);
    let parts = [outage, &recover, &lost];
    let join = |field: fn(&Bound) -> &Vec<String>| {
        let mut all: Vec<String> = Vec::new();
        for text in parts.iter().flat_map(|bound| field(bound)) {
            if !all.contains(text) {
                all.push(text.clone());
            }
        }
        all
    };
    Prediction {
        because: join(|bound| &bound.because),
        missing: join(|bound| &bound.missing),
        outage_ms_max: outage.ms,
        recover_ms_max: recover.ms,
        lost_writes_max: lost.ms,
    }
}

fn journey_bound(platform: &Platform, journey: &Journey, fault: &Fault, observation: &Observation) -> Bound {
    bound(platform, &path::required_names(platform, journey), fault, observation)
}

fn bound(platform: &Platform, required: &BTreeSet<&Name>, fault: &Fault, observation: &Observation) -> Bound {
    let pause = match fault {
        Fault::KillInstance { instance } => takeover::of_process(platform, required, instance, observation),
        Fault::KillLeader { component } => takeover::of_leader(platform, required, component, observation),
        Fault::KillNode { node } => takeover::of_node(platform, required, node, observation),
        Fault::CutSegment { segment } => cut::of_segment(platform, required, segment, observation),
        Fault::DropTable { component } => data::dropped(platform, required, component, observation),
    };
    pause.map_or_else(Bound::none, |pause| seen_by_client(pause, is_silent(fault), observation))
}

/// The next request is sent a spacing later. Where nothing refused the connections to what was
/// lost, requests on them hang past the pause, until their own timeout.
fn seen_by_client(pause: Bound, silent: bool, observation: &Observation) -> Bound {
    let hanging = if silent {
        Bound::of(observation.request_timeout_ms, "a request on a silent connection fails after")
    } else {
        Bound::none()
    };
    pause
        .then(hanging)
        .then(Bound::of(observation.spacing_ms, "the next request follows within"))
        .then(margin())
}

/// A dead process refuses at once, a lost machine and a cut line say nothing.
const fn is_silent(fault: &Fault) -> bool {
    matches!(fault, Fault::KillNode { .. } | Fault::CutSegment { .. })
}

#[cfg(test)]
mod tests;
