//! Proves that the authority which is named can issue the certificates that are promised.
//!
//! A public authority certifies public names alone. Its HTTP challenge reaches one of several balancers, which must know the
//! answer whichever it is. A name with a wildcard needs a challenge by DNS, and every name a solver that is for it.
//! Judged are documents, and certificates of cert-manager, those that an Ingress asks for by annotation among them, whose
//! issuer is among the files.
//!
//! Unknown: end-to-end encryption between private addresses by a public authority, or several balancers and no word on the
//! challenge.
//!
//! Source: CA/Browser Forum Baseline Requirements; RFC 8555, 7.1.3, 8.3 and 8.4; cert-manager, ACME.

mod files;
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
    let mut findings = prose::judge(context);
    findings.extend(files::judge(context));
    findings.into()
}
