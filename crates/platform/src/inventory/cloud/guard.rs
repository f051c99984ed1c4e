//! Keys, identities, logs, alarms, budgets.

use sehat_diagnostic::Origin;

use super::{Link, Resource};
use crate::inventory::Stated;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Key {
    pub resource: Resource,
    pub rotates: Option<Stated<bool>>,
    pub deletion_days: Option<Stated<u32>>,
}

/// A policy of an identity, or of a resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IdentityPolicy {
    pub resource: Resource,
    pub statements: Vec<Statement>,
    /// Policies of the provider that are attached: `AdministratorAccess`.
    pub attached: Vec<Stated<String>>,
    /// Says who may become a role, not what it may do.
    pub is_trust: bool,
    /// Long-lived keys of a user.
    pub has_access_key: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statement {
    pub origin: Origin,
    pub allows: bool,
    pub actions: Vec<String>,
    pub resources: Vec<String>,
    pub principals: Vec<String>,
    pub has_condition: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogGroup {
    pub resource: Resource,
    pub name: Option<Stated<String>>,
    /// 0 keeps them for ever.
    pub keep_days: Option<Stated<u32>>,
    pub key: Vec<Link>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trail {
    pub resource: Resource,
    pub bucket: Vec<Link>,
    pub validates: Option<Stated<bool>>,
    pub every_region: Option<Stated<bool>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alarm {
    pub resource: Resource,
    pub metric: Option<Stated<String>>,
    pub has_actions: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct WebAcl {
    pub resource: Resource,
    /// `REGIONAL` or `CLOUDFRONT`.
    pub scope: Option<Stated<String>>,
    pub protects: Vec<Link>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Budget {
    pub resource: Resource,
    pub monthly: Option<Stated<String>>,
}
