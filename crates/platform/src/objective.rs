//! Promised numbers.

use std::collections::BTreeMap;

use crate::{Duration, Fact, Meta, Name, Range, Rate, Share};

/// What the platform, a component or a journey promises. Each is absent where nothing is promised.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objectives {
    pub meta: Meta,
    pub availability: Option<Availability>,
    pub response_time: Option<ResponseTime>,
    pub throughput: Option<RateObjective>,
    pub error_rate: Option<ShareObjective>,
    pub rpo: Option<DurationObjective>,
    pub rto: Option<DurationObjective>,
    /// Outage of a journey that one failure may cause.
    pub failover: Option<DurationObjective>,
    pub latency: Option<DurationObjective>,
    pub backup_retention: Option<DurationObjective>,
    pub archive_retention: Option<DurationObjective>,
}

/// At least this share of the window without failed requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Availability {
    pub meta: Meta,
    pub at_least: Fact<Share>,
    pub window: Fact<Duration>,
}

/// At most this long until the answer, for each stated share of the requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseTime {
    pub meta: Meta,
    /// Where the source names no percentile.
    pub at_most: Fact<Duration>,
    pub p50: Fact<Duration>,
    pub p95: Fact<Duration>,
    pub p99: Fact<Duration>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct DurationObjective {
    pub meta: Meta,
    pub at_most: Fact<Duration>,
    /// Retentions promise a least time.
    pub at_least: Fact<Duration>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateObjective {
    pub meta: Meta,
    pub at_least: Fact<Rate>,
    pub at_most: Fact<Rate>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareObjective {
    pub meta: Meta,
    pub at_most: Fact<Share>,
}

/// A sentence of the source that promises a mechanism and no number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claim {
    pub meta: Meta,
    pub says: Fact<String>,
    /// The parts of the platform that the claim speaks of.
    pub about: Vec<Fact<Name>>,
    /// Figures that belong to the claim and to nothing else.
    pub figures: BTreeMap<Name, Fact<String>>,
    pub count: Fact<Range>,
}
