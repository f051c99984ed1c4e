//! A time that is not exceeded, with the reasons.

/// An upper bound; without a number it is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    pub ms: Option<u64>,
    pub because: Vec<String>,
    pub missing: Vec<String>,
}

impl Bound {
    pub fn none() -> Self {
        Self { ms: Some(0), ..Self::default() }
    }

    pub fn of(ms: u64, what: &str) -> Self {
        Self { ms: Some(ms), because: vec![format!("{what} {ms} ms")], missing: Vec::new() }
    }

    pub fn because(ms: u64, reason: impl Into<String>) -> Self {
        Self { ms: Some(ms), because: vec![reason.into()], missing: Vec::new() }
    }

    pub fn unknown(missing: impl Into<String>) -> Self {
        Self { ms: None, because: Vec::new(), missing: vec![missing.into()] }
    }

    /// One after the other.
    pub fn then(self, other: Self) -> Self {
        let ms = self.ms.zip(other.ms).map(|(a, b)| a.saturating_add(b));
        Self { ms, ..self.with_reasons(other) }
    }

    /// Side by side: the longer counts.
    pub fn or_longer(self, other: Self) -> Self {
        let ms = self.ms.zip(other.ms).map(|(a, b)| a.max(b));
        Self { ms, ..self.with_reasons(other) }
    }

    /// Two ways at once: the shorter counts.
    pub fn or_shorter(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if self.ms.is_none_or(|ms| other.ms.is_some_and(|other| other < ms)) => other,
            _ => self,
        }
    }

    fn with_reasons(mut self, other: Self) -> Self {
        let new = |list: &mut Vec<String>, more: Vec<String>| {
            for text in more {
                if !list.contains(&text) {
                    list.push(text);
                }
            }
        };
        new(&mut self.because, other.because);
        new(&mut self.missing, other.missing);
        self
    }
}
