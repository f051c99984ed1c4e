//! Configuration that workloads read: ConfigMaps, Secrets, and what makes them.

use std::collections::BTreeMap;

use super::{Object, Stated};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    pub maps: Vec<ConfigMap>,
    pub secrets: Vec<Secret>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigMap {
    pub object: Object,
    /// Its text by key; binary data is empty.
    pub data: BTreeMap<String, Stated<String>>,
}

/// A Secret, without its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Secret {
    pub object: Object,
    pub kind: Option<Stated<String>>,
    /// Key to whether something stands there, never what.
    pub keys: BTreeMap<String, Stated<bool>>,
    /// What writes it: an ExternalSecret, a SealedSecret, a Certificate, an operator. Absent for a Secret in a file.
    pub made_by: Option<super::ObjectId>,
    /// The maker may add keys that the files do not name.
    pub keys_open: bool,
}
