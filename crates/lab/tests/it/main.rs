//! The lab's decisions, without a machine.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod blueprints;
mod filters;
mod plans;
mod supervision;
