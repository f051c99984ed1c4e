//! Proves that a value means what a reader of the file sees.
//!
//! Kubernetes' tools read YAML 1.1: an unquoted `n` or `on` is a boolean, `0755` is the number 493, `1.10` is 1.1.
//! Where the schema asks for text the object is refused; where it asks for a mode, `644` without the leading zero is
//! another mode. What stands where a number or a boolean is expected means that, and is right.
//!
//! Source: YAML 1.1, Language-Independent Types; Kubernetes API reference.

use sehat_platform::inventory::format::FaultKind;
use sehat_verdict::Severity;

use super::faults::{Kinds, findings};
use crate::{Context, Outcome, Rule};

const NAME: &str = "scalar-means-what-it-shows";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Unquoted scalars are read as what they show.",
    severity: Severity::High,
    hygiene: false,
    source: "YAML 1.1, types bool, int and float; Kubernetes API reference",
    file: include_str!("scalar_means_what_it_shows.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    findings(NAME, context.inventory, KINDS).into()
}

const KINDS: Kinds = &[FaultKind::Scalar];
