//! Redis, one server or the primary that its sentinels name.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use redis::{Connection, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo};

use super::{Patience, Session};
use crate::Failure;

/// A written number stays this long. It must outlast a drill, and end before a lab that runs for days fills its memory.
const KEPT_SECONDS: u64 = 24 * 60 * 60;
/// Numbers that are asked for in one command.
const BATCH: usize = 500;

pub fn open(address: SocketAddr, password: Option<&str>, patience: Patience) -> Result<Connection, Failure> {
    let mut settings = RedisConnectionInfo::default().set_skip_set_lib_name();
    if let Some(password) = password {
        settings = settings.set_password(password);
    }
    let place = ConnectionAddr::Tcp(address.ip().to_string(), address.port());
    let info = place.into_connection_info()?.set_redis_settings(settings);
    let connection = redis::Client::open(info)?.get_connection_with_timeout(patience.connect())?;
    connection.set_read_timeout(Some(patience.answer()))?;
    connection.set_write_timeout(Some(patience.answer()))?;
    Ok(connection)
}

/// Asks one sentinel after the other for the primary, and connects to the first one that says itself that it is one.
///
/// A sentinel that was cut off names the old primary for as long as it is cut off; the server's own word decides.
pub fn open_primary(
    sentinels: &[SocketAddr],
    primary: &str,
    (password, sentinel_password): (Option<&str>, Option<&str>),
    patience: Patience,
) -> Result<Connection, Failure> {
    let mut why = Failure::new(format!("no sentinel of `{primary}` is known"));
    for sentinel in sentinels {
        let named = named_by(*sentinel, primary, sentinel_password, patience);
        match named.and_then(|named| open_as_primary(named.address, password, patience)) {
            Ok(connection) => return Ok(connection),
            Err(failure) => why = failure.during(&format!("by the word of the sentinel {sentinel}")),
        }
    }
    Err(why)
}

fn open_as_primary(
    address: SocketAddr,
    password: Option<&str>,
    patience: Patience,
) -> Result<Connection, Failure> {
    let mut connection = open(address, password, patience)?;
    let role: Vec<redis::Value> = redis::cmd("ROLE").query(&mut connection)?;
    match role.first() {
        Some(redis::Value::BulkString(word)) if word == b"master" => Ok(connection),
        _ => Err(Failure::new(format!("{address} is no primary"))),
    }
}

/// What a sentinel says of the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// Grows with each failover, so the highest one is the newest word.
    pub epoch: u64,
    pub address: SocketAddr,
}

/// Returns the primary that one sentinel names.
pub fn named_by(
    sentinel: SocketAddr,
    primary: &str,
    password: Option<&str>,
    patience: Patience,
) -> Result<Named, Failure> {
    let mut connection = open(sentinel, password, patience)?;
    let facts: BTreeMap<String, String> =
        redis::cmd("SENTINEL").arg("master").arg(primary).query(&mut connection)?;
    named(&facts).ok_or_else(|| Failure::new(format!("it names no primary of `{primary}`")))
}

fn named(facts: &BTreeMap<String, String>) -> Option<Named> {
    let fact = |name: &str| facts.get(name).map(String::as_str);
    let address = SocketAddr::new(fact("ip")?.parse().ok()?, fact("port")?.parse().ok()?);
    Some(Named { epoch: fact("config-epoch")?.parse().ok()?, address })
}

impl Session for Connection {
    fn write(&mut self, writer: &str, number: u64) -> Result<(), Failure> {
        let written: u64 = {
            let mut commands = redis::pipe();
            commands.cmd("SET").arg(key(writer, number)).arg(number).arg("EX").arg(KEPT_SECONDS).ignore();
            commands.cmd("SET").arg(newest_key(writer)).arg(number).arg("EX").arg(KEPT_SECONDS).ignore();
            commands.cmd("GET").arg(key(writer, number));
            let (written,) = commands.query(self)?;
            written
        };
        if written == number {
            Ok(())
        } else {
            Err(Failure::new(format!("wrote {number} and read {written}")))
        }
    }

    fn newest(&mut self, writer: &str) -> Result<Option<u64>, Failure> {
        Ok(redis::cmd("GET").arg(newest_key(writer)).query(self)?)
    }

    fn absent(&mut self, writer: &str, numbers: &[u64]) -> Result<Vec<u64>, Failure> {
        let mut absent = Vec::new();
        for batch in numbers.chunks(BATCH) {
            let keys: Vec<String> = batch.iter().map(|number| key(writer, *number)).collect();
            let held: Vec<Option<u64>> = redis::cmd("MGET").arg(keys).query(self)?;
            absent
                .extend(batch.iter().zip(held).filter(|(_, held)| held.is_none()).map(|(number, _)| *number));
        }
        Ok(absent)
    }

    fn ping(&mut self) -> Result<(), Failure> {
        Ok(redis::cmd("PING").exec(self)?)
    }
}

fn key(writer: &str, number: u64) -> String {
    format!("ledger:{writer}:{number}")
}

fn newest_key(writer: &str) -> String {
    format!("ledger:{writer}:newest")
}
