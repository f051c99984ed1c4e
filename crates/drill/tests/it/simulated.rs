//! A platform that runs in simulated time. It tests the course of a drill, and stands for no product.

use std::collections::{BTreeMap, BTreeSet};

use sehat_document::read;
use sehat_drill::reachability::{Cell, Probed};
use sehat_drill::{
    Alert, Drill, Entry, Failure, JourneyState, LedgerEnd, LedgerPlace, Moment, Part, Performed, Progress,
    Restored, Running, Sample, Setup, Stroke, Target,
};
use sehat_platform::{Name, Platform};
use sehat_verdict::drill::RestoreRecord;

pub const MS: u64 = 1_000_000;
/// The clock of people runs so far ahead of the other one.
const REALTIME_NS: u64 = 1_700_000_000_000_000_000;

pub const CLINIC: &str = r#"
sehat: 1
platform: clinic
sites:
  home:
    country: ID
    zones:
      a: { nodes: { n1: {} } }
      b: { nodes: { n2: {} } }
      c: { nodes: { n3: {} } }
segments:
  front: { cidr: 10.0.1.0/24, faces: internet }
  back: { cidr: 10.0.2.0/24 }
data:
  patient: { class: phi }
components:
  edge:
    kind: load-balancer
    product: haproxy
    version: "2.6"
    segment: front
    replicas: 2
    topology: active-passive
    spread: zone
    on: [home]
    listens: { https: 443 }
    routes: { web: { to: web, check: { path: /health, active: true, every: 1s, timeout: 500ms, fall: 2, rise: 2 } } }
    failover: { by: keepalived, address: 10.0.1.10, automatic: true, timers: { advert: 300ms, script-interval: 1s } }
    timers: { connect-timeout: 500ms }
  web:
    kind: service
    product: php
    segment: back
    replicas: 3
    on: [home]
    listens: { http: 8080 }
    uses: { records: {} }
  records:
    kind: database
    product: mariadb
    version: "10.11"
    topology: galera
    replication: synchronous
    segment: back
    replicas: 3
    spread: zone
    on: [home]
    listens: { sql: 3306 }
    holds: [patient]
    timers: { evs-keepalive: 300ms, evs-suspect: 1500ms, evs-inactive: 4s, evs-inactive-check: 200ms, evs-install: 3s }
journeys:
  book-visit: { through: [edge, web, records], rate: 20/s, writes: true }
  view-record: { through: [edge, web, records], rate: 20/s }
objectives:
  availability: { at-least: 99.9%, window: 30d }
  error-rate: { at-most: 1% }
  failover: { at-most: 5s }
  rpo: { at-most: 1m }
  rto: { at-most: 4h }
"#;

pub fn clinic() -> Platform {
    platform(CLINIC)
}

pub fn platform(text: &str) -> Platform {
    let document = read("platform.yaml", text, &|name| Err(format!("{name} is not there")));
    assert!(document.is_good(), "{:?}", document.diagnostics);
    document.environments.into_iter().next().unwrap_or_default()
}

/// How the platform behaves when it is struck.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// Requests fail for so long after a stroke, and for ever where that is none.
    pub outage_ms: Option<u64>,
    /// After its heal, a part takes so long to be ready.
    pub restart_ms: u64,
    /// Numbers of acknowledged writes that the store forgets, counted from the last one before the fault.
    pub forgets: usize,
    pub alert_after_ms: Option<u64>,
    /// Fails at the n-th call of the named kind.
    pub fails_at: Option<&'static str>,
    /// A request fails now and then without any fault.
    pub flaky: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            outage_ms: Some(1_400),
            restart_ms: 2_000,
            forgets: 0,
            alert_after_ms: Some(6_000),
            fails_at: None,
            flaky: false,
        }
    }
}

pub struct Simulated {
    pub platform: Platform,
    pub behaviour: Behaviour,
    pub now_ns: u64,
    pub strokes: Vec<(u64, Stroke)>,
    pub told: Vec<Progress>,
    /// Strokes that are not healed yet.
    pub open: BTreeSet<Stroke>,
    pub running_journeys: Option<u64>,
    pub running_ledgers: BTreeMap<Name, u64>,
    healed_ns: u64,
    fault_ns: Option<u64>,
    first_failure_ns: Option<u64>,
}

impl Simulated {
    pub fn new(platform: Platform, behaviour: Behaviour) -> Self {
        Self {
            platform,
            behaviour,
            now_ns: 5_000 * MS,
            strokes: Vec::new(),
            told: Vec::new(),
            open: BTreeSet::new(),
            running_journeys: None,
            running_ledgers: BTreeMap::new(),
            healed_ns: 0,
            fault_ns: None,
            first_failure_ns: None,
        }
    }

    fn call(&self, kind: &'static str) -> Result<(), Failure> {
        if self.behaviour.fails_at == Some(kind) {
            Err(Failure::new(kind, "the lab is gone"))
        } else {
            Ok(())
        }
    }

    fn is_good(&self, start_ns: u64) -> bool {
        if self.behaviour.flaky && (start_ns / MS) % 900 < 50 {
            return false;
        }
        let Some(fault_ns) = self.fault_ns.filter(|fault| start_ns >= *fault) else { return true };
        self.behaviour.outage_ms.is_some_and(|outage_ms| start_ns >= fault_ns + outage_ms * MS)
    }

    fn samples(&self, from_ns: u64) -> Vec<Sample> {
        let starts = (0..).map(|index| from_ns + index * 50 * MS).take_while(|start| *start < self.now_ns);
        starts
            .map(|start_ns| Sample { start_ns, end_ns: start_ns + 5 * MS, good: self.is_good(start_ns) })
            .collect()
    }

    fn is_struck(&self, instance: &str, machine: &str) -> bool {
        self.open.iter().any(|stroke| match stroke {
            Stroke::KillInstance { instance: struck } => struck == instance,
            Stroke::KillMachine { machine: struck } => struck == machine,
            _ => false,
        })
    }
}

impl Running for Simulated {
    fn now_ns(&self) -> u64 {
        self.now_ns
    }

    fn wait_until(&mut self, ns: u64) -> Result<(), Failure> {
        self.call("wait")?;
        self.now_ns = self.now_ns.max(ns);
        Ok(())
    }

    fn parts(&mut self) -> Result<Vec<Part>, Failure> {
        let back = self.now_ns >= self.healed_ns + self.behaviour.restart_ms * MS || self.healed_ns == 0;
        let part = |(name, instance): (&Name, &sehat_platform::Instance)| Part {
            instance: name.clone(),
            machine: instance.machine.clone(),
            ready: back && !self.is_struck(name, &instance.machine),
            reason: Some("it was struck".into()),
        };
        Ok(self.platform.instances.iter().map(part).collect())
    }

    fn leader(&mut self, component: &str) -> Result<Name, Failure> {
        Ok(format!("{component}-1"))
    }

    fn strike(&mut self, stroke: &Stroke) -> Result<Moment, Failure> {
        self.call("strike")?;
        self.now_ns += MS;
        self.strokes.push((self.now_ns, stroke.clone()));
        let healed = self.open.iter().find(|open| open.heal().as_ref() == Some(stroke)).cloned();
        if let Some(open) = healed {
            self.open.remove(&open);
            self.healed_ns = self.now_ns;
        } else {
            self.open.insert(stroke.clone());
            self.fault_ns.get_or_insert(self.now_ns);
        }
        Ok(Moment { monotonic_ns: self.now_ns, realtime_ns: REALTIME_NS + self.now_ns })
    }

    fn start_journeys(&mut self, _: u64, _: u64) -> Result<(), Failure> {
        self.running_journeys = Some(self.now_ns);
        self.call("start_journeys")
    }

    fn journeys(&mut self) -> Result<JourneyState, Failure> {
        self.call("journeys")?;
        let samples = self.samples(self.running_journeys.unwrap_or(self.now_ns));
        let last = |good: bool| {
            samples.iter().filter(|sample| sample.good == good).map(|sample| sample.end_ns).max().unwrap_or(0)
        };
        let failed = samples.iter().filter(|sample| !sample.good).count() as u64;
        self.first_failure_ns = samples.iter().find(|sample| !sample.good).map(|sample| sample.start_ns);
        Ok(JourneyState {
            requests: samples.len() as u64,
            failed,
            last_good_ns: last(true),
            last_failed_ns: last(false),
        })
    }

    fn stop_journeys(&mut self) -> Result<Vec<(Name, Vec<Sample>)>, Failure> {
        let from_ns = self.running_journeys.take().unwrap_or(self.now_ns);
        let journeys = self.platform.journeys.keys().map(|name| (name.clone(), self.samples(from_ns)));
        Ok(journeys.collect())
    }

    fn start_ledger(&mut self, component: &str, _: &LedgerPlace) -> Result<(), Failure> {
        self.call("start_ledger")?;
        self.running_ledgers.insert(component.into(), self.now_ns);
        Ok(())
    }

    fn stop_ledger(&mut self, component: &str) -> Result<LedgerEnd, Failure> {
        let from_ns = self.running_ledgers.remove(component).unwrap_or(self.now_ns);
        let write = |(number, sample): (u64, Sample)| Entry {
            number,
            start_ns: sample.start_ns,
            end_ns: sample.end_ns,
            acknowledged: sample.good,
        };
        let entries: Vec<Entry> = (1..).zip(self.samples(from_ns)).map(write).collect();
        let fault_ns = self.fault_ns.unwrap_or(u64::MAX);
        let before = entries.iter().rev().filter(|entry| entry.acknowledged && entry.end_ns < fault_ns);
        let lost = before.take(self.behaviour.forgets).map(|entry| entry.number).collect();
        Ok(LedgerEnd { component: component.into(), entries, lost: Some(lost) })
    }

    fn alerts(&mut self, _: u64) -> Result<Vec<Alert>, Failure> {
        let (Some(fault_ns), Some(after_ms)) = (self.fault_ns, self.behaviour.alert_after_ms) else {
            return Ok(Vec::new());
        };
        let arrived_ns = fault_ns + after_ms * MS;
        let alert = Alert {
            name: "Down".into(),
            arrived_ns,
            started_realtime_ns: REALTIME_NS + arrived_ns - 1_000 * MS,
        };
        Ok((arrived_ns <= self.now_ns).then_some(alert).into_iter().collect())
    }

    fn alarms(&mut self) -> Result<Vec<String>, Failure> {
        Ok(Vec::new())
    }

    fn restore(&mut self, component: &str) -> Result<Restored, Failure> {
        self.call("restore")?;
        self.now_ns += 3_000 * MS;
        self.open.clear();
        self.healed_ns = self.now_ns;
        // Requests are good again from here on.
        self.behaviour.outage_ms = self.fault_ns.map(|fault_ns| (self.now_ns - fault_ns) / MS);
        let record =
            RestoreRecord { source: component.into(), restore_ms: Some(3_000), ..RestoreRecord::default() };
        let at = Moment { monotonic_ns: self.now_ns, realtime_ns: REALTIME_NS + self.now_ns };
        Ok(Restored { record, bytes: Some(1_000_000), at })
    }

    fn probe(&mut self, cells: &[Cell], _: u64) -> Result<Vec<Probed>, Failure> {
        Ok(vec![Probed::Silent; cells.len()])
    }

    fn tell(&mut self, progress: &Progress) {
        self.told.push(progress.clone());
    }
}

/// Performs a drill against the clinic and returns it with what was done to the platform.
pub fn drill(drill: Drill, target: &Target, behaviour: Behaviour) -> (Performed, Simulated) {
    let platform = clinic();
    let mut running = Simulated::new(platform.clone(), behaviour);
    let pace = sehat_drill::Pace::of(&platform, drill, 7, 0);
    let setup = Setup { platform: &platform, drill, target, seed: 7, pace, changes: &[] };
    let performed = sehat_drill::perform(&mut running, &setup);
    (performed, running)
}
