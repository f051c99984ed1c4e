//! Proves that what one place promises to keep is not deleted earlier in another.
//!
//! An archive of years needs something that keeps copies for years; audit data that is promised for years must not lie in a
//! log store that keeps a month; and dead letters of a standard queue live on the clock of the queue that they came from.
//!
//! Broken: a source queue whose retention is the longest that there is, together with its dead letters. Unknown: an archive
//! or audit data of which nothing says what keeps it.
//!
//! Source: Amazon SQS Developer Guide, dead-letter queues; Amazon RDS User Guide, backup retention; ISO 27001:2022 A.5.33.

mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "retention-consistent";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "All stores of one class of data keep it as long as promised.",
    severity: Severity::High,
    hygiene: false,
    source: "ISO 27001:2022, A.5.33 and A.8.10; Amazon SQS and RDS guides",
    file: include_str!("retention_consistent.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    prose::judge(context).into()
}
