//! Resources that an operator turns into databases, caches, queues, certificates and secrets.

mod application;
mod backup;
mod certificate;
mod made;
mod postgres;
mod secret;
mod store;
mod watcher;

use super::Kind;

pub const FAMILIES: [&[Kind]; 7] = [
    postgres::KINDS,
    store::KINDS,
    backup::KINDS,
    certificate::KINDS,
    secret::KINDS,
    application::KINDS,
    watcher::KINDS,
];

pub use certificate::from_ingresses;
