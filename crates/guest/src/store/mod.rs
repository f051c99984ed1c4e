//! The stores that a stand-in and a ledger write to. Every write carries a number that is written once, so that it is
//! harmless when it arrives twice.

mod mariadb;
pub(crate) mod redis;

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Failure;

pub use mariadb::LEDGER_TABLE_SQL;

/// Where a store is and how it is spoken to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "product")]
pub enum Store {
    /// A database with the ledger table (`LEDGER_TABLE_SQL`) in it; the address may be that of a proxy.
    Mariadb { address: SocketAddr, user: String, password: String, database: String },
    /// One server that is always the primary.
    Redis { address: SocketAddr, password: Option<String> },
    /// A primary that the sentinels name.
    RedisSentinel {
        sentinels: Vec<SocketAddr>,
        primary: String,
        password: Option<String>,
        sentinel_password: Option<String>,
    },
}

/// How long a store may take to accept a connection, and for one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patience {
    pub connect_ms: u64,
    pub answer_ms: u64,
}

/// An open connection to a store. After an error it is not used again.
pub trait Session: Send {
    /// Writes the number and returns once the store has acknowledged it as written.
    fn write(&mut self, writer: &str, number: u64) -> Result<(), Failure>;
    /// Returns the newest number of the writer.
    fn newest(&mut self, writer: &str) -> Result<Option<u64>, Failure>;
    /// Returns those of the numbers that the store does not hold.
    fn absent(&mut self, writer: &str, numbers: &[u64]) -> Result<Vec<u64>, Failure>;
    fn ping(&mut self) -> Result<(), Failure>;
}

impl Store {
    pub fn open(&self, patience: Patience) -> Result<Box<dyn Session>, Failure> {
        match self {
            Self::Mariadb { address, user, password, database } => {
                mariadb::open(*address, user, password, database, patience).map(boxed)
            }
            Self::Redis { address, password } => {
                redis::open(*address, password.as_deref(), patience).map(boxed)
            }
            Self::RedisSentinel { sentinels, primary, password, sentinel_password } => {
                let passwords = (password.as_deref(), sentinel_password.as_deref());
                redis::open_primary(sentinels, primary, passwords, patience).map(boxed)
            }
        }
    }
}

impl Patience {
    pub fn connect(self) -> Duration {
        Duration::from_millis(self.connect_ms)
    }

    pub fn answer(self) -> Duration {
        Duration::from_millis(self.answer_ms)
    }
}

fn boxed(session: impl Session + 'static) -> Box<dyn Session> {
    Box::new(session)
}
