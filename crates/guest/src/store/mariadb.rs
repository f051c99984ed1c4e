//! MariaDB, through whatever front the address belongs to.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};

use super::{Patience, Session};
use crate::Failure;

/// The table that journeys and ledgers write to. It is made with the database and never again, so that a drill which
/// drops it is seen as one.
pub const LEDGER_TABLE_SQL: &str = "CREATE TABLE IF NOT EXISTS ledger (\
    writer VARCHAR(64) NOT NULL, \
    number BIGINT UNSIGNED NOT NULL, \
    written_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), \
    PRIMARY KEY (writer, number)) ENGINE=InnoDB";

pub fn open(
    address: SocketAddr,
    user: &str,
    password: &str,
    database: &str,
    patience: Patience,
) -> Result<Conn, Failure> {
    let options = OptsBuilder::new()
        .ip_or_hostname(Some(address.ip().to_string()))
        .tcp_port(address.port())
        .user(Some(user))
        .pass(Some(password))
        .db_name(Some(database))
        // The front may lie on another machine than the server, so a socket file is never tried.
        .prefer_socket(false)
        .tcp_connect_timeout(Some(patience.connect()))
        .read_timeout(Some(patience.answer()))
        .write_timeout(Some(patience.answer()));
    Ok(Conn::new(options)?)
}

impl Session for Conn {
    fn write(&mut self, writer: &str, number: u64) -> Result<(), Failure> {
        let statement =
            "INSERT INTO ledger (writer, number) VALUES (?, ?) ON DUPLICATE KEY UPDATE number = number";
        Ok(self.exec_drop(statement, (writer, number))?)
    }

    fn newest(&mut self, writer: &str) -> Result<Option<u64>, Failure> {
        let statement = "SELECT number FROM ledger WHERE writer = ? ORDER BY number DESC LIMIT 1";
        Ok(self.exec_first(statement, (writer,))?)
    }

    fn absent(&mut self, writer: &str, numbers: &[u64]) -> Result<Vec<u64>, Failure> {
        let rows = self.exec_iter("SELECT number FROM ledger WHERE writer = ?", (writer,))?;
        let mut held = BTreeSet::new();
        for row in rows {
            held.insert(mysql::from_row::<u64>(row?));
        }
        Ok(numbers.iter().copied().filter(|number| !held.contains(number)).collect())
    }

    fn ping(&mut self) -> Result<(), Failure> {
        Ok(self.query_drop("SELECT 1")?)
    }
}
