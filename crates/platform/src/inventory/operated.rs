//! Databases, caches, queues and certificates that an operator makes from a resource of its own.

use sehat_diagnostic::Origin;

use super::{Labels, Object, ObjectId, Stated};
use crate::Bytes;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Operated {
    pub stores: Vec<Store>,
    /// Copies that are made again and again, or once.
    pub backups: Vec<Backup>,
    /// Where copies are written to, under a name of its own.
    pub targets: Vec<BackupTarget>,
    pub certificates: Vec<Certificate>,
    pub issuers: Vec<Issuer>,
    pub secret_stores: Vec<SecretStore>,
    pub applications: Vec<Application>,
    pub scalers: Vec<Scaler>,
}

/// A database, cache or queue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Store {
    pub object: Object,
    /// The catalog's name: `postgresql`.
    pub product: &'static str,
    /// As the image or the resource states it.
    pub version: Option<Stated<String>>,
    pub instances: Option<Stated<u32>>,
    pub size: Option<Stated<Bytes>>,
    /// Its files are kept at all; a cache may have none.
    pub persists: bool,
    /// What its own resource says of copies.
    pub backup: Option<StoreBackup>,
    pub tls: Option<Stated<bool>>,
    pub port: u16,
}

/// How a store copies itself, as its own resource has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoreBackup {
    pub origin: Origin,
    pub destination: Option<Destination>,
    /// The log is archived as it grows.
    pub archives_log: bool,
    /// As written: `30d`.
    pub retention: Option<Stated<String>>,
    pub schedule: Option<Stated<String>>,
}

/// Where copies lie.
#[derive(Clone, Debug, PartialEq)]
pub enum Destination {
    /// `s3://bucket/path`, or the bucket's name.
    Bucket(Stated<String>),
    /// A volume of the same cluster.
    Volume(Origin),
    /// A snapshot of the storage system.
    Snapshot(Origin),
    /// Another object says it.
    Named(ObjectId, Origin),
}

/// A copy of one store, of namespaces, or of a volume.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Backup {
    pub object: Object,
    pub of: Copied,
    /// Absent where it is made once.
    pub schedule: Option<Stated<String>>,
    pub suspended: bool,
    pub retention: Option<Stated<String>>,
    pub destination: Option<Destination>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Copied {
    #[default]
    Nothing,
    Store(ObjectId, Origin),
    /// A claim of a volume.
    Claim(ObjectId, Origin),
    /// Everything in these namespaces except those; an empty list means all.
    Namespaces {
        included: Vec<String>,
        excluded: Vec<String>,
        volumes: bool,
    },
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackupTarget {
    pub object: Object,
    pub bucket: Option<Stated<String>>,
    pub endpoint: Option<Stated<String>>,
    pub is_default: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Certificate {
    pub object: Object,
    pub names: Vec<Stated<String>>,
    pub addresses: Vec<Stated<String>>,
    pub issuer: Option<Stated<String>>,
    /// `Issuer`, `ClusterIssuer`, or another operator's.
    pub issuer_kind: String,
    /// Made from an annotation of this Ingress.
    pub for_ingress: bool,
    pub is_authority: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Issuer {
    pub object: Object,
    pub kind: IssuerKind,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum IssuerKind {
    Acme {
        server: Option<Stated<String>>,
        solvers: Vec<Solver>,
    },
    Authority,
    SelfSigned,
    Vault,
    #[default]
    Other,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Solver {
    pub origin: Origin,
    pub is_http: bool,
    pub is_dns: bool,
    /// Names and zones that it is for; all where both are empty.
    pub names: Vec<String>,
    pub zones: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct SecretStore {
    pub object: Object,
    /// `vault`, `aws` ...
    pub provider: Option<Stated<String>>,
    pub server: Option<Stated<String>>,
}

/// What Argo CD keeps in step with a repository.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Application {
    pub object: Object,
    pub project: Option<Stated<String>>,
    pub repository: Option<Stated<String>>,
    pub path: Option<Stated<String>>,
    pub revision: Option<Stated<String>>,
    pub server: Option<Stated<String>>,
    pub namespace: Option<Stated<String>>,
    pub is_automated: bool,
    pub prunes: bool,
    pub heals: bool,
    pub options: Vec<Stated<String>>,
}

/// KEDA's bounds for a workload.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scaler {
    pub object: Object,
    pub target: Option<Stated<String>>,
    pub target_kind: Option<Stated<String>>,
    pub min: Option<Stated<u32>>,
    pub max: Option<Stated<u32>>,
    pub triggers: Vec<Trigger>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trigger {
    pub origin: Origin,
    pub kind: Option<Stated<String>>,
    pub metadata: Labels,
}

impl Operated {
    /// Returns the store that an object makes.
    pub fn store(&self, id: &ObjectId) -> Option<&Store> {
        self.stores.iter().find(|store| store.object.id == *id)
    }
}
