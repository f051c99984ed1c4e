//! Classes of data and what is promised of them.

use crate::{Duration, Fact, Meta, Name};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataClass {
    pub meta: Meta,
    pub class: Fact<Class>,
    /// Kept at least this long.
    pub retain: Fact<Duration>,
    /// Deleted at the latest after this time.
    pub delete_after: Fact<Duration>,
    /// Where the data is kept for `retain` when its first store forgets it earlier.
    pub archive: Vec<Fact<Name>>,
    /// Countries in which every copy must lie.
    pub resident: Vec<Fact<String>>,
}

/// What the law distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Health data of identified persons: the medical record.
    Phi,
    /// Other data of identified persons.
    Personal,
    /// Claims, bills, payments.
    Billing,
    /// Who did what and when.
    Audit,
    /// Records that prove compliance.
    Compliance,
    /// Programs, settings, names.
    Operational,
    Public,
}
