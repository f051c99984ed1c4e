//! Proves that the authority which is named can issue the certificates that are promised.
//!
//! A public authority certifies public names alone. Its HTTP challenge reaches one of several balancers, which must know the
//! answer whichever it is.
//!
//! Unknown: end-to-end encryption between private addresses by a public authority, or several balancers and no word on the
//! challenge.
//!
//! Source: CA/Browser Forum Baseline Requirements; RFC 8555, 8.3 and 8.4.

mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "tls-issuable";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Each certificate can be issued and renewed by the chosen authority.",
    severity: Severity::High,
    hygiene: false,
    source: "CA/Browser Forum Baseline Requirements, 4.2.2 and 7.1; RFC 8555",
    file: include_str!("tls_issuable.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    prose::judge(context).into()
}
