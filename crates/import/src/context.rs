//! What importers write into.

use sehat_diagnostic::Diagnostic;
use sehat_platform::inventory::Inventory;

#[derive(Debug, Default)]
pub struct Context {
    pub inventory: Inventory,
    pub diagnostics: Vec<Diagnostic>,
}
