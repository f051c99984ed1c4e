//! Resources that an operator turns into databases, caches, queues, certificates and secrets.

use super::Kind;

pub const KINDS: &[Kind] = &[];
