//! Prediction, measurement, verdict, finding; and how a number is judged against a promise.

pub mod drill;
mod finding;
mod fix;
mod judge;

pub use finding::{Finding, Severity, State, Waiver};
pub use fix::Fix;
pub use judge::{Bound, ScenarioVerdict, Verdict, VerdictEntry, judge_interval};
