//! Starts programs on the machine as the user that owns them, with a clean environment.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};

use nix::sched::CloneFlags;
use nix::sys::signal::SigSet;
use nix::unistd::{Pid, setpgid};

use crate::accounts::account;
use crate::error::{Doing, Error, Result};
use crate::process::{Side, fork_into};

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Standard input, output and error.
pub struct Standard {
    pub input: Stdio,
    pub output: Stdio,
    pub error: Stdio,
}

impl Standard {
    /// Nothing to read, and both outputs to the log.
    pub fn to_log(log: &OwnedFd) -> Result<Self> {
        let copy = || log.try_clone().doing(|| "open the log again".into());
        Ok(Self { input: Stdio::null(), output: copy()?.into(), error: copy()?.into() })
    }
}

/// A command that leads its own process group and belongs to `user`, without further groups.
pub fn command(words: &[String], user: &str, environment: &BTreeMap<String, String>) -> Result<Command> {
    let [program, rest @ ..] = words else { return Err(Error::Refused("a command without words".into())) };
    let account = account(user)?;
    let mut command = Command::new(program);
    command.args(rest).env_clear().current_dir("/").process_group(0);
    command.env("PATH", PATH).env("HOME", &account.home).env("USER", &account.name);
    command.env("LOGNAME", &account.name).env("LANG", "C.UTF-8").envs(environment);
    // Setting the user drops the groups of the parent too.
    command.uid(account.user).gid(account.group);
    // The first process takes SIGCHLD from a file, so it blocks the signal, and a program inherits what is blocked: a
    // server that waits for the end of its children by that signal would never collect one.
    let unblock = || SigSet::all().thread_unblock().map_err(io::Error::from);
    // SAFETY: the hook makes one system call, which a child of a fork may make.
    unsafe { command.pre_exec(unblock) };
    Ok(command)
}

pub fn start(mut command: Command, standard: Standard) -> Result<Pid> {
    command.stdin(standard.input).stdout(standard.output).stderr(standard.error);
    let program = command.get_program().to_string_lossy().into_owned();
    let child = command.spawn().doing(|| format!("start `{program}`"))?;
    // Its end is collected by the first process's loop, like every other's.
    Ok(Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX)))
}

/// Runs commands one after another in a process of its own; its exit code is 0 when all succeeded.
pub fn start_sequence(sequence: Vec<(Command, Standard)>) -> Result<Pid> {
    start_work(move || {
        for (command, standard) in sequence {
            let name = command.get_program().to_string_lossy().into_owned();
            match run(command, standard) {
                Ok(status) if status.success() => {}
                Ok(status) => return complain(&format!("before start: `{name}` ended with {status}")),
                Err(error) => return complain(&format!("before start: `{name}` could not run: {error}")),
            }
        }
        0
    })
}

/// Runs a function in a process of its own, which leads its own group.
pub fn start_work(work: impl FnOnce() -> i32) -> Result<Pid> {
    match fork_into(CloneFlags::empty())? {
        Side::Parent(pid) => Ok(pid),
        Side::Child => {
            let _ = setpgid(Pid::from_raw(0), Pid::from_raw(0));
            std::process::exit(work())
        }
    }
}

fn run(mut command: Command, standard: Standard) -> io::Result<ExitStatus> {
    command.process_group(nix::unistd::getpgrp().as_raw());
    command.stdin(standard.input).stdout(standard.output).stderr(standard.error).status()
}

#[expect(clippy::print_stderr, reason = "the process's standard error is the log")]
fn complain(text: &str) -> i32 {
    eprintln!("{text}");
    1
}
