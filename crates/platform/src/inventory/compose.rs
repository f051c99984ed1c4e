//! Services that Compose runs on one machine.

use std::collections::BTreeSet;

use sehat_diagnostic::Origin;

use super::{Labels, Stated};

/// One file. Files of the same folder may be laid over each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComposeFile {
    pub origin: Origin,
    pub services: Vec<ComposeService>,
    pub volumes: BTreeSet<String>,
    pub networks: BTreeSet<String>,
    pub secrets: BTreeSet<String>,
    pub configs: BTreeSet<String>,
    /// It takes in other files.
    pub includes: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComposeService {
    pub name: Stated<String>,
    pub image: Option<Stated<String>>,
    /// It is built from a folder, whatever the image is called.
    pub is_built: bool,
    /// It takes its settings from another service.
    pub extends: bool,
    pub ports: Vec<ComposePort>,
    pub mounts: Vec<ComposeMount>,
    pub environment: Labels,
    pub has_check: bool,
    pub needs: Vec<ComposeNeed>,
    pub networks: Vec<Stated<String>>,
    pub secrets: Vec<Stated<String>>,
    pub configs: Vec<Stated<String>>,
    pub restart: Option<Stated<String>>,
    pub replicas: Option<Stated<u32>>,
    pub privileged: Option<Stated<bool>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComposePort {
    pub origin: Origin,
    /// Of the machine's addresses, where it is bound to one.
    pub address: Option<String>,
    pub published: Option<String>,
    pub target: u16,
}

impl ComposePort {
    /// Returns whether only the machine itself can use it.
    pub fn is_local(&self) -> bool {
        self.address
            .as_deref()
            .is_some_and(|address| address.starts_with("127.") || address == "::1" || address == "localhost")
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComposeMount {
    pub origin: Origin,
    /// A named volume or a path; nothing for a volume without a name.
    pub source: Option<String>,
    pub target: String,
}

impl ComposeMount {
    /// Returns the named volume that it needs.
    pub fn volume(&self) -> Option<&str> {
        let source = self.source.as_deref()?;
        let is_path = source.starts_with(['.', '/', '~', '$']) || source.contains('\\');
        (!is_path).then_some(source)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComposeNeed {
    pub service: Stated<String>,
    /// `service_started`, `service_healthy`, `service_completed_successfully`.
    pub condition: Option<Stated<String>>,
    pub required: bool,
}
