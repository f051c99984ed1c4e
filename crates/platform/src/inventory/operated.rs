//! Databases, caches, queues and certificates that an operator makes from a resource of its own.

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Operated {}
