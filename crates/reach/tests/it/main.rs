//! Which connections filters let through, and which entry is named for it.

mod laws;
mod stated;
mod world;
