//! The part over documents in words.

use sehat_platform::inventory::prose::Statement;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, first_of_kinds, has_unread_infrastructure, listed, promise};

const STORES: [&str; 6] = ["database", "object-store", "file-share", "block-store", "search", "cache"];

/// Sensitive data lies in stores, and nothing says that any is encrypted.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let is_claim = |line: &&Statement| line.says_any(&["hipaa", "gdpr", "lgpd", "uu-pdp"]);
    let is_security =
        |line: &&Statement| line.says_any(&["encryption", "in-transit", "tls"]) && !line.is_heading();
    let claim = prose.statements.iter().find(is_claim).or_else(|| prose.statements.iter().find(is_security));
    let stores = first_of_kinds(prose, &STORES);
    let is_bound = prose.says(&["health", "hipaa", "gdpr", "lgpd", "uu-pdp"]);
    let Some(claim) = claim.filter(|_| is_bound && !stores.is_empty()) else { return Vec::new() };
    if prose.says(&["at-rest"]) || prose.names(&["kms"]) || has_unread_infrastructure(context) {
        return Vec::new();
    }
    let names: Vec<String> = stores.iter().map(|store| called(prose, store)).take(6).collect();
    let mut finding = promise(context, NAME, Severity::High, "stores")
        .says(format!("nothing says that data is encrypted where it lies: {}", listed(&names)))
        .witness("disks, files and copies of these are plain unless somebody turns encryption on")
        .repair("state encryption and its key for each store and for the copies")
        .counts(stores.len())
        .at(&claim.origin, "protection is promised here");
    for store in stores.iter().take(4) {
        finding = finding.at(&store.origin, "plain by default");
    }
    vec![finding]
}
