//! The server of a scratch machine: reached by nobody but this machine, and without a log of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::Failure;

pub const SOCKET: &str = "/run/restore/mysqld.sock";
const RUN_DIR: &str = "/run/restore";
const PID_FILE: &str = "/run/restore/mysqld.pid";
const ERRORS: &str = "/run/restore/mysqld.err";
/// A large log is recovered before the server answers.
const START_LIMIT: Duration = Duration::from_mins(30);
const STOP_LIMIT: Duration = Duration::from_mins(5);
const POLL: Duration = Duration::from_millis(50);

/// Settings that a data directory cannot be read without, as its backup notes them.
const KEPT_SETTINGS: [&str; 4] =
    ["innodb_page_size", "innodb_data_file_path", "innodb_undo_tablespaces", "innodb_checksum_algorithm"];

/// Starts the server on a data directory, and waits until it answers. It goes on running when this process has ended.
pub fn start(data: &Path, without_accounts: bool) -> Result<Conn, Failure> {
    stop()?;
    run(&["install", "-d", "-o", "mysql", "-g", "mysql", RUN_DIR])?;
    run(&["chown", "-R", "mysql:mysql", &data.to_string_lossy()])?;
    let _ = fs::remove_file(ERRORS);
    let mut command = Command::new("setsid");
    command.args(words(data, without_accounts));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| Failure::new(format!("starting `mariadbd`: {error}")))?;
    let limit = Instant::now() + START_LIMIT;
    loop {
        match connect() {
            Ok(connection) => return Ok(connection),
            Err(failure) if Instant::now() > limit => return Err(failure),
            Err(_) => {}
        }
        if let Some(status) = child.try_wait()? {
            return Err(Failure::new(format!("the server ended with {status}: {}", complaint())));
        }
        std::thread::sleep(POLL);
    }
}

fn words(data: &Path, without_accounts: bool) -> Vec<String> {
    let mut words = vec!["mariadbd".to_owned(), "--no-defaults".to_owned()];
    let mut add = |text: String| words.push(text);
    add(format!("--datadir={}", data.display()));
    for (key, value) in [("socket", SOCKET), ("pid-file", PID_FILE), ("log-error", ERRORS)] {
        add(format!("--{key}={value}"));
    }
    for flag in ["user=mysql", "skip-networking", "skip-log-bin", "skip-slave-start", "event-scheduler=OFF"] {
        add(format!("--{flag}"));
    }
    // What is lost in a crash of a scratch machine is restored once more.
    add("--innodb-flush-log-at-trx-commit=0".to_owned());
    if without_accounts {
        add("--skip-grant-tables".to_owned());
    }
    for (key, value) in kept_settings(data) {
        add(format!("--{key}={value}"));
    }
    words
}

fn kept_settings(data: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(data.join("backup-my.cnf")).unwrap_or_default();
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let pairs = pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
    pairs.filter(|(key, _)| KEPT_SETTINGS.contains(&key.as_str())).collect()
}

/// The server's last words of an error.
fn complaint() -> String {
    let text = fs::read(ERRORS).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let error = text.lines().rev().find(|line| line.contains("[ERROR]"));
    error.or_else(|| text.lines().next_back()).unwrap_or("it said nothing").to_owned()
}

/// Ends the server, where one runs, and leaves its files whole.
pub fn stop() -> Result<(), Failure> {
    end(Signal::SIGTERM)
}

/// The same at once, for files that nobody reads again.
pub fn kill() -> Result<(), Failure> {
    end(Signal::SIGKILL)
}

fn end(signal: Signal) -> Result<(), Failure> {
    let Some(pid) = fs::read_to_string(PID_FILE).ok().and_then(|text| text.trim().parse::<i32>().ok()) else {
        return Ok(());
    };
    let pid_path = PathBuf::from(format!("/proc/{pid}"));
    let _ = nix::sys::signal::kill(Pid::from_raw(pid), signal);
    let _ = fs::remove_file(PID_FILE);
    let limit = Instant::now() + STOP_LIMIT;
    while pid_path.exists() {
        if Instant::now() > limit {
            return Err(Failure::new("the server of an earlier restore does not end"));
        }
        std::thread::sleep(POLL);
    }
    Ok(())
}

pub fn connect() -> Result<Conn, Failure> {
    let options = OptsBuilder::new().socket(Some(SOCKET)).user(Some("root"));
    let mut connection = Conn::new(options)?;
    connection.query_drop("SET SESSION time_zone = '+00:00'")?;
    Ok(connection)
}

pub fn run(words: &[&str]) -> Result<(), Failure> {
    let output = Command::new(words[0]).args(&words[1..]).stdin(Stdio::null()).output();
    let output = output.map_err(|error| Failure::new(format!("starting `{}`: {error}", words[0])))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.trim_end().lines().next_back().unwrap_or("it said nothing");
    Err(Failure::new(format!("`{}` ended with {}: {line}", words[0], output.status)))
}
