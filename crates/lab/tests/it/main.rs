//! The lab's decisions, without a machine.

mod filters;
mod plans;
mod supervision;
