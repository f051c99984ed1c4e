//! What Sehat itself runs inside a lab machine: the labelled stand-in for a service, the journeys and ledgers that
//! measure a drill, the reachability prober, and small helpers beside the real servers.
//!
//! Each part is a hidden subcommand of the one binary, `sehat guest stand-in --config FILE`, because a lab machine
//! has a root file system of its own and one statically linked file is all that it needs.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

pub mod alerts;
pub mod ask;
pub mod backup;
pub mod binlog;
pub mod clock;
mod failure;
pub mod galera_start;
pub mod http;
pub mod journey;
pub mod ledger;
pub mod listen;
mod log;
mod pipeline;
mod pool;
pub mod probe;
pub mod redis_start;
pub mod restore;
mod signal;
pub mod stand_in;
pub mod store;
pub mod vault;
pub mod wsrep_health;

pub use failure::Failure;

/// Runs the hidden subcommand that `args` name (without the program's own name), and returns its exit code.
///
/// Returns nothing where `args` name none, so that the caller goes on with its own commands.
pub fn main_hidden(args: &[String]) -> Option<i32> {
    let (first, rest) = args.split_first()?;
    (first == "guest").then(|| exit_code(run(rest)))
}

fn exit_code(outcome: Result<i32, Failure>) -> i32 {
    outcome.unwrap_or_else(|failure| {
        // Standard error of a lab machine's process is its log; there is nothing left to do when that fails.
        let _ = writeln!(std::io::stderr().lock(), "sehat guest: {failure}");
        3
    })
}

fn run(args: &[String]) -> Result<i32, Failure> {
    let part = args.first().map_or("", String::as_str);
    match part {
        "stand-in" => stand_in::run(&config(args)?).map(|()| 0),
        "journey" => journey::run(&config(args)?).map(|()| 0),
        "ledger" => ledger::run(args.get(1).map_or("", String::as_str), &config(args)?),
        "probe" => probe::run(&config(args)?).map(|()| 0),
        "listen" => listen::run(&config(args)?).map(|()| 0),
        "ask" => ask::run(&args[1..]),
        "redis-start" => redis_start::run(&config(args)?).map(|()| 0),
        "alerts" => alerts::run(&config(args)?).map(|()| 0),
        "wsrep-health" => wsrep_health::run(&config(args)?).map(|()| 0),
        "vault" => vault::run(&args[1..]),
        "backup" => backup::run(&args[1..]),
        "restore" => restore::run(&args[1..]),
        "galera-start" => galera_start::run(&config(args)?).map(|()| 0),
        _ => Err(Failure::new(format!("`{part}` is no part of `sehat guest`"))),
    }
}

fn config<T: DeserializeOwned>(args: &[String]) -> Result<T, Failure> {
    let path = config_path(args)?;
    let text =
        std::fs::read_to_string(&path).map_err(|error| Failure::new(told(&path, "reading", &error)))?;
    serde_json::from_str(&text).map_err(|error| Failure::new(told(&path, "understanding", &error)))
}

fn config_path(args: &[String]) -> Result<PathBuf, Failure> {
    args.windows(2)
        .find(|pair| pair[0] == "--config")
        .map(|pair| PathBuf::from(&pair[1]))
        .ok_or_else(|| Failure::new("`--config FILE` is missing"))
}

fn told(path: &Path, doing: &str, error: &dyn std::error::Error) -> String {
    format!("{doing} {}: {error}", path.display())
}
