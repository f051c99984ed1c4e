//! The first process of a machine: collects the dead, supervises the living, obeys the box.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_dumpable;
use nix::sys::signal::{SigSet, Signal, killpg};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{Pid, dup2_stdin, dup2_stdout, pipe2};
use sehat_engine::contents::Probe;
use sehat_lab::plan::MachinePlan;
use sehat_lab::supervise::{Action, Event, Supervisor};

use super::log::Log;
use super::probe::{self, Asked};
use super::spawn::{Standard, command, start, start_sequence};
use super::{files, network};
use crate::channel::Channel;
use crate::clock;
use crate::error::{Doing, Error, Result};
use crate::messages::{FromMachine, ToMachine};

/// Runs until the machine is killed; the box at the other end of standard input tells what to do.
///
/// `filter` is the number of the process that sets the filters.
pub fn main(filter: Option<&String>) -> i32 {
    let filter = Pid::from_raw(filter.and_then(|text| text.parse().ok()).unwrap_or_default());
    match take_over().and_then(|(plan, channel)| run(plan, channel, filter)) {
        Ok(()) => 0,
        Err(error) => complain(&error),
    }
}

#[expect(clippy::print_stderr, reason = "standard error is the box's log")]
fn complain(error: &Error) -> i32 {
    eprintln!("machine: {}", error.chain());
    1
}

fn take_over() -> Result<(MachinePlan, Channel)> {
    let doing = || "take the plan over".to_string();
    let channel = io::stdin().as_fd().try_clone_to_owned().doing(doing)?;
    let plan: File = io::stdout().as_fd().try_clone_to_owned().doing(doing)?.into();
    let null = File::options().read(true).write(true).open("/dev/null").doing(doing)?;
    dup2_stdin(null.as_fd()).doing(doing)?;
    dup2_stdout(null.as_fd()).doing(doing)?;
    let mut text = vec![0; usize::try_from(plan.metadata().doing(doing)?.len()).unwrap_or_default()];
    plan.read_exact_at(&mut text, 0).doing(doing)?;
    Ok((serde_json::from_slice(&text).doing(doing)?, Channel::new(UnixStream::from(channel))))
}

fn run(plan: MachinePlan, mut channel: Channel, filter: Pid) -> Result<()> {
    // Whoever is root on the machine shall not reach the box through the open files of this process.
    set_dumpable(false).doing(|| "close this process to others".into())?;
    let Some(ToMachine::Linked) = channel.receive()? else { return Ok(()) };
    let logs = channel.take_files(FILE_COUNT_MAX).into_iter().map(|file| Log::new(file.into()));
    match prepare(&plan, filter) {
        Ok(()) => channel.send(&FromMachine::Up)?,
        Err(error) => {
            channel.send(&FromMachine::Broken { reason: error.chain() })?;
            return Err(error);
        }
    }
    Init::new(plan, channel, logs.collect())?.run()
}

const FILE_COUNT_MAX: usize = 64;

fn prepare(plan: &MachinePlan, filter: Pid) -> Result<()> {
    network::configure(plan)?;
    plan.instances.iter().try_for_each(|instance| files::place(&instance.contents))?;
    network::connect(plan, filter)?;
    crate::capabilities::drop_unneeded()
}

/// Why a process was started.
pub enum Role {
    Process(String),
    Prepare(String),
    Probe { process: String, asked: Asked, limit_ms: u64 },
    Exec { number: u64 },
    Door,
}

pub struct Init {
    pub channel: Channel,
    signals: SignalFd,
    pub supervisor: Supervisor,
    pub children: BTreeMap<Pid, Role>,
    logs: BTreeMap<String, Log>,
    /// Outputs of running processes, with the name of the process.
    outputs: Vec<(String, File)>,
    pub stop_asked_by: Option<u64>,
    stopped: bool,
}

impl Init {
    fn new(plan: MachinePlan, channel: Channel, logs: Vec<Log>) -> Result<Self> {
        let processes: Vec<_> =
            plan.instances.into_iter().flat_map(|instance| instance.contents.processes).collect();
        let mut mask = SigSet::empty();
        mask.add(Signal::SIGCHLD);
        mask.thread_block().doing(|| "block signals".into())?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let signals = SignalFd::with_flags(&mask, flags).doing(|| "listen to signals".into())?;
        let logs = processes.iter().map(|process| process.name.clone()).zip(logs).collect();
        let supervisor = Supervisor::new(processes);
        Ok(Self {
            channel,
            signals,
            supervisor,
            children: BTreeMap::new(),
            logs,
            outputs: Vec::new(),
            stop_asked_by: None,
            stopped: false,
        })
    }

    fn run(mut self) -> Result<()> {
        self.feed(Event::Tick)?;
        loop {
            let (signalled, spoken_to, outputs) = self.wait()?;
            self.copy_outputs(&outputs);
            if signalled {
                while let Ok(Some(_)) = self.signals.read_signal() {}
                self.collect()?;
            }
            if spoken_to && !self.listen()? {
                return Ok(());
            }
            self.end_late_probes();
            self.feed(Event::Tick)?;
            if self.stopped {
                return self.switch_off();
            }
        }
    }

    fn switch_off(&self) -> Result<()> {
        let Some(number) = self.stop_asked_by else { return Ok(()) };
        self.channel.send(&FromMachine::Done { number, moment: clock::now() })
    }

    /// Waits for a signal, a message, output or the next deadline.
    fn wait(&self) -> Result<(bool, bool, Vec<bool>)> {
        let timeout = self.timeout();
        let mut files = vec![
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.channel.as_fd(), PollFlags::POLLIN),
        ];
        files.extend(self.outputs.iter().map(|(_, file)| PollFd::new(file.as_fd(), PollFlags::POLLIN)));
        match poll(&mut files, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error).doing(|| "wait for something to do".into()),
        }
        let woken: Vec<bool> = files.iter().map(|file| file.any().unwrap_or(false)).collect();
        Ok((woken[0], woken[1], woken[2..].to_vec()))
    }

    fn timeout(&self) -> PollTimeout {
        let probes = self.children.values().filter_map(|role| match role {
            Role::Probe { limit_ms, .. } => Some(*limit_ms),
            _ => None,
        });
        let next = probes.chain(self.supervisor.deadline_ms()).min();
        next.map_or(PollTimeout::NONE, |at| {
            PollTimeout::try_from(at.saturating_sub(clock::now_ms())).unwrap_or(PollTimeout::MAX)
        })
    }

    pub fn feed(&mut self, event: Event) -> Result<()> {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for action in self.supervisor.step(&event, clock::now_ms()) {
                events.extend(self.perform(action)?);
            }
        }
        Ok(())
    }

    /// Does what the supervisor wants; what is known at once comes back as an event.
    fn perform(&mut self, action: Action) -> Result<Option<Event>> {
        match action {
            Action::Prepare { process } => {
                let failure = self.prepare(&process).err().map(|error| error.chain());
                Ok(failure.map(|failure| Event::Prepared { process, failure: Some(failure) }))
            }
            Action::Start { process } => {
                let failure = self.start(&process).err().map(|error| error.chain());
                Ok(Some(Event::Started { process, failure }))
            }
            Action::Probe { process } => Ok(self.probe(process)),
            Action::Signal { process, signal } => {
                self.signal(&process, signal);
                Ok(None)
            }
            Action::Tell { process, status } => {
                self.channel.send(&FromMachine::Process { process, status }).map(|()| None)
            }
            Action::AllStopped => {
                self.stopped = true;
                Ok(None)
            }
        }
    }

    fn prepare(&mut self, name: &str) -> Result<()> {
        let output = self.new_output(name)?;
        let Some(process) = self.supervisor.process(name) else { return Ok(()) };
        let one = |words: &Vec<String>| {
            Ok((command(words, "root", &process.environment)?, Standard::to_log(&output)?))
        };
        let sequence = process.before_start.iter().map(one).collect::<Result<Vec<_>>>()?;
        let pid = start_sequence(sequence)?;
        self.children.insert(pid, Role::Prepare(name.into()));
        Ok(())
    }

    fn start(&mut self, name: &str) -> Result<()> {
        let output = self.new_output(name)?;
        let Some(process) = self.supervisor.process(name) else { return Ok(()) };
        let command = command(&process.command, &process.user, &process.environment)?;
        let pid = start(command, Standard::to_log(&output)?)?;
        self.children.insert(pid, Role::Process(name.into()));
        Ok(())
    }

    /// A pipe from a process to its log; returns the process's end.
    fn new_output(&mut self, name: &str) -> Result<OwnedFd> {
        let doing = || "make a pipe for the log".to_string();
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC).doing(doing)?;
        fcntl(&reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).doing(doing)?;
        self.outputs.push((name.into(), reader.into()));
        Ok(writer)
    }

    fn copy_outputs(&mut self, woken: &[bool]) {
        let mut part = vec![0; 16 << 10];
        let mut index = 0;
        let logs = &mut self.logs;
        self.outputs.retain_mut(|(name, file)| {
            index += 1;
            !woken[index - 1] || copy_output(file, logs.get_mut(name), &mut part)
        });
    }

    fn probe(&mut self, process: String) -> Option<Event> {
        let asked = self.supervisor.process(&process).map(probe::ask);
        match asked {
            Some(Ok(Some(asked))) => {
                let limit_ms = clock::now_ms() + probe::LIMIT_MS;
                self.children.insert(asked.pid, Role::Probe { process, asked, limit_ms });
                None
            }
            Some(Err(error)) => Some(Event::Probed { process, failure: Some(error.chain()) }),
            Some(Ok(None)) | None => Some(Event::Probed { process, failure: None }),
        }
    }

    fn end_late_probes(&self) {
        let now = clock::now_ms();
        for (pid, role) in &self.children {
            if matches!(role, Role::Probe { limit_ms, .. } if *limit_ms <= now) {
                let _ = killpg(*pid, Signal::SIGKILL);
            }
        }
    }

    pub fn signal(&self, name: &str, number: i32) -> bool {
        let Ok(signal) = Signal::try_from(number) else { return false };
        let of_process = |role: &Role| matches!(role, Role::Process(one) | Role::Prepare(one) if one == name);
        let mut found = false;
        for pid in self.children.iter().filter(|(_, role)| of_process(role)).map(|(pid, _)| *pid) {
            found |= killpg(pid, signal).is_ok();
        }
        found
    }

    /// Collects every child that has ended, and ends what is left of its group.
    fn collect(&mut self) -> Result<()> {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        while let Ok(status) = waitid(Id::All, flags) {
            let Some(pid) = status.pid() else { break };
            if self.children.contains_key(&pid) {
                // While the leader is not collected, its number cannot name another group.
                let _ = killpg(pid, Signal::SIGKILL);
            }
            let status = waitpid(pid, None).doing(|| "collect a process".into())?;
            if let Some(role) = self.children.remove(&pid) {
                self.ended(role, status)?;
            }
        }
        Ok(())
    }

    fn ended(&mut self, role: Role, status: WaitStatus) -> Result<()> {
        let succeeded = matches!(status, WaitStatus::Exited(_, 0));
        match role {
            Role::Process(process) => {
                let failure = (!succeeded).then(|| self.why(&process, "it", status));
                self.feed(Event::Ended { process, failure })
            }
            Role::Prepare(process) => {
                let failure = (!succeeded).then(|| self.why(&process, "a command before its start", status));
                self.feed(Event::Prepared { process, failure })
            }
            Role::Probe { process, asked, .. } => {
                let ready = self.supervisor.process(&process).map_or(&Probe::Running, |one| &one.ready);
                let failure = asked.judge(ready, succeeded);
                self.feed(Event::Probed { process, failure })
            }
            Role::Exec { number } => self.channel.send(&FromMachine::Ended { number, code: code_of(status) }),
            Role::Door => Ok(()),
        }
    }

    /// A sentence with the last line of the log.
    fn why(&mut self, process: &str, what: &str, status: WaitStatus) -> String {
        self.copy_outputs(&vec![true; self.outputs.len()]);
        let line = self.logs.get(process).map(Log::last_line).unwrap_or_default();
        format!("{what} ended with {}: {line}", code_of(status))
    }
}

/// Copies what is there; false when the writer has gone.
fn copy_output(file: &mut File, log: Option<&mut Log>, part: &mut [u8]) -> bool {
    match file.read(part) {
        Ok(0) => false,
        Ok(count) => {
            if let Some(log) = log {
                log.add(&part[..count]);
            }
            true
        }
        Err(error) => matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
    }
}

fn code_of(status: WaitStatus) -> i32 {
    match status {
        WaitStatus::Exited(_, code) => code,
        WaitStatus::Signaled(_, signal, _) => 128 + signal as i32,
        _ => 1,
    }
}
