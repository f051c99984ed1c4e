//! What is wrong with the files themselves: fields that no schema has, versions that are not served.

use sehat_diagnostic::Origin;

/// One thing that the readers of a format would refuse or ignore.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fault {
    pub kind: FaultKind,
    /// The object: `Deployment clinic/patients`.
    pub subject: String,
    /// Without the subject, so that the same fault of several objects has the same words.
    pub message: String,
    pub witness: String,
    pub repair: String,
    pub origin: Origin,
    /// It is refused, or it does otherwise than it says; else it is only ignored.
    pub grave: bool,
    /// It cannot be told from these files.
    pub unsure: bool,
    /// What to write in place of the text at the origin, where only a word changes.
    pub instead: Option<String>,
    /// The first release without it: the release that runs decides.
    pub release: Option<Release>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// A kind, field or value that the schema does not have: `manifest-schema-valid`.
    #[default]
    Schema,
    /// A field that still works and will not for ever: `manifest-schema-valid`.
    Deprecated,
    /// A version that is no longer served: `api-version-served`.
    Version,
    /// An argument that a module or provider does not take: `iac-arguments-valid`.
    Argument,
    /// A scalar that means something else than it shows: `scalar-means-what-it-shows`.
    Scalar,
}

/// A release of a product: `kubernetes` `1.25`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    pub product: String,
    pub version: String,
}

impl Fault {
    pub fn new(kind: FaultKind, subject: impl Into<String>, origin: &Origin) -> Self {
        Self { kind, subject: subject.into(), origin: origin.clone(), ..Self::default() }
    }

    #[must_use]
    pub fn says(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    #[must_use]
    pub fn witness(mut self, witness: impl Into<String>) -> Self {
        self.witness = witness.into();
        self
    }

    #[must_use]
    pub fn repair(mut self, repair: impl Into<String>) -> Self {
        self.repair = repair.into();
        self
    }

    /// Marks it as refused, or as doing otherwise than it says.
    #[must_use]
    pub fn grave(mut self) -> Self {
        self.grave = true;
        self
    }

    /// Gives the text that mends it.
    #[must_use]
    pub fn instead(mut self, text: Option<String>) -> Self {
        self.instead = text;
        self
    }
}
