//! Proves that what one part of a description states holds in the others.
//!
//! A range of CPUs is held against the machine types that are named; a gateway against the diagram; a front end of files
//! against the nodes that are to run it; a collector of logs against the one that is configured.
//!
//! Broken: two figures that contradict each other. Unknown: two parts of which one seems to be too many.
//!
//! Source: ISO/IEC/IEEE 42010:2022, correspondences in an architecture description.

mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "declared-range-consistent";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Figures and parts that are stated in one place hold in the others.",
    severity: Severity::Medium,
    hygiene: false,
    source: "ISO/IEC/IEEE 42010:2022 (consistency of an architecture description)",
    file: include_str!("declared_range_consistent.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    prose::judge(context).into()
}
