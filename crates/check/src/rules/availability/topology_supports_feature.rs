//! Proves that what is promised of a replicated product is something that its topology can do.
//!
//! A replica set does not shard, Galera and Proxmox VE have no primary member, and a Redis Cluster of three masters does
//! not survive the loss of one. The topology is told by the words around the product's name; what it has and lacks stands
//! in the catalog.
//!
//! Broken: a feature that the catalog says the topology lacks, or fewer members than survive a loss where high availability
//! is promised. Unknown: a role that is named for a member of a product without roles.
//!
//! Source: the products' manuals, as the catalog's `topology/` entries cite them.

mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "topology-supports-feature";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "The promised feature exists in the declared topology.",
    severity: Severity::Critical,
    hygiene: false,
    source: "catalog topology entries: manuals of MongoDB, Galera, Redis, Proxmox VE",
    file: include_str!("topology_supports_feature.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    prose::judge(context).into()
}
