//! Which connections filters let through, and which entry is named for it.

mod cluster_laws;
mod laws;
mod naive;
mod stated;
mod world;
