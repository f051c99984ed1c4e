//! Proves that what travels between services, and from users to them, is encrypted and authenticated.
//!
//! A mesh encrypts by itself and still accepts plaintext unless a `PeerAuthentication` asks for `STRICT`: of the whole
//! mesh in `istio-system`, of a namespace, or of some pods. A destination rule that turns TLS off, or speaks another
//! kind of TLS, to pods that are strict is refused by them. A gateway that takes plain HTTP without redirecting it
//! carries passwords in the open. So do a balancer's listener, a database and a cache of a provider: each is plain
//! unless it is told otherwise.
//!
//! Broken: what is stated as plaintext. Unknown: a mesh of which no file states how strict it is, because its own
//! default is permissive and the policy may lie elsewhere.
//!
//! Source: Istio, reference of `PeerAuthentication` and `ClientTLSSettings`; 45 CFR 164.312(e)(1).

mod cloud;
mod mesh;
mod prose;

use crate::{Context, Outcome, Rule};
use sehat_verdict::{Finding, Severity};

const NAME: &str = "transit-encrypted";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Each hop that carries data of persons is encrypted and authenticated.",
    severity: Severity::High,
    hygiene: false,
    source: "45 CFR 164.312(e)(1); Istio, reference of PeerAuthentication",
    file: include_str!("transit_encrypted.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

fn judge(context: &Context<'_>) -> Outcome {
    let mut findings: Vec<Finding> = mesh::judge(context);
    findings.extend(cloud::judge(context));
    findings.into()
}
