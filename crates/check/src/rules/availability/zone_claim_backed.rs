//! Proves that a promise of several zones, or of zero trust, has something behind it.
//!
//! Several zones are promised: then zones are named or counted somewhere. Zero trust is promised: then something gives each
//! service an identity that the next one checks (mutual TLS, a mesh, workload identities). A managed product that brings its
//! own second zone needs no other.
//!
//! Unknown: a promise behind which nothing of that kind is stated; broken where the input claims to be whole.
//!
//! Source: NIST SP 800-207; AWS Well-Architected Framework, reliability pillar, REL10.

mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "zone-claim-backed";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Claims of several zones and of zero trust are backed by zones and identities.",
    severity: Severity::High,
    hygiene: false,
    source: "NIST SP 800-207 (zero trust); AWS Well-Architected Framework, reliability",
    file: include_str!("zone_claim_backed.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    prose::judge(context).into()
}
