//! A lab as the command line sees it.

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::memfd::{MFdFlags, memfd_create};
use sehat_lab::fault::{Fault, Moment};
use sehat_lab::status::{ProcessState, Progress, Status};

use crate::channel::Channel;
use crate::error::{Doing, Error, Result};
use crate::messages::{Command, Reply, Request};
use crate::{paths, secrets, state};

/// A request that the box answers by itself is answered within this time.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// Captured output of a command is cut here.
pub const OUTPUT_BYTES_MAX: usize = 4 << 20;

/// The lab of one platform in one environment, running or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lab {
    pub name: String,
}

/// What a command has printed and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Lab {
    pub fn open(platform: &str, environment: &str) -> Self {
        Self { name: format!("{platform}-{environment}") }
    }

    pub fn folder(&self) -> PathBuf {
        paths::lab(&self.name)
    }

    /// A password of this lab: random, made on first use, kept until `down`.
    pub fn secret(&self, name: &str) -> Result<String> {
        secrets::secret(&state::make_lab_folder(&self.name)?, name)
    }

    /// The certificate of the lab's authority in PEM, made on first use.
    pub fn authority(&self) -> Result<String> {
        let folder = state::make_lab_folder(&self.name)?;
        Ok(crate::authority::Authority::open(&folder)?.certificate)
    }

    /// Ends the lab and removes all that is left of it. Nothing to do where there is none.
    pub fn down(&self) -> Result<()> {
        let _lock = state::lock_for_removal(&self.name)?;
        state::remove(&self.name)
    }

    pub fn is_running(&self) -> bool {
        self.connect().is_ok()
    }

    pub fn status(&self) -> Result<Status> {
        match self.ask(&Request::Status, &[])? {
            Reply::Status(status) => Ok(status),
            other => Err(unexpected(&other)),
        }
    }

    /// Runs a command on a machine with the given standard input, output and error; returns its exit code.
    pub fn exec(&self, machine: &str, command: Command, files: [BorrowedFd<'_>; 3]) -> Result<i32> {
        let request = Request::Exec { machine: machine.into(), command };
        let mut channel = self.connect()?;
        channel.send_with(&request, &files)?;
        match self.answer(&mut channel)? {
            Reply::Ended { code } => Ok(code),
            other => Err(unexpected(&other)),
        }
    }

    /// Runs a command as root and captures what it prints.
    pub fn run(&self, machine: &str, words: &[&str]) -> Result<Output> {
        let words = words.iter().map(ToString::to_string).collect();
        self.run_command(machine, Command { words, user: "root".into(), environment: [].into() }, "")
    }

    pub fn run_command(&self, machine: &str, command: Command, input: &str) -> Result<Output> {
        let doing = || "open files for a command".to_string();
        let mut files = Vec::new();
        for name in ["input", "output", "error"] {
            files.push(File::from(memfd_create(name, MFdFlags::MFD_CLOEXEC).doing(doing)?));
        }
        io::Write::write_all(&mut files[0], input.as_bytes()).doing(doing)?;
        files[0].rewind().doing(doing)?;
        let code = self.exec(machine, command, [files[0].as_fd(), files[1].as_fd(), files[2].as_fd()])?;
        let (stdout, stderr) = (read_start(&mut files[1])?, read_start(&mut files[2])?);
        Ok(Output { code, stdout, stderr })
    }

    /// Strikes a fault and returns the moment at which it took effect.
    pub fn strike(&self, fault: Fault) -> Result<Moment> {
        match self.ask(&Request::Strike { fault }, &[])? {
            Reply::Struck(moment) => Ok(moment),
            other => Err(unexpected(&other)),
        }
    }

    /// The last part of what a process has printed.
    pub fn log(&self, machine: &str, process: &str) -> Result<String> {
        let path = self.folder().join("logs").join(machine).join(format!("{process}.log"));
        let doing = || format!("read {}", path.display());
        let bytes = fs::read(&path).doing(doing)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Machines and processes that have a log.
    pub fn logs(&self) -> Result<Vec<(String, String)>> {
        let mut found = Vec::new();
        for machine in names(&self.folder().join("logs"))? {
            for file in names(&self.folder().join("logs").join(&machine))? {
                if let Some(process) = file.strip_suffix(".log") {
                    found.push((machine.clone(), process.to_string()));
                }
            }
        }
        Ok(found)
    }

    /// Waits until every process of every machine is ready, and tells what happens meanwhile.
    pub fn wait_until_ready(&self, progress: &mut dyn FnMut(&Progress)) -> Result<()> {
        let mut channel = self.connect()?;
        channel.limit_receiving(None)?;
        channel.send(&Request::Watch)?;
        loop {
            let Reply::Progress(step) = self.answer(&mut channel)? else { continue };
            progress(&step);
            match step {
                Progress::Ready => return Ok(()),
                Progress::MachineDown { machine } => {
                    let text =
                        format!("the machine `{machine}` is down; `sehat down` and `sehat up` make it anew");
                    return Err(Error::NotReady(text));
                }
                Progress::Broken { text } => return Err(Error::NotReady(text)),
                Progress::Process { machine, process, status } if status.state == ProcessState::Failed => {
                    let reason = status.reason.unwrap_or_default();
                    return Err(Error::NotReady(format!("`{process}` on `{machine}`: {reason}")));
                }
                _ => {}
            }
        }
    }

    pub(crate) fn connect(&self) -> Result<Channel> {
        let path = paths::socket(&self.name);
        match UnixStream::connect(&path) {
            Ok(stream) => Ok(Channel::new(stream)),
            Err(error) if crate::channel::is_gone(&error) => Err(Error::NotRunning(self.name.clone())),
            Err(error) => Err(error).doing(|| format!("connect to {}", path.display())),
        }
    }

    fn ask(&self, request: &Request, files: &[BorrowedFd<'_>]) -> Result<Reply> {
        let mut channel = self.connect()?;
        channel.limit_receiving(Some(ANSWER_LIMIT))?;
        channel.send_with(request, files)?;
        self.answer(&mut channel)
    }

    fn answer(&self, channel: &mut Channel) -> Result<Reply> {
        match channel.receive()? {
            Some(Reply::Failed { reason }) => Err(Error::Refused(reason)),
            Some(reply) => Ok(reply),
            None => Err(Error::NotRunning(self.name.clone())),
        }
    }
}

fn unexpected(reply: &Reply) -> Error {
    Error::Refused(format!("the lab gave an answer to another question: {reply:?}"))
}

fn read_start(file: &mut File) -> Result<String> {
    let doing = || "read a command's output".to_string();
    file.rewind().doing(doing)?;
    let mut bytes = Vec::new();
    file.take(OUTPUT_BYTES_MAX as u64).read_to_end(&mut bytes).doing(doing)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn names(folder: &std::path::Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).doing(|| format!("read {}", folder.display()))?;
    let mut names: Vec<_> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}
