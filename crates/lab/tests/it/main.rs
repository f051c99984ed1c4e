//! The lab's decisions, without a machine.

mod blueprints;
mod filters;
mod plans;
mod supervision;
