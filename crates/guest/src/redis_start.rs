//! The start of one Redis server: the sentinels say whether it is the primary. A primary that was replaced while it was
//! away comes back as a replica, never as a second primary.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::store::{Patience, redis};

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

    /// Asks all sentinels at once, because some may be away too, and takes what most of them say.
    fn primary_now(&self) -> SocketAddr {
        let Some(name) = &self.primary else {
            return self.first_primary;
        };
        let patience = Patience { connect_ms: self.sentinel_ms_max, answer_ms: self.sentinel_ms_max };
        let password = self.sentinel_password.as_deref();
        let mut named = std::thread::scope(|scope| {
            let ask = |sentinel: &SocketAddr| {
                let sentinel = *sentinel;
                scope.spawn(move || redis::named_by(sentinel, name, password, patience).ok())
            };
            let asked: Vec<_> = self.sentinels.iter().map(ask).collect();
            asked.into_iter().filter_map(|thread| thread.join().ok().flatten()).collect::<Vec<_>>()
        });
        named.sort_unstable();
        let most = |address: &SocketAddr| named.iter().filter(|other| *other == address).count();
        named.iter().copied().max_by_key(most).unwrap_or(self.first_primary)
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
