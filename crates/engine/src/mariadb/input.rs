//! What a MariaDB server needs to know.

use std::net::Ipv4Addr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Name of the instance, `records-1`.
    pub name: String,
    pub address: Ipv4Addr,
    pub port: u16,
    pub health_port: u16,
    /// An answer of the health server takes no longer.
    pub health_ms_max: u64,
    pub ready_ms_max: u64,
    /// The same on all members, so that a transaction has one identity wherever its log is read.
    pub server_id: u32,
    pub sizes: Sizes,
    pub connections_max: u32,
    /// How long written logs stay on the server, for a restore to a moment.
    pub binlog_keep_ms: u64,
    /// Each commit reaches the disk before it is acknowledged. Without it a crash of the machine loses about a second.
    pub durable: bool,
    pub accounts: Vec<Account>,
    pub galera: Option<Galera>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    pub buffer_pool_bytes: u64,
    pub log_file_bytes: u64,
    /// Writes that a member keeps for others that come back.
    pub galera_cache_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub user: String,
    /// `%`, or a range such as `192.168.20.0/255.255.255.0`.
    pub host: String,
    pub password: String,
    pub rights: Rights,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Everything within one database.
    Application { database: String },
    /// Reads states and statistics.
    Monitoring,
    /// Copies the server's files and reads its log.
    Backup,
    /// Everything; for a scratch machine that a backup is restored on.
    Restore,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Galera {
    pub cluster: String,
    /// All members, this one too; the first one begins the cluster.
    pub members: Vec<Ipv4Addr>,
    pub evs: Evs,
    pub state_transfer: StateTransfer,
    /// Number of the cluster in the identity of its transactions.
    pub gtid_domain: u32,
    /// A member that gives another one its state goes on serving clients.
    pub accept_donor: bool,
    pub applier_threads: u32,
}

/// Timers of the group (Galera documentation, `evs.*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evs {
    pub keepalive_ms: u64,
    /// A member is suspected after this silence, and removed where all others agree.
    pub suspect_ms: u64,
    /// A member is removed after this silence in any case.
    pub inactive_ms: u64,
    pub inactive_check_ms: u64,
    pub install_ms: u64,
    pub join_retransmit_ms: u64,
}

/// How a member gets the whole data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateTransfer {
    /// The giving member accepts no writes meanwhile.
    Rsync,
    /// The giving member goes on; the account needs the rights of a backup.
    Mariabackup { user: String, password: String },
}
