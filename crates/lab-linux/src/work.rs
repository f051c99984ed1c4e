//! Work that is done in namespaces of its own and ends with the program that asked for it.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::io::{self, BufRead, BufReader};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use nix::sched::CloneFlags;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{dup2_stdin, execvpe};
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::error::{Doing, Error, Result};
use crate::process::{Side, fork_into, normalise};
use crate::{doctor, mounts, root};

/// The hidden command that does it.
pub const COMMAND: &str = "lab-work";

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// Runs a program of the real machine.
    Program {
        words: Vec<String>,
        environment: BTreeMap<String, String>,
    },
    Seed(root::SeedWork),
    /// Tries what a lab needs of the kernel.
    TryKernel,
}

/// Does the work in a child and passes on each line that it prints.
pub fn perform(work: &Work, line: &mut dyn FnMut(&str)) -> Result<()> {
    let doing = || "start a helper process".to_string();
    let (own, theirs) = Channel::pair()?;
    let (reader, writer) = io::pipe().doing(doing)?;
    let mut command = Command::new("/proc/self/exe");
    command.arg(COMMAND).current_dir("/");
    command.stdin(Stdio::from(theirs.into_file()));
    command.stdout(writer.try_clone().doing(doing)?).stderr(writer);
    let mut child = command.spawn().doing(doing)?;
    // The writing ends that this process holds would keep the pipe open for ever.
    drop(command);
    own.send(work)?;
    let (mut before, mut last) = (String::new(), String::new());
    for said in BufReader::new(reader).lines().map_while(io::Result::ok) {
        line(&said);
        if !said.trim().is_empty() {
            before = std::mem::replace(&mut last, said);
        }
    }
    let status = child.wait().doing(doing)?;
    if status.success() {
        return Ok(());
    }
    // The last line is the helper's own; the one before is what the program that failed has said.
    let why = if before.is_empty() { last } else { format!("{last}: {}", before.trim()) };
    Err(Error::Refused(why))
}

/// The hidden command: reads the work from standard input and does it.
pub fn main() -> i32 {
    match serve() {
        Ok(code) => code,
        Err(error) => complain(&error),
    }
}

#[expect(clippy::print_stderr, reason = "whoever asked for the work reads this")]
fn complain(error: &Error) -> i32 {
    eprintln!("{}", error.chain());
    1
}

fn serve() -> Result<i32> {
    let doing = || "take work over".to_string();
    end_with_parent()?;
    normalise()?;
    let input = io::stdin().as_fd().try_clone_to_owned().doing(doing)?;
    let Some(work) = Channel::new(UnixStream::from(input)).receive::<Work>()? else { return Ok(1) };
    dup2_stdin(std::fs::File::open("/dev/null").doing(doing)?.as_fd()).doing(doing)?;
    let mut namespaces = CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWIPC;
    if !matches!(work, Work::Program { .. }) {
        namespaces |= CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWUTS;
    }
    match fork_into(namespaces)? {
        Side::Parent(pid) => match waitpid(pid, None).doing(doing)? {
            WaitStatus::Exited(_, code) => Ok(code),
            _ => Ok(1),
        },
        Side::Child => {
            end_with_parent()?;
            mounts::make_private()?;
            do_inside(work).map(|()| 0)
        }
    }
}

/// As the first of its process namespace, the child takes everything with it.
fn end_with_parent() -> Result<()> {
    set_pdeathsig(Signal::SIGKILL).doing(|| "tie a helper to its parent".into())
}

fn do_inside(work: Work) -> Result<()> {
    match work {
        Work::Program { words, environment } => run_program(&words, &environment),
        Work::Seed(seed) => root::make_seed(&seed),
        Work::TryKernel => doctor::try_kernel(),
    }
}

fn run_program(words: &[String], environment: &BTreeMap<String, String>) -> Result<()> {
    let text = |text: &str| CString::new(text).map_err(|_| Error::Refused("a word holds a zero byte".into()));
    mounts::fresh("proc", std::path::Path::new("/proc"), "", nix::mount::MsFlags::empty())?;
    let words = words.iter().map(|word| text(word)).collect::<Result<Vec<_>>>()?;
    let pairs = environment.iter().map(|(name, value)| text(&format!("{name}={value}")));
    let environment = pairs.collect::<Result<Vec<_>>>()?;
    let Some(program) = words.first() else { return Ok(()) };
    execvpe(program, &words, &environment).doing(|| format!("run {}", program.to_string_lossy()))?;
    Ok(())
}
