//! Changes that a program can make to mend a finding.

use sehat_diagnostic::Origin;
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub enum Fix {
    /// A new object, such as a policy or a disruption budget.
    Add(Value),
    /// Laid over an object as a strategic merge patch. `patch` holds what changes, without the object's head.
    Merge { api_version: String, kind: String, namespace: Option<String>, name: String, patch: Value },
    /// Other text in place of a range of a file; an empty range inserts.
    Replace { origin: Origin, with: String },
}
