//! How people are told, how they get in, and what they follow.

use std::collections::BTreeMap;

use crate::{Bytes, Cron, Duration, Fact, Meta, Name, Range, Share};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alerts {
    pub meta: Meta,
    pub by: Vec<Fact<Name>>,
    pub thresholds: BTreeMap<Name, Threshold>,
    pub channels: BTreeMap<Name, Channel>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Threshold {
    pub meta: Meta,
    /// A share, time, rate or bandwidth, as text that the unit decides.
    pub above: Fact<String>,
    pub below: Fact<String>,
    pub share: Fact<Share>,
    pub time: Fact<Duration>,
    pub hold: Fact<Duration>,
    pub severity: Fact<String>,
    pub of: Vec<Fact<Name>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Channel {
    pub meta: Meta,
    pub product: Fact<String>,
    pub severities: Vec<Fact<String>>,
    pub delivery: Fact<String>,
    pub schedule: Fact<Cron>,
    pub to: Fact<String>,
}

/// A way in for administrators, or an identity with rights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Access {
    pub meta: Meta,
    pub who: Fact<String>,
    pub through: Vec<Fact<Name>>,
    pub to: Vec<Fact<Name>>,
    pub rights: Vec<Fact<String>>,
    pub authentication: Fact<String>,
    pub refresh: Fact<bool>,
    pub logged: Fact<bool>,
    pub least_privilege: Fact<bool>,
}

/// A secret by reference, never by value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Secret {
    pub meta: Meta,
    pub from: Fact<Name>,
    pub reference: Fact<String>,
    pub keys: Vec<Fact<String>>,
    pub for_: Vec<Fact<Name>>,
    pub rotate: Fact<String>,
    pub audited: Fact<bool>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quota {
    pub meta: Meta,
    pub of: Fact<Name>,
    pub cpu: Fact<Range>,
    pub cpu_limit: Fact<Range>,
    pub memory: Fact<Bytes>,
    pub memory_limit: Fact<Bytes>,
    pub counts: BTreeMap<Name, Fact<Range>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delivery {
    pub meta: Meta,
    pub pipelines: BTreeMap<Name, Pipeline>,
    pub releases: BTreeMap<Name, Release>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pipeline {
    pub meta: Meta,
    pub product: Fact<String>,
    pub on: Vec<Fact<String>>,
    pub steps: Vec<Fact<String>>,
    pub to: Vec<Fact<Name>>,
}

/// How a new version reaches users.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Release {
    pub meta: Meta,
    pub strategy: Fact<String>,
    pub of: Vec<Fact<Name>>,
    pub share: Fact<Share>,
    pub surge: Fact<Range>,
    pub unavailable: Fact<Range>,
    pub validate: Fact<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runbook {
    pub meta: Meta,
    pub says: Fact<String>,
    pub steps: Vec<Fact<String>>,
    pub of: Vec<Fact<Name>>,
}
