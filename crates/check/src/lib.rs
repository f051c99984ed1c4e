//! One rule per file: analysis against promise.

mod cloud;
mod index;
mod load;
mod mesh;
mod pipelines;
mod promise;
mod prose;
mod recovery;
mod relabel;
mod report;
mod rule;
pub mod rules;
mod scripts;
mod why;

pub use index::Index;
pub use report::{Report, check};
pub use rule::{Context, Outcome, Rule, explanation};
pub use why::{Repair, Why, why};
