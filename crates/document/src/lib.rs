//! Our grammar: from a platform document to platforms, with all diagnostics at once.

mod decode;
mod encode;
mod grammar;
mod overlay;
mod read;
mod schema;
mod tree;
mod word;

pub use encode::write;
pub use read::{Document, read};
pub use schema::{reference, schema};
