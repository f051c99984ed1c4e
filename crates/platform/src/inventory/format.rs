//! What is wrong with the files themselves: fields that no schema has, versions that are not served.

use sehat_diagnostic::Origin;

/// One thing that the readers of a format would refuse or ignore.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub kind: FaultKind,
    /// The object: `Deployment clinic/patients`.
    pub subject: String,
    pub message: String,
    pub witness: String,
    pub repair: String,
    pub origin: Origin,
    /// It is refused, or it does otherwise than it says; else it is only ignored.
    pub grave: bool,
    /// It cannot be told from these files.
    pub unsure: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// A kind, field or value that the schema does not have: `manifest-schema-valid`.
    Schema,
    /// A version that is no longer served: `api-version-served`.
    Version,
    /// An argument that a module or provider does not take: `iac-arguments-valid`.
    Argument,
    /// A scalar that means something else than it shows: `scalar-means-what-it-shows`.
    Scalar,
}
