//! What a user writes, and what the rules say of it.

mod availability;
mod changes;
mod edit;
mod rewrites;
mod scenarios;
mod support;
mod tree;
