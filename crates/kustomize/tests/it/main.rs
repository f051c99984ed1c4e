//! Trees as users write them, and the objects that come out.

mod corpora;
mod generators;
mod laws;
mod limits;
mod merging;
mod support;
mod transformations;
