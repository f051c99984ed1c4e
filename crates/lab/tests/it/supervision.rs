//! Processes start in order, come back, are held, are stopped; told as a story of events and actions.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::prelude::*;
use sehat_engine::contents::{Probe, Process, Restart, Stop};
use sehat_lab::supervise::{Action, Event, Supervisor};

pub fn process(name: &str, after: &[&str]) -> Process {
    Process {
        name: name.into(),
        user: "root".into(),
        command: vec![name.into()],
        environment: BTreeMap::new(),
        before_start: Vec::new(),
        after: after.iter().map(ToString::to_string).collect(),
        restart: Restart::Always { delay_ms: 200 },
        ready: Probe::Running,
        ready_ms_max: 1_000,
        stop: Stop { signal: 15, limit_ms: 500 },
    }
}

/// Tells events at times and writes down what is done.
struct Story {
    supervisor: Supervisor,
    text: String,
}

impl Story {
    fn of(processes: Vec<Process>) -> Self {
        Self { supervisor: Supervisor::new(processes), text: String::new() }
    }

    fn at(mut self, now_ms: u64, event: &Event) -> Self {
        for action in self.supervisor.step(event, now_ms) {
            let _ = writeln!(self.text, "{now_ms:>5} {}", words(&action));
        }
        self
    }

    fn tick(self, now_ms: u64) -> Self {
        self.at(now_ms, &Event::Tick)
    }

    /// The process has started and says that it is ready.
    fn comes_up(self, now_ms: u64, process: &str) -> Self {
        self.at(now_ms, &started(process)).tick(now_ms + 25).at(now_ms + 30, &probed(process, None))
    }
}

fn words(action: &Action) -> String {
    match action {
        Action::Prepare { process } => format!("prepare {process}"),
        Action::Start { process } => format!("start {process}"),
        Action::Probe { process } => format!("ask {process}"),
        Action::Signal { process, signal } => format!("signal {signal} to {process}"),
        Action::Tell { process, status } => {
            let reason = status.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("{process} is {:?}, restarted {} times{reason}", status.state, status.restart_count)
        }
        Action::AllStopped => "all stopped".into(),
    }
}

fn started(process: &str) -> Event {
    Event::Started { process: process.into(), failure: None }
}

fn probed(process: &str, failure: Option<&str>) -> Event {
    Event::Probed { process: process.into(), failure: failure.map(Into::into) }
}

fn ended(process: &str, failure: Option<&str>) -> Event {
    Event::Ended { process: process.into(), failure: failure.map(Into::into) }
}

fn remote(name: &str, ready: bool) -> Event {
    Event::Remote { name: name.into(), ready }
}

#[test]
fn a_process_waits_for_the_readiness_of_another() {
    let story = Story::of(vec![process("web", &["cache", "db-1/mariadb"]), process("cache", &[])])
        .tick(0)
        .comes_up(1, "cache")
        .at(100, &remote("db-1/mariadb", true))
        .comes_up(101, "web");
    insta::assert_snapshot!(story.text, @"
      0 start cache
      0 web is Waiting, restarted 0 times
      0 cache is Preparing, restarted 0 times
      1 cache is Running, restarted 0 times
     26 ask cache
     31 cache is Ready, restarted 0 times
    100 start web
    100 web is Preparing, restarted 0 times
    101 web is Running, restarted 0 times
    126 ask web
    131 web is Ready, restarted 0 times
    ");
}

#[test]
fn commands_before_the_start_have_to_succeed() {
    let mut first = process("mariadb", &[]);
    first.before_start = vec![vec!["install".into()]];
    let story = Story::of(vec![first])
        .tick(0)
        .at(10, &Event::Prepared { process: "mariadb".into(), failure: Some("no space".into()) })
        .tick(210)
        .at(220, &Event::Prepared { process: "mariadb".into(), failure: None })
        .comes_up(221, "mariadb");
    insta::assert_snapshot!(story.text, @"
      0 prepare mariadb
      0 mariadb is Preparing, restarted 0 times
     10 mariadb is Ended, restarted 0 times
    210 prepare mariadb
    210 mariadb is Preparing, restarted 1 times
    220 start mariadb
    221 mariadb is Running, restarted 1 times
    246 ask mariadb
    251 mariadb is Ready, restarted 1 times
    ");
}

#[test]
fn a_process_that_ends_is_started_again() {
    let story = Story::of(vec![process("web", &[])])
        .tick(0)
        .comes_up(0, "web")
        .at(500, &ended("web", Some("it ended with 137")))
        .tick(600)
        .tick(700)
        .comes_up(701, "web");
    insta::assert_snapshot!(story.text, @"
      0 start web
      0 web is Preparing, restarted 0 times
      0 web is Running, restarted 0 times
     25 ask web
     30 web is Ready, restarted 0 times
    500 web is Ended, restarted 0 times
    700 start web
    700 web is Preparing, restarted 1 times
    701 web is Running, restarted 1 times
    726 ask web
    731 web is Ready, restarted 1 times
    ");
}

#[test]
fn a_process_that_is_not_ready_in_time_has_failed_and_may_still_come() {
    let story = Story::of(vec![process("web", &[])])
        .tick(0)
        .at(1, &started("web"))
        .tick(26)
        .at(30, &probed("web", Some("port 80 does not accept connections")))
        .tick(1_000)
        .at(1_400, &probed("web", None));
    insta::assert_snapshot!(story.text, @"
       0 start web
       0 web is Preparing, restarted 0 times
       1 web is Running, restarted 0 times
      26 ask web
    1000 ask web
    1000 web is Failed, restarted 0 times: not ready in 1000 ms: port 80 does not accept connections
    1400 web is Ready, restarted 0 times
    ");
}

#[test]
fn a_held_process_waits_for_its_release() {
    let story = Story::of(vec![process("web", &[])])
        .tick(0)
        .comes_up(0, "web")
        .at(100, &Event::Hold { process: "web".into() })
        .at(101, &ended("web", Some("it ended with 137")))
        .tick(9_000)
        .at(9_001, &Event::Release { process: "web".into() });
    insta::assert_snapshot!(story.text, @"
       0 start web
       0 web is Preparing, restarted 0 times
       0 web is Running, restarted 0 times
      25 ask web
      30 web is Ready, restarted 0 times
     101 web is Stopped, restarted 0 times
    9001 start web
    9001 web is Preparing, restarted 1 times
    ");
}

#[test]
fn work_that_ends_with_success_is_done() {
    let mut once = process("migrate", &[]);
    once.restart = Restart::Never;
    let story = Story::of(vec![once, process("web", &["migrate"])])
        .tick(0)
        .at(1, &started("migrate"))
        .at(5, &ended("migrate", None));
    insta::assert_snapshot!(story.text, @"
    0 start migrate
    0 migrate is Preparing, restarted 0 times
    0 web is Waiting, restarted 0 times
    1 migrate is Running, restarted 0 times
    5 start web
    5 migrate is Ready, restarted 0 times
    5 web is Preparing, restarted 0 times
    ");
}

#[test]
fn dependents_stop_first_and_the_stubborn_are_killed() {
    let story = Story::of(vec![process("db", &[]), process("web", &["db"])])
        .tick(0)
        .comes_up(0, "db")
        .comes_up(100, "web")
        .at(1_000, &Event::Stop)
        .tick(1_500)
        .at(1_501, &ended("web", None))
        .at(1_600, &ended("db", None));
    insta::assert_snapshot!(story.text, @"
       0 start db
       0 db is Preparing, restarted 0 times
       0 web is Waiting, restarted 0 times
       0 db is Running, restarted 0 times
      25 ask db
      30 start web
      30 db is Ready, restarted 0 times
      30 web is Preparing, restarted 0 times
     100 web is Running, restarted 0 times
     125 ask web
     130 web is Ready, restarted 0 times
    1000 signal 15 to web
    1000 web is Stopped, restarted 0 times
    1500 signal 9 to web
    1501 signal 15 to db
    1501 db is Stopped, restarted 0 times
    1600 all stopped
    ");
}

fn events() -> impl Strategy<Value = Event> {
    let name = prop_oneof![Just("db".to_string()), Just("web".to_string())];
    let failure = prop_oneof![Just(None), Just(Some("no".to_string()))];
    (name, failure, 0..8).prop_map(|(process, failure, kind)| match kind {
        0 => Event::Prepared { process, failure },
        1 => Event::Started { process, failure },
        2 => Event::Ended { process, failure },
        3 => Event::Probed { process, failure },
        4 => Event::Hold { process },
        5 => Event::Release { process },
        6 => Event::Remote { name: "far/away".into(), ready: failure.is_none() },
        _ => Event::Tick,
    })
}

proptest! {
    /// Whatever happens, nothing is started twice without an end between, nor while it is held.
    #[test]
    fn one_process_of_a_name_runs(events in proptest::collection::vec(events(), 0..60)) {
        let mut supervisor = Supervisor::new(vec![process("db", &[]), process("web", &["db", "far/away"])]);
        let mut running: BTreeMap<String, bool> = BTreeMap::new();
        for (index, event) in events.iter().enumerate() {
            // What is not running cannot end, and what runs cannot start: the events of a real machine.
            if let Event::Ended { process, .. } = event
                && !running.insert(process.clone(), false).unwrap_or(false)
            {
                continue;
            }
            if let Event::Started { process, failure: Some(_) } = event {
                running.insert(process.clone(), false);
            }
            for action in supervisor.step(event, index as u64 * 50) {
                if let Action::Start { process } = action {
                    prop_assert_ne!(running.insert(process.clone(), true), Some(true), "{} runs already", process);
                }
            }
        }
    }

    /// Time alone never makes it turn without end, and the next deadline never lies in the past for long.
    #[test]
    fn ticking_settles(events in proptest::collection::vec(events(), 0..40)) {
        let mut supervisor = Supervisor::new(vec![process("db", &[]), process("web", &["db"])]);
        let mut now = 0;
        for event in &events {
            now += 30;
            supervisor.step(event, now);
        }
        supervisor.step(&Event::Tick, now);
        if let Some(deadline) = supervisor.deadline_ms() {
            supervisor.step(&Event::Tick, deadline.max(now));
            prop_assert!(supervisor.deadline_ms().is_none_or(|next| next > deadline || next > now));
        }
    }
}
