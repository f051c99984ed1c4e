//! Proves that a member which joins a cluster again does not stop the others.
//!
//! A state transfer by rsync or by a dump stops the writes of the member that gives it. In a cluster of three one joins, one
//! gives and one serves, so the loss of that one ends the quorum.
//!
//! Broken: `wsrep_sst_method` is `rsync` or `mysqldump` in a cluster of at most four members.
//!
//! Source: Galera Cluster documentation, State Snapshot Transfers: blocking and non-blocking methods.

mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "state-transfer-keeps-quorum";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "While a member joins again enough others still serve.",
    severity: Severity::High,
    hygiene: false,
    source: "Galera Cluster documentation: State Snapshot Transfers",
    file: include_str!("state_transfer_keeps_quorum.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    prose::judge(context).into()
}
