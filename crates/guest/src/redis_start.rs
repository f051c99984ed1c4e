//! The start of one Redis server: the sentinels say whether it is the primary. A primary that was replaced while it was
//! away comes back as a replica, never as a second primary.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::store::redis::Named;
use crate::store::{Patience, redis};

/// Sentinels that start together with this server answer within a second.
const ATTEMPTS: usize = 5;
const ASK_EVERY: Duration = Duration::from_millis(200);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RedisStart {
    /// The server with its arguments.
    pub command: Vec<String>,
    pub address: SocketAddr,
    pub password: Option<String>,
    /// The primary where no sentinel names one.
    pub first_primary: SocketAddr,
    /// The sentinels' name for the primary.
    pub primary: Option<String>,
    pub sentinels: Vec<SocketAddr>,
    pub sentinel_password: Option<String>,
    pub sentinel_ms_max: u64,
}

/// Becomes the server; returns only where that failed.
pub fn run(config: &RedisStart) -> Result<(), Failure> {
    let primary = config.primary_now();
    let mut command = Command::new(&config.command[0]);
    command.args(&config.command[1..]);
    if primary != config.address {
        command.args(["--replicaof", &format!("{} {}", primary.ip(), primary.port())]);
    }
    Err(Failure::from(command.exec()))
}

impl RedisStart {
    pub fn local(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.address.port()))
    }

    /// Takes the newest word of the sentinels. The one on this machine may have come back with an old one, so it is not
    /// believed alone: a majority is waited for.
    fn primary_now(&self) -> SocketAddr {
        let Some(name) = &self.primary else {
            return self.first_primary;
        };
        let mut named = Vec::new();
        for attempt in 0..ATTEMPTS {
            named = self.ask_all(name);
            if named.len() > self.sentinels.len() / 2 {
                break;
            }
            if attempt + 1 < ATTEMPTS {
                thread::sleep(ASK_EVERY);
            }
        }
        named.into_iter().max().map_or(self.first_primary, |named| named.address)
    }

    /// Asks all sentinels at once, because some may be away.
    fn ask_all(&self, name: &str) -> Vec<Named> {
        let patience = Patience { connect_ms: self.sentinel_ms_max, answer_ms: self.sentinel_ms_max };
        let password = self.sentinel_password.as_deref();
        thread::scope(|scope| {
            let ask = |sentinel: &SocketAddr| {
                let sentinel = *sentinel;
                scope.spawn(move || redis::named_by(sentinel, name, password, patience).ok())
            };
            let asked: Vec<_> = self.sentinels.iter().map(ask).collect();
            asked.into_iter().filter_map(|thread| thread.join().ok().flatten()).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_answer_the_first_primary_counts() {
        let address = "10.0.0.2:6379".parse().unwrap();
        let first_primary = "10.0.0.1:6379".parse().unwrap();
        let config = RedisStart {
            command: vec!["redis-server".to_owned()],
            address,
            password: None,
            first_primary,
            primary: Some("sessions".to_owned()),
            sentinels: vec!["127.0.0.1:1".parse().unwrap()],
            sentinel_password: None,
            sentinel_ms_max: 50,
        };
        assert_eq!(config.primary_now(), first_primary);
    }
}
