//! Volumes that outlive pods.

use super::{Object, Stated};
use crate::Bytes;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Storage {
    pub claims: Vec<VolumeClaim>,
    pub classes: Vec<StorageClass>,
    pub volumes: Vec<Object>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct VolumeClaim {
    pub object: Object,
    pub size: Option<Stated<Bytes>>,
    pub class: Option<Stated<String>>,
    /// `ReadWriteOnce`, `ReadWriteMany` ...
    pub access: Vec<Stated<String>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct StorageClass {
    pub object: Object,
    pub provisioner: Option<Stated<String>>,
    pub parameters: super::Labels,
    pub reclaim: Option<Stated<String>>,
    pub expands: bool,
    pub binding: Option<Stated<String>>,
    pub is_default: bool,
}
