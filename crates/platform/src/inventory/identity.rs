//! Who may do what: service accounts, roles, bindings.

use sehat_diagnostic::Origin;

use super::{Object, ObjectId, Stated};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Identity {
    pub accounts: Vec<ServiceAccount>,
    pub roles: Vec<Role>,
    pub bindings: Vec<Binding>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceAccount {
    pub object: Object,
    pub mounts_token: Option<Stated<bool>>,
    pub pull_secrets: Vec<Stated<String>>,
}

/// A Role or a ClusterRole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Role {
    pub object: Object,
    pub rules: Vec<RoleRule>,
    pub aggregated: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoleRule {
    pub origin: Origin,
    pub groups: Vec<String>,
    pub resources: Vec<String>,
    pub verbs: Vec<String>,
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Binding {
    pub object: Object,
    pub role: Stated<ObjectId>,
    pub subjects: Vec<Stated<ObjectId>>,
}
