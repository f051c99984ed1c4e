//! What a user writes, and what the rules say of it.

mod availability;
mod changes;
mod compliance;
mod controls;
mod edit;
mod estate;
mod odd;
mod reachability;
mod recovery;
mod repairs;
mod rewrites;
mod scenarios;
mod sources;
mod support;
mod tree;
