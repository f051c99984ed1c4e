//! A time between two bounds, with its reasons.

use sehat_diagnostic::Origin;
use sehat_platform::Duration;
use serde::Serialize;

/// The worst that a disaster brings: at least `low_ms`, and at most what `most` says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bound {
    pub low_ms: u64,
    pub most: Most,
    /// What it follows from.
    pub because: Vec<String>,
    /// Catalog entries that are assumptions.
    pub assumed: Vec<String>,
    /// The entries of the document that it follows from, each with what stands there.
    #[serde(skip)]
    pub places: Vec<(Origin, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Most {
    Ms(u64),
    /// Says what must be stated.
    Unknown(String),
    /// Nothing ends it: everything is lost, or nothing brings it back.
    Never(String),
}

impl Bound {
    pub fn within(low_ms: u64, high_ms: u64) -> Self {
        Self { low_ms, most: Most::Ms(high_ms), because: Vec::new(), assumed: Vec::new(), places: Vec::new() }
    }

    pub fn none() -> Self {
        Self::within(0, 0)
    }

    pub fn unknown(missing: impl Into<String>) -> Self {
        Self { most: Most::Unknown(missing.into()), ..Self::none() }
    }

    pub fn never(why: impl Into<String>) -> Self {
        Self { most: Most::Never(why.into()), ..Self::none() }
    }

    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.because.push(reason.into());
        self
    }

    #[must_use]
    pub fn assuming(mut self, entry: impl Into<String>) -> Self {
        self.assumed.push(entry.into());
        self
    }

    #[must_use]
    pub fn at<'a>(mut self, origin: impl Into<Option<&'a Origin>>, label: impl Into<String>) -> Self {
        if let Some(origin) = origin.into() {
            self.places.push((origin.clone(), label.into()));
        }
        self
    }

    /// One after the other.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        let most = match (self.most.clone(), next.most.clone()) {
            (Most::Never(why), _) | (_, Most::Never(why)) => Most::Never(why),
            (Most::Unknown(why), _) | (_, Most::Unknown(why)) => Most::Unknown(why),
            (Most::Ms(a), Most::Ms(b)) => Most::Ms(a.saturating_add(b)),
        };
        Self { low_ms: self.low_ms.saturating_add(next.low_ms), most, ..self.with_reasons(next) }
    }

    /// The worse of two that may both happen.
    #[must_use]
    pub fn or_worse(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }

    /// The better of two that are both at hand.
    #[must_use]
    pub fn or_better(self, other: Self) -> Self {
        if other.rank() < self.rank() { other } else { self }
    }

    fn rank(&self) -> (u8, u64, u64) {
        match &self.most {
            Most::Ms(high) => (0, *high, self.low_ms),
            Most::Unknown(_) => (1, self.low_ms, 0),
            Most::Never(_) => (2, self.low_ms, 0),
        }
    }

    fn with_reasons(mut self, other: Self) -> Self {
        self.because.extend(other.because);
        self.assumed.extend(other.assumed);
        self.places.extend(other.places);
        self
    }

    /// Returns the bound as one reads it: `0s to 10s`, `at least 4h`, `everything`.
    pub fn shown(&self) -> String {
        let low = rounded(self.low_ms);
        match &self.most {
            Most::Ms(high) if rounded(*high) == low => low,
            Most::Ms(high) if self.low_ms == 0 => format!("at most {}", rounded(*high)),
            Most::Ms(high) => format!("{low} to {}", rounded(*high)),
            Most::Unknown(_) if self.low_ms == 0 => "unknown".to_owned(),
            Most::Unknown(_) => format!("at least {low}"),
            Most::Never(_) => "without end".to_owned(),
        }
    }
}

/// Longer times are shown without their seconds, and days without their minutes.
fn rounded(ms: u64) -> String {
    let unit = match ms {
        0..60_000 => 1,
        60_000..3_600_000 => 1_000,
        3_600_000..172_800_000 => 60_000,
        _ => 3_600_000,
    };
    Duration(ms.div_ceil(unit) * unit).to_string()
}
