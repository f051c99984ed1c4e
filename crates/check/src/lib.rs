//! One rule per file: analysis against promise.

mod promise;
mod recovery;
mod report;
mod rule;
pub mod rules;

pub use report::{Report, check};
pub use rule::{Context, Outcome, Rule, explanation};
