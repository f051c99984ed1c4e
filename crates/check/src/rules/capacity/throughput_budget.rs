//! Proves that networks, machines and queues carry the load that is stated.
//!
//! Refilling a disk over the network that everything shares is computed; a bandwidth is held against the machine types that
//! are named, at what they carry all the time; and a rate of events against the queue that is the only thing named for them.
//!
//! Broken: a bandwidth above that of a named type. Unknown: a refill of hours, or events that nothing named can carry.
//!
//! Source: the catalog's `instance-type/` entries; Amazon SQS Developer Guide, quotas of FIFO queues.

mod prose;

pub use prose::types;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "throughput-budget";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Every hop carries the declared load.",
    severity: Severity::High,
    hygiene: false,
    source: "catalog instance-type entries; Amazon SQS Developer Guide, quotas",
    file: include_str!("throughput_budget.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    prose::judge(context).into()
}
