//! Proves that every object is one that its API server takes as it stands: group, kind, fields and values are in the
//! schema, and annotations are known to the controller that reads them.
//!
//! Objects of Kubernetes and of the operators that the catalog holds schemas of are held against the newest release.
//! A field that no release has is refused by a strict apply and dropped by any other client, so what it asks for never
//! happens. An annotation that its controller does not know is ignored without a word. The same fault of several
//! objects is one finding, and so are several faults of one object.
//!
//! Not judged: kinds of which the catalog holds no schema, and values that a template fills in (`${...}`). A field that
//! an object lacks is not told where another file has an object of the same kind and name, which may be its base.
//!
//! Source: Kubernetes API reference, Server Side Field Validation; the custom resource definitions of each operator.

use sehat_platform::inventory::format::FaultKind;
use sehat_verdict::Severity;

use super::faults::{Kinds, findings};
use crate::{Context, Outcome, Rule};

const NAME: &str = "manifest-schema-valid";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Group, version, kind and fields exist in the served schema; annotations are known to their controller.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes API reference; custom resource definitions of the operators",
    file: include_str!("manifest_schema_valid.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    findings(NAME, context.inventory, KINDS).into()
}

const KINDS: Kinds = &[FaultKind::Schema, FaultKind::Deprecated];
