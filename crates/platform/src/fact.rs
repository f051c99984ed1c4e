//! A value together with why it is believed.

use sehat_diagnostic::Origin;

/// A fact and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact<T> {
    pub value: Known<T>,
    pub basis: Basis,
}

/// What is known of a fact. An unknown is never a default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<T> {
    Yes(T),
    No(WhyUnknown),
}

/// Why a value is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyUnknown {
    NotStated,
    /// Says what is missing.
    Missing(String),
}

/// Why a fact is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    Stated(Origin),
    /// The origins of the facts that it follows from.
    Derived(Vec<Origin>),
    /// The catalog's entry.
    Assumed(String),
    Unknown,
}

impl<T> Default for Fact<T> {
    fn default() -> Self {
        Self { value: Known::No(WhyUnknown::NotStated), basis: Basis::Unknown }
    }
}

impl<T> Fact<T> {
    pub fn stated(value: T, origin: Origin) -> Self {
        Self { value: Known::Yes(value), basis: Basis::Stated(origin) }
    }

    pub fn derived(value: T, from: impl IntoIterator<Item = Origin>) -> Self {
        Self { value: Known::Yes(value), basis: Basis::Derived(from.into_iter().collect()) }
    }

    pub fn assumed(value: T, catalog_entry: impl Into<String>) -> Self {
        Self { value: Known::Yes(value), basis: Basis::Assumed(catalog_entry.into()) }
    }

    /// Returns the value, or `None` where it is unknown.
    pub fn get(&self) -> Option<&T> {
        match &self.value {
            Known::Yes(value) => Some(value),
            Known::No(_) => None,
        }
    }

    pub fn is_stated(&self) -> bool {
        matches!(self.basis, Basis::Stated(_))
    }

    /// Returns the first place that the fact comes from.
    pub fn origin(&self) -> Option<&Origin> {
        match &self.basis {
            Basis::Stated(origin) => Some(origin),
            Basis::Derived(from) => from.first(),
            Basis::Assumed(_) | Basis::Unknown => None,
        }
    }

    /// Keeps a known fact, else takes the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self.get().is_some() { self } else { other }
    }
}

impl<T: Copy> Fact<T> {
    pub fn copied(&self) -> Option<T> {
        self.get().copied()
    }
}

/// What every entry of a document may carry beside its own keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    pub origin: Origin,
    /// Ids of the source's features that the entry expresses, `HIO-15`.
    pub features: Vec<Fact<String>>,
    /// Why the entry stands here although the source lacks it.
    pub added: Fact<String>,
    /// Which fault of the source the entry mends.
    pub repairs: Fact<String>,
    pub note: Fact<String>,
    /// Rules that are waived for this entry, with the reason.
    pub waive: std::collections::BTreeMap<String, Waive>,
}

/// A finding that the user accepts for a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waive {
    pub origin: Origin,
    pub reason: Fact<String>,
    /// `2027-01-31`; the waiver ends with that day.
    pub until: Fact<String>,
}
