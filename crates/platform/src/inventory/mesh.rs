//! Meshes: routes between services, their policies, identities and encryption.

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mesh {}
