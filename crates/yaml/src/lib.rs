//! YAML and JSON as a tree in which every value knows its place. Knows no format that is written in them.

mod emit;
mod node;
mod plain;
mod read;
mod simple;

pub use emit::{emit, emit_sorted, inline};
pub use node::{Key, Node, Scalar, Value, size};
pub use plain::Plain;
pub use read::{Options, read, read_any, read_one};
