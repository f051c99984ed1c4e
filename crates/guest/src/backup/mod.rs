//! Saves a MariaDB server: full copies by schedule, and its log as it grows. Both are compressed and encrypted to a
//! public key on this machine and added to the vault; nothing here can open or change what lies there.

mod full;
mod log;
mod session;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};
use sehat_platform::Cron;
use serde::{Deserialize, Serialize};

use crate::{Failure, pipeline};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Backup {
    /// The machine's name at the vault.
    pub name: String,
    pub vault: VaultAddress,
    /// Public keys that copies are encrypted to.
    pub recipients_path: PathBuf,
    /// What was saved already, so that a restart goes on where it ended.
    pub state_dir: PathBuf,
    pub socket: PathBuf,
    pub user: String,
    pub data_dir: PathBuf,
    /// Path of the log's files without their numbers.
    pub binlog: PathBuf,
    pub schedules: Vec<Schedule>,
    pub log_every_ms: Option<u64>,
    pub address: IpAddr,
    pub galera: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    pub kind: String,
    pub schedule: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct VaultAddress {
    pub host: IpAddr,
    pub port: u16,
    pub user: String,
    pub key_path: PathBuf,
    pub known_hosts_path: PathBuf,
}

/// A file in the state's folder that asks for the log to be saved at once; it is gone when that is done.
pub const NOW: &str = "now";
const MINUTE: Duration = Duration::from_mins(1);

pub fn run(args: &[String]) -> Result<i32, Failure> {
    let config: Backup = crate::config(args)?;
    match args.first().map(String::as_str) {
        Some("run") => both(&config),
        Some("full") => full::make(&config, "full").map(|()| 0),
        Some("add") => add(&config, args),
        _ => Err(Failure::new("backup run, backup full, backup add KIND LABEL")),
    }
}

/// Adds what comes at standard input as it is: `add --config FILE KIND LABEL`.
fn add(config: &Backup, args: &[String]) -> Result<i32, Failure> {
    let [.., kind, label] = args else { return Err(Failure::new("the kind and the label are missing")) };
    let added = session::Session::open(&config.vault)?.put(kind, label, &mut std::io::stdin().lock())?;
    std::io::Write::write_fmt(&mut std::io::stdout().lock(), format_args!("{}\n", added.name))?;
    Ok(0)
}

/// What was saved is noted after the vault has it, so a signal may end this at any moment.
fn both(config: &Backup) -> Result<i32, Failure> {
    let schedules = config.schedules.iter().map(|one| {
        let cron: Cron =
            one.schedule.parse().map_err(|wrong| Failure::new(format!("a schedule is {wrong}")))?;
        Ok((one.kind.clone(), cron))
    });
    let schedules = schedules.collect::<Result<Vec<_>, Failure>>()?;
    let full = config.clone();
    std::thread::spawn(move || by_schedule(&full, &schedules));
    log::ship(config)
}

/// The first full copy is made at once, because without one no log can be replayed.
fn by_schedule(config: &Backup, schedules: &[(String, Cron)]) {
    let first = config.state_dir.join("first-full");
    if !schedules.is_empty() && !first.exists() && make_if_chosen(config, "full") {
        let _ = std::fs::write(&first, "");
    }
    let mut done = minute();
    loop {
        std::thread::sleep(MINUTE / 4);
        let now = minute();
        for at in done + 1..=now {
            for (kind, _) in schedules.iter().filter(|(_, cron)| cron.begins_in(at)) {
                make_if_chosen(config, kind);
            }
        }
        done = now;
    }
}

fn minute() -> u64 {
    crate::clock::unix_ms() / 60_000
}

/// One member of a group makes the copy. Returns whether there is nothing left to do.
fn make_if_chosen(config: &Backup, kind: &str) -> bool {
    let outcome = chosen(config).and_then(|chosen| if chosen { full::make(config, kind) } else { Ok(()) });
    if let Err(failure) = &outcome {
        say(&format!("no {kind} copy: {failure}"));
    }
    outcome.is_ok()
}

/// The last member by address: the balancers prefer the first ones. When it is away, the one before it is the last.
fn chosen(config: &Backup) -> Result<bool, Failure> {
    if !config.galera {
        return Ok(true);
    }
    let question = "SHOW GLOBAL STATUS LIKE 'wsrep_incoming_addresses'";
    let answer: Option<(String, String)> = connect(config)?.query_first(question)?;
    let members = answer.map(|(_, members)| members).unwrap_or_default();
    Ok(last_member(&members).is_none_or(|last| last == config.address))
}

fn last_member(members: &str) -> Option<IpAddr> {
    let address = |member: &str| {
        let member = member.trim();
        member.parse().ok().or_else(|| member.rsplit_once(':')?.0.parse().ok())
    };
    members.split(',').filter_map(address).max()
}

/// As the operating system's user that the server knows without a password.
fn connect(config: &Backup) -> Result<Conn, Failure> {
    let options = OptsBuilder::new()
        .socket(Some(config.socket.to_string_lossy()))
        .user(Some(&config.user))
        .read_timeout(Some(Duration::from_secs(10)));
    Ok(Conn::new(options)?)
}

/// Compression comes first, because nothing can be won after encryption.
fn sealed(config: &Backup) -> [Vec<String>; 2] {
    let recipients = config.recipients_path.to_string_lossy();
    [pipeline::words(&["zstd", "-q", "-c"]), pipeline::words(&["age", "-e", "-R", &recipients])]
}

fn say(text: &str) {
    // Standard error is the log.
    let _ = std::io::Write::write_fmt(&mut std::io::stderr().lock(), format_args!("{text}\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_member_by_address_makes_the_copy() {
        let last = |members| last_member(members).map(|address| address.to_string());
        assert_eq!(
            last("192.168.30.12:3306,192.168.30.13:0,192.168.30.9:3306").as_deref(),
            Some("192.168.30.13")
        );
        assert_eq!(last("AUTO"), None);
    }
}
