//! Restores a MariaDB server on a scratch machine, step by step; the command line tells which step comes next.

mod apply;
mod fetch;
mod find;
mod load;
mod opening;
mod server;
mod verify;

use std::io::Write;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Failure;

pub use apply::Apply;
pub use fetch::{Fetch, Fetched, FullCopy, Piece, Position};
pub use find::{Find, Found, Point};
pub use load::{Load, Loaded};
pub use verify::{Facts, Verify, Written};

/// Where a restore works on its machine, in the order of its parts: what was fetched, the server's data.
pub const FOLDER: &str = "/var/lib/restore";

/// `fetch` takes copies from standard input, `find` looks for the point in the fetched log, `apply` starts the server
/// and replays up to it, `verify` looks at the result, `load` restores a user's own file from standard input.
pub fn run(args: &[String]) -> Result<i32, Failure> {
    match args.first().map(String::as_str) {
        Some("clear") => clear(),
        Some("fetch") => print(&fetch::fetch(&crate::config(args)?)?),
        Some("find") => print(&find::find(&crate::config(args)?)?),
        Some("apply") => print(&apply::apply(&crate::config(args)?)?),
        Some("verify") => print(&verify::verify(&crate::config(args)?)?),
        Some("load") => print(&load::load(&crate::config(args)?)?),
        _ => Err(Failure::new("restore clear, fetch, find, apply, verify, load")),
    }
    .map(|()| 0)
}

/// Ends the server of an earlier restore and removes its files.
fn clear() -> Result<(), Failure> {
    server::kill()?;
    for part in ["full", "logs", "load"] {
        let _ = std::fs::remove_dir_all(std::path::Path::new(FOLDER).join(part));
    }
    Ok(())
}

fn print(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|error| Failure::new(error.to_string()))?;
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}

/// One part of a restore, and how long it took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub name: String,
    pub ms: u64,
}

/// Does a part and notes its time.
fn timed<T>(
    steps: &mut Vec<Step>,
    name: &str,
    part: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let start = std::time::Instant::now();
    let outcome = part().map_err(|failure| failure.during(name))?;
    let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    steps.push(Step { name: name.to_owned(), ms });
    Ok(outcome)
}

/// A fetched file of the log: `LOGS/<name>@<epoch>`.
fn log_path(folder: &std::path::Path, file: &str) -> PathBuf {
    folder.join("logs").join(file)
}
