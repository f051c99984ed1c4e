//! Starts, watches, restarts and stops the processes of one machine, as a state machine without a clock.
//!
//! The machine's first process feeds it events and performs its actions; time is milliseconds of any
//! clock that never goes back.

use std::collections::BTreeSet;

use sehat_engine::contents::{Process, Restart};

use crate::status::{ProcessState, ProcessStatus};

/// The first question comes soon, because most servers are ready in less than the pause after it.
const FIRST_PROBE_MS: u64 = 25;
/// Readiness is asked this often until it holds.
const PROBE_MS: u64 = 100;
/// A process that was ready is asked this often, so that an idle lab costs little.
const WATCH_MS: u64 = 5_000;
/// A process that lost its readiness or is overdue is asked this often.
const DOUBT_MS: u64 = 500;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Time has passed.
    Tick,
    /// A process of another machine, `machine/process`, became ready or ceased to be.
    Remote {
        name: String,
        ready: bool,
    },
    /// The commands before the start have ended; the text says why they failed.
    Prepared {
        process: String,
        failure: Option<String>,
    },
    /// The process runs, or the text says why it could not be started.
    Started {
        process: String,
        failure: Option<String>,
    },
    /// `failure` is empty where it ended with success.
    Ended {
        process: String,
        failure: Option<String>,
    },
    Probed {
        process: String,
        failure: Option<String>,
    },
    /// Not to be started again until released.
    Hold {
        process: String,
    },
    Release {
        process: String,
    },
    /// Stop everything, dependents first.
    Stop,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Prepare {
        process: String,
    },
    Start {
        process: String,
    },
    Probe {
        process: String,
    },
    /// To the process's whole group.
    Signal {
        process: String,
        signal: i32,
    },
    /// The process is in another state than before.
    Tell {
        process: String,
        status: ProcessStatus,
    },
    /// Everything has stopped, after `Stop`.
    AllStopped,
}

/// The processes of one machine.
pub struct Supervisor {
    entries: Vec<Entry>,
    remote_ready: BTreeSet<String>,
    stopping: bool,
    told_stopped: bool,
}

struct Entry {
    process: Process,
    stage: Stage,
    held: bool,
    restart_count: u32,
    reason: Option<String>,
    /// Since when it should have been ready.
    unready_since: Option<u64>,
    told: Option<ProcessStatus>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    Preparing,
    Starting,
    Running {
        ready: bool,
        probing: bool,
        probe_at: u64,
    },
    Backoff {
        until: u64,
    },
    Stopping {
        kill_at: Option<u64>,
    },
    /// It has done its work and ended with success.
    Done,
    Stopped,
    Failed,
}

impl Supervisor {
    pub fn new(processes: Vec<Process>) -> Self {
        let entries = processes.into_iter().map(Entry::new).collect();
        Self { entries, remote_ready: BTreeSet::new(), stopping: false, told_stopped: false }
    }

    /// Takes an event in and returns what is to be done now, in order.
    pub fn step(&mut self, event: &Event, now_ms: u64) -> Vec<Action> {
        let mut actions = Vec::new();
        self.take(event, now_ms, &mut actions);
        while self.settle(now_ms, &mut actions) {}
        self.tell(now_ms, &mut actions);
        actions
    }

    /// When `Tick` is due at the latest.
    pub fn deadline_ms(&self) -> Option<u64> {
        self.entries.iter().filter_map(Entry::deadline_ms).min()
    }

    pub fn status(&self, now_ms: u64) -> Vec<(String, ProcessStatus)> {
        self.entries.iter().map(|entry| (entry.process.name.clone(), entry.status(now_ms))).collect()
    }

    pub fn process(&self, name: &str) -> Option<&Process> {
        self.entries.iter().map(|entry| &entry.process).find(|process| process.name == name)
    }

    fn take(&mut self, event: &Event, now_ms: u64, actions: &mut Vec<Action>) {
        match event {
            Event::Tick => {}
            Event::Remote { name, ready: true } => drop(self.remote_ready.insert(name.clone())),
            Event::Remote { name, ready: false } => drop(self.remote_ready.remove(name)),
            Event::Stop => self.stopping = true,
            Event::Prepared { process, failure }
            | Event::Started { process, failure }
            | Event::Ended { process, failure }
            | Event::Probed { process, failure } => {
                let Some(entry) = self.entry(process) else { return };
                entry.take(event, failure.as_deref(), now_ms, actions);
            }
            Event::Hold { process } => {
                if let Some(entry) = self.entry(process) {
                    entry.held = true;
                }
            }
            Event::Release { process } => {
                if let Some(entry) = self.entry(process) {
                    entry.release(now_ms);
                }
            }
        }
    }

    fn entry(&mut self, name: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.process.name == name)
    }

    /// Makes every transition that is due; true while there was one.
    fn settle(&mut self, now_ms: u64, actions: &mut Vec<Action>) -> bool {
        let may_start: Vec<bool> = self.entries.iter().map(|entry| self.may_start(entry)).collect();
        let may_stop: Vec<bool> = self.entries.iter().map(|entry| self.may_stop(entry)).collect();
        let mut changed = false;
        for (index, entry) in self.entries.iter_mut().enumerate() {
            changed |= entry.settle(may_start[index], may_stop[index], now_ms, actions);
        }
        changed
    }

    fn may_start(&self, entry: &Entry) -> bool {
        !self.stopping && !entry.held && entry.process.after.iter().all(|name| self.is_ready(name))
    }

    fn is_ready(&self, name: &str) -> bool {
        let local = self.entries.iter().find(|entry| entry.process.name == name);
        local.map_or_else(|| self.remote_ready.contains(name), Entry::is_ready)
    }

    /// A process is stopped only after all that were started after it.
    fn may_stop(&self, entry: &Entry) -> bool {
        let depends = |other: &&Entry| other.process.after.contains(&entry.process.name);
        self.stopping && self.entries.iter().filter(depends).all(Entry::is_over)
    }

    fn tell(&mut self, now_ms: u64, actions: &mut Vec<Action>) {
        actions.extend(self.entries.iter_mut().filter_map(|entry| entry.tell(now_ms)));
        if self.stopping && !self.told_stopped && self.entries.iter().all(Entry::is_over) {
            self.told_stopped = true;
            actions.push(Action::AllStopped);
        }
    }
}

impl Entry {
    fn new(process: Process) -> Self {
        Self {
            process,
            stage: Stage::Waiting,
            held: false,
            restart_count: 0,
            reason: None,
            unready_since: None,
            told: None,
        }
    }

    fn name(&self) -> String {
        self.process.name.clone()
    }

    fn is_ready(&self) -> bool {
        matches!(self.stage, Stage::Running { ready: true, .. } | Stage::Done)
    }

    fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Done | Stage::Stopped | Stage::Failed)
    }

    fn take(&mut self, event: &Event, failure: Option<&str>, now_ms: u64, actions: &mut Vec<Action>) {
        match event {
            Event::Prepared { .. } => self.prepared(failure, now_ms, actions),
            Event::Started { .. } => self.started(failure, now_ms),
            Event::Probed { .. } => self.probed(failure, now_ms),
            _ => self.ended(failure, now_ms),
        }
    }

    fn prepared(&mut self, failure: Option<&str>, now_ms: u64, actions: &mut Vec<Action>) {
        match (self.stage, failure) {
            (Stage::Preparing, None) if self.held => self.stage = Stage::Stopped,
            (Stage::Preparing, None) => self.start(actions),
            (Stage::Preparing, Some(failure)) => self.fall(Some(failure), now_ms),
            (Stage::Stopping { .. }, _) => self.stage = Stage::Stopped,
            _ => {}
        }
    }

    fn start(&mut self, actions: &mut Vec<Action>) {
        self.stage = Stage::Starting;
        actions.push(Action::Start { process: self.name() });
    }

    fn started(&mut self, failure: Option<&str>, now_ms: u64) {
        match (self.stage, failure) {
            (Stage::Starting, None) => {
                self.stage =
                    Stage::Running { ready: false, probing: false, probe_at: now_ms + FIRST_PROBE_MS };
            }
            (Stage::Starting, Some(failure)) => self.fall(Some(failure), now_ms),
            _ => {}
        }
    }

    fn probed(&mut self, failure: Option<&str>, now_ms: u64) {
        let Stage::Running { ready: was_ready, .. } = self.stage else { return };
        let ready = failure.is_none();
        let pause_ms = match (ready, was_ready || self.is_overdue(now_ms)) {
            (true, _) => WATCH_MS,
            (false, true) => DOUBT_MS,
            (false, false) => PROBE_MS,
        };
        self.stage = Stage::Running { ready, probing: false, probe_at: now_ms + pause_ms };
        self.reason = failure.map(Into::into);
        self.unready_since = if ready { None } else { Some(self.unready_since.unwrap_or(now_ms)) };
    }

    fn ended(&mut self, failure: Option<&str>, now_ms: u64) {
        match self.stage {
            Stage::Stopping { .. } => self.stage = Stage::Stopped,
            Stage::Starting | Stage::Running { .. } => self.fall(failure, now_ms),
            _ => {}
        }
    }

    /// It is not running any more, though nobody asked for that.
    fn fall(&mut self, failure: Option<&str>, now_ms: u64) {
        self.reason = failure.map(Into::into);
        self.stage = match (self.process.restart, failure) {
            _ if self.held => Stage::Stopped,
            (Restart::Always { delay_ms }, _) => Stage::Backoff { until: now_ms + delay_ms },
            (Restart::Never, None) => Stage::Done,
            (Restart::Never, Some(_)) => Stage::Failed,
        };
        self.unready_since.get_or_insert(now_ms);
    }

    fn release(&mut self, now_ms: u64) {
        self.held = false;
        if self.is_over() {
            self.stage = Stage::Waiting;
            self.restart_count += 1;
            self.unready_since = Some(now_ms);
        }
    }

    fn settle(&mut self, may_start: bool, may_stop: bool, now_ms: u64, actions: &mut Vec<Action>) -> bool {
        if may_stop && self.ask_to_stop(now_ms, actions) {
            return true;
        }
        match self.stage {
            Stage::Waiting if may_start => self.prepare(now_ms, actions),
            Stage::Backoff { .. } if self.held => self.stage = Stage::Stopped,
            Stage::Backoff { until } if until <= now_ms => {
                self.restart_count += 1;
                self.stage = Stage::Waiting;
            }
            Stage::Running { ready, probing: false, probe_at } if probe_at <= now_ms => {
                self.stage = Stage::Running { ready, probing: true, probe_at };
                actions.push(Action::Probe { process: self.name() });
            }
            Stage::Stopping { kill_at: Some(kill_at) } if kill_at <= now_ms => {
                self.stage = Stage::Stopping { kill_at: None };
                actions.push(Action::Signal { process: self.name(), signal: SIGKILL });
            }
            _ => return false,
        }
        true
    }

    fn prepare(&mut self, now_ms: u64, actions: &mut Vec<Action>) {
        self.unready_since.get_or_insert(now_ms);
        if self.process.before_start.is_empty() {
            return self.start(actions);
        }
        self.stage = Stage::Preparing;
        actions.push(Action::Prepare { process: self.name() });
    }

    fn ask_to_stop(&mut self, now_ms: u64, actions: &mut Vec<Action>) -> bool {
        match self.stage {
            Stage::Running { .. } | Stage::Starting | Stage::Preparing => {
                let signal = self.process.stop.signal;
                self.stage = Stage::Stopping { kill_at: Some(now_ms + self.process.stop.limit_ms) };
                actions.push(Action::Signal { process: self.name(), signal });
            }
            Stage::Waiting | Stage::Backoff { .. } => self.stage = Stage::Stopped,
            _ => return false,
        }
        true
    }

    fn is_overdue(&self, now_ms: u64) -> bool {
        self.unready_since.is_some_and(|since| since + self.process.ready_ms_max <= now_ms)
    }

    fn deadline_ms(&self) -> Option<u64> {
        let next = match self.stage {
            Stage::Backoff { until } => Some(until),
            Stage::Running { probing: false, probe_at, .. } => Some(probe_at),
            Stage::Stopping { kill_at } => kill_at,
            _ => None,
        };
        let overdue_at = self.unready_since.map(|since| since + self.process.ready_ms_max);
        let told_overdue = self.told.as_ref().is_some_and(|told| told.state == ProcessState::Failed);
        let may_be_overdue =
            !told_overdue && !self.is_over() && !matches!(self.stage, Stage::Stopping { .. });
        next.into_iter().chain(overdue_at.filter(|_| may_be_overdue)).min()
    }

    fn status(&self, now_ms: u64) -> ProcessStatus {
        let state = match self.stage {
            Stage::Running { ready: true, .. } | Stage::Done => ProcessState::Ready,
            Stage::Stopped | Stage::Stopping { .. } => ProcessState::Stopped,
            Stage::Failed => ProcessState::Failed,
            _ if self.is_overdue(now_ms) => ProcessState::Failed,
            Stage::Waiting => ProcessState::Waiting,
            Stage::Preparing | Stage::Starting => ProcessState::Preparing,
            Stage::Running { .. } => ProcessState::Running,
            Stage::Backoff { .. } => ProcessState::Ended,
        };
        let reason = if state == ProcessState::Failed { Some(self.why_failed()) } else { None };
        ProcessStatus { state, restart_count: self.restart_count, reason }
    }

    fn why_failed(&self) -> String {
        let limit_ms = self.process.ready_ms_max;
        let last = self.reason.as_deref().unwrap_or("it has not been asked yet");
        match self.stage {
            Stage::Failed => last.into(),
            _ => format!("not ready in {limit_ms} ms: {last}"),
        }
    }

    fn tell(&mut self, now_ms: u64) -> Option<Action> {
        let status = self.status(now_ms);
        if self.told.as_ref() == Some(&status) {
            return None;
        }
        self.told = Some(status.clone());
        Some(Action::Tell { process: self.name(), status })
    }
}

/// The number is the same on every Linux; this crate knows no system's headers.
const SIGKILL: i32 = 9;
