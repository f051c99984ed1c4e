//! A promised number against what is predicted or measured.

use serde::{Deserialize, Serialize};

/// Whether a promise is kept. Unknown is never turned into one of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Kept,
    Broken,
    Unknown,
}

impl Verdict {
    /// Returns the verdict over several parts: broken if one is, else unknown if one is.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::Kept, |sum, part| match (sum, part) {
            (Self::Broken, _) | (_, Self::Broken) => Self::Broken,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            _ => Self::Kept,
        })
    }
}

/// Which side of a promised number is good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// Judges a predicted interval: kept or broken only where the whole interval agrees.
pub fn judge_interval(promised: Bound, low: f64, high: f64) -> Verdict {
    let (worst_kept, best_kept) = match promised {
        Bound::AtLeast(limit) => (low >= limit, high >= limit),
        Bound::AtMost(limit) => (high <= limit, low <= limit),
    };
    match (worst_kept, best_kept) {
        (true, true) => Verdict::Kept,
        (false, false) => Verdict::Broken,
        _ => Verdict::Unknown,
    }
}

/// One objective of one subject in one environment, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerdictEntry {
    pub root: String,
    pub environment: Option<String>,
    /// `availability`, `rpo`, `rto` ...
    pub objective: String,
    /// A journey, component or data class.
    pub subject: String,
    pub verdict: Verdict,
    /// As a person reads it: `>= 99.9% over 30d`.
    pub promised: Option<String>,
    pub predicted: Option<String>,
    pub because: Vec<String>,
    pub scenarios: Vec<ScenarioVerdict>,
}

/// One failure scenario behind a verdict, such as the loss of a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioVerdict {
    pub scenario: String,
    pub verdict: Verdict,
    pub predicted: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_interval_decides() {
        let promised = Bound::AtLeast(0.999);
        assert_eq!(judge_interval(promised, 0.9991, 0.9999), Verdict::Kept);
        assert_eq!(judge_interval(promised, 0.99, 0.998), Verdict::Broken);
        assert_eq!(judge_interval(promised, 0.99, 0.9999), Verdict::Unknown);
        assert_eq!(judge_interval(Bound::AtMost(5.0), 1.0, 6.0), Verdict::Unknown);
    }
}
