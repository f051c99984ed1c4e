//! What a user writes, and what the rules say of it.

mod availability;
mod edits;
mod support;
