//! What importers write into.

use sehat_diagnostic::Diagnostic;
use sehat_platform::inventory::format::Fault;
use sehat_platform::inventory::{Inventory, ObjectId};

#[derive(Debug, Default)]
pub struct Context {
    pub inventory: Inventory,
    pub diagnostics: Vec<Diagnostic>,
    /// Fields that an object lacks; another file may have them.
    pub missing: Vec<(ObjectId, Fault)>,
}
