//! A lab as a drill sees it.

mod journeys;
pub mod leaders;
mod ledgers;
mod probes;
pub mod signals;
mod struck;
pub mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

use sehat_drill::reachability::{Cell, Probed};
use sehat_drill::{
    Alert, Change, Failure, Host, JourneyState, LedgerEnd, LedgerPlace, Moment, Part, Progress, Restored,
    Running, Sample, Stroke,
};
use sehat_guest::alerts::Arrival;
use sehat_guest::restore::Point;
use sehat_guest::{clock, store::Store};
use sehat_lab::fault::Fault;
use sehat_lab::status::{MachineState, MachineStatus};
use sehat_lab_linux::Lab;
use sehat_platform::{Name, Platform, Protocol};
use sehat_reach::Connection;

use crate::compose::{Composed, LEDGER, OBSERVER};
use crate::restoring::{Copies, Restore};
use journeys::Traffic;
use ledgers::Writer;
use struck::Struck;

/// A running lab, and what a drill has started in it.
pub struct LabRunning<'a> {
    lab: &'a Lab,
    platform: &'a Platform,
    composed: &'a Composed,
    stores: BTreeMap<Name, Store>,
    traffic: Option<Traffic>,
    limit_ms: u64,
    writers: BTreeMap<Name, Writer>,
    struck: Struck,
    show: &'a dyn Fn(&Progress),
}

/// Where the observer notes alerts.
const ALERTS_PATH: &str = "/var/lib/sehat/alerts.jsonl";

/// A number above that of every earlier run: the time, with room for a thousand writes a millisecond.
fn first_number() -> u64 {
    clock::unix_ms() * 1_000
}

impl<'a> LabRunning<'a> {
    /// Takes over a lab, and heals what a drill that was killed has left.
    pub fn open(
        lab: &'a Lab,
        platform: &'a Platform,
        composed: &'a Composed,
        stores: BTreeMap<Name, Store>,
        show: &'a dyn Fn(&Progress),
    ) -> Result<(Self, usize), Failure> {
        signals::watch();
        let (struck, healed) = Struck::open(lab)?;
        let running = Self {
            lab,
            platform,
            composed,
            stores,
            traffic: None,
            limit_ms: 0,
            writers: BTreeMap::new(),
            struck,
            show,
        };
        Ok((running, healed))
    }

    /// Returns whether the user asked to end.
    pub fn is_interrupted() -> bool {
        signals::asked_to_end()
    }

    /// Returns the values of the document that are other ones in the lab. Such a difference names component and key,
    /// `records.evs-suspect`.
    pub fn changes(&self) -> Vec<Change> {
        let differs = self.composed.blueprint.differs.iter().filter_map(|differs| {
            let (component, key) = differs.subject.split_once('.')?;
            self.platform.components.contains_key(component).then(|| Change {
                component: component.to_owned(),
                key: key.to_owned(),
                says: format!("{} in the document, {} here", differs.platform, differs.lab),
            })
        });
        differs.collect()
    }

    /// Returns the machines that can be probed: all but the router.
    pub fn hosts(&self) -> Vec<Host> {
        let machines = self.composed.blueprint.machines.iter();
        machines
            .map(|machine| Host {
                name: machine.name.clone(),
                address: machine.address,
                virtual_addresses: machine.virtual_addresses.iter().copied().collect(),
                segment: machine.segment.clone(),
            })
            .collect()
    }

    /// Returns the ports that servers listen on, on any machine.
    pub fn listening(&self) -> Result<BTreeSet<(Protocol, u16)>, Failure> {
        let machines = self.composed.blueprint.machines.iter().map(|machine| machine.name.as_str());
        probes::listening(self.lab, machines)
    }

    /// Returns what the lab's filters were compiled from.
    pub fn allowed(&self) -> Vec<Connection> {
        self.composed.blueprint.allowed.iter().filter_map(probes::connection).collect()
    }

    /// Returns the lab's faults for a stroke. A cut between a segment and the others is one for each of them.
    fn faults(&self, stroke: &Stroke) -> Result<Vec<Fault>, Failure> {
        let (machine, process);
        Ok(vec![match stroke.clone() {
            Stroke::KillInstance { instance } => {
                (machine, process) = self.server_of(&instance)?;
                Fault::KillProcess { machine, process, signal: SIGKILL, hold: true }
            }
            Stroke::StartInstance { instance } => {
                (machine, process) = self.server_of(&instance)?;
                Fault::StartProcess { machine, process }
            }
            Stroke::KillMachine { machine } => Fault::KillMachine { machine },
            Stroke::StartMachine { machine } => Fault::StartMachine { machine },
            Stroke::CutMachine { machine } => Fault::CutMachine { machine },
            Stroke::JoinMachine { machine } => Fault::HealMachine { machine },
            Stroke::CutSegment { segment } => {
                return Ok(self.between(&segment, |one, other| Fault::CutSegments { one, other }));
            }
            Stroke::JoinSegment { segment } => {
                return Ok(self.between(&segment, |one, other| Fault::HealSegments { one, other }));
            }
            Stroke::DropTable { .. } => return Ok(Vec::new()),
        }])
    }

    fn between(&self, segment: &str, fault: fn(String, String) -> Fault) -> Vec<Fault> {
        let others = self.composed.blueprint.segments.iter().filter(|other| other.name != segment);
        others.map(|other| fault(segment.to_owned(), other.name.clone())).collect()
    }

    /// Returns the machine and the process of an instance that serves; its helpers stand after it.
    fn server_of(&self, instance: &str) -> Result<(Name, Name), Failure> {
        let product = self.platform.instances.get(instance).and_then(|stated| {
            self.platform.components.get(&stated.component)?.product.get().map(String::as_str)
        });
        let machines = self.composed.blueprint.machines.iter();
        let mut instances =
            machines.flat_map(|machine| machine.instances.iter().map(move |one| (machine, one)));
        let (machine, found) = instances
            .find(|(_, one)| one.name == instance)
            .ok_or_else(|| Failure::new(format!("strike `{instance}`"), "it does not run in the lab"))?;
        let processes = &found.contents.processes;
        let server =
            processes.iter().find(|process| Some(process.name.as_str()) == product).or(processes.first());
        let server =
            server.ok_or_else(|| Failure::new(format!("strike `{instance}`"), "it has no process"))?;
        Ok((machine.name.clone(), server.name.clone()))
    }

    /// Returns what undoes a fault of the lab.
    fn heal_of(fault: &Fault) -> Option<Fault> {
        match fault.clone() {
            Fault::KillProcess { machine, process, .. } => Some(Fault::StartProcess { machine, process }),
            Fault::KillMachine { machine } => Some(Fault::StartMachine { machine }),
            Fault::CutMachine { machine } => Some(Fault::HealMachine { machine }),
            Fault::CutSegments { one, other } => Some(Fault::HealSegments { one, other }),
            _ => None,
        }
    }

    fn strike_all(&mut self, faults: &[Fault], doing: &str) -> Result<Moment, Failure> {
        let mut first = None;
        for fault in faults {
            if let Some(heal) = Self::heal_of(fault) {
                self.struck.add(heal);
            }
            let moment = self.lab.strike(fault.clone()).map_err(work::failed(doing))?;
            self.struck.remove(fault);
            let moment = Moment { monotonic_ns: moment.monotonic_ns, realtime_ns: moment.realtime_ns };
            first.get_or_insert(moment);
        }
        first.ok_or_else(|| Failure::new(doing, "there is nothing to strike"))
    }

    /// The statement reaches every member, as a mistake of an administrator does.
    fn drop_table(&mut self, component: &str) -> Result<Moment, Failure> {
        let leader = leaders::leader(self.lab, self.platform, component)?;
        let (machine, _) = self.server_of(&leader)?;
        let moment =
            Moment { monotonic_ns: clock::monotonic_ns(), realtime_ns: clock::unix_ms() * 1_000_000 };
        work::run(self.lab, &machine, &["mariadb", "--execute", "DROP TABLE sehat.ledger"])?;
        Ok(moment)
    }
}

/// An answer of the lab that takes longer is told of.
const LATE: Duration = Duration::from_secs(2);

impl LabRunning<'_> {
    /// Does one step, and tells of it where it took long.
    fn timed<T>(
        &mut self,
        doing: &str,
        step: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let start = Instant::now();
        let result = step(self);
        if start.elapsed() > LATE {
            let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            (self.show)(&Progress::Late { doing: doing.to_owned(), ms });
        }
        result
    }
}

/// Of signal(7), the same on every Linux.
const SIGKILL: i32 = 9;

impl Running for LabRunning<'_> {
    fn now_ns(&self) -> u64 {
        clock::monotonic_ns()
    }

    fn wait_until(&mut self, ns: u64) -> Result<(), Failure> {
        let now = clock::monotonic_ns();
        thread::sleep(Duration::from_nanos(ns.saturating_sub(now)));
        if signals::asked_to_end() { Err(Failure::new("go on", "the drill was interrupted")) } else { Ok(()) }
    }

    fn parts(&mut self) -> Result<Vec<Part>, Failure> {
        let ask =
            |running: &mut Self| running.lab.status().map_err(work::failed("ask the lab for its status"));
        Ok(self.timed("tell its status", ask)?.machines.iter().flat_map(parts).collect())
    }

    fn leader(&mut self, component: &str) -> Result<Name, Failure> {
        leaders::leader(self.lab, self.platform, component)
    }

    fn strike(&mut self, stroke: &Stroke) -> Result<Moment, Failure> {
        if let Stroke::DropTable { component } = stroke {
            return self.drop_table(component);
        }
        let faults = self.faults(stroke)?;
        self.timed("strike or heal", |running| running.strike_all(&faults, &format!("strike {stroke:?}")))
    }

    fn start_journeys(&mut self, spacing_ms: u64, limit_ms: u64) -> Result<(), Failure> {
        self.limit_ms = limit_ms;
        self.traffic = Some(Traffic::start(self.lab, self.platform, self.composed, spacing_ms, limit_ms)?);
        Ok(())
    }

    fn journeys(&mut self) -> Result<JourneyState, Failure> {
        let state = |running: &mut Self| {
            running
                .traffic
                .as_ref()
                .map_or_else(|| Ok(JourneyState::default()), |traffic| traffic.state(running.lab))
        };
        self.timed("tell how the journeys go", state)
    }

    fn stop_journeys(&mut self) -> Result<Vec<(Name, Vec<Sample>)>, Failure> {
        self.traffic.take().map_or_else(|| Ok(Vec::new()), |traffic| traffic.stop(self.lab, self.limit_ms))
    }

    fn start_ledger(&mut self, component: &str, place: &LedgerPlace) -> Result<(), Failure> {
        let unknown = || {
            Failure::new(format!("write to `{component}`"), "the lab does not know how its clients reach it")
        };
        let store = self.stores.get(component).cloned().ok_or_else(unknown)?;
        let writer = Writer::start(self.lab, self.platform, component, store, place)?;
        self.writers.insert(component.to_owned(), writer);
        Ok(())
    }

    fn stop_ledger(&mut self, component: &str) -> Result<LedgerEnd, Failure> {
        let none = || Failure::new(format!("end the ledger of `{component}`"), "there is none");
        self.writers.remove(component).ok_or_else(none)?.stop(self.lab)
    }

    fn alerts(&mut self, since_ns: u64) -> Result<Vec<Alert>, Failure> {
        let arrivals = work::read_lines::<Arrival>(self.lab, OBSERVER, ALERTS_PATH)?;
        let fired = arrivals
            .into_iter()
            .filter(|arrival| arrival.status == "firing" && arrival.arrived_ns >= since_ns);
        Ok(fired.filter_map(alert).collect())
    }

    fn alarms(&mut self) -> Result<Vec<String>, Failure> {
        let mut firing: BTreeMap<String, String> = BTreeMap::new();
        for arrival in work::read_lines::<Arrival>(self.lab, OBSERVER, ALERTS_PATH)? {
            let labels = arrival.labels.to_string();
            if arrival.status == "firing" {
                firing.insert(labels, arrival.name)
            } else {
                firing.remove(&labels)
            };
        }
        Ok(firing.into_values().collect::<BTreeSet<_>>().into_iter().collect())
    }

    fn log_bytes(&mut self, component: &str) -> Option<u64> {
        let copies = Copies::of(self.lab, self.platform, component, None).ok()?;
        copies.log_bytes_since_full()
    }

    /// The dropped table is found in the log by its statement, as an administrator would look for it.
    fn restore(&mut self, component: &str) -> Result<Restored, Failure> {
        let words = ["DROP", "TABLE", LEDGER[1]].map(str::to_owned).to_vec();
        let restore = Restore {
            lab: self.lab,
            platform: self.platform,
            component,
            point: Point::BeforeStatement { words },
            switch_over: true,
            trusted_until_ms: None,
            tell: &|step| (self.show)(&Progress::Restoring { step: step.to_owned() }),
        };
        let record = restore.perform()?;
        let at = Moment { monotonic_ns: clock::monotonic_ns(), realtime_ns: clock::unix_ms() * 1_000_000 };
        Ok(Restored { bytes: record.bytes, record, at })
    }

    fn probe(&mut self, cells: &[Cell], silence_ms: u64) -> Result<Vec<Probed>, Failure> {
        probes::probe(self.lab, cells, silence_ms)
    }

    fn tell(&mut self, progress: &Progress) {
        (self.show)(progress);
    }
}

fn parts(machine: &MachineStatus) -> Vec<Part> {
    let up = machine.state == MachineState::Up;
    let part = |instance: &sehat_lab::status::InstanceStatus| Part {
        instance: instance.name.clone(),
        machine: machine.name.clone(),
        ready: up && instance.ready,
        reason: if up {
            why(instance)
        } else {
            Some(format!("its machine is {:?}", machine.state).to_lowercase())
        },
    };
    machine.instances.iter().map(part).collect()
}

fn why(instance: &sehat_lab::status::InstanceStatus) -> Option<String> {
    let not_ready =
        instance.processes.iter().find(|(_, status)| status.state != sehat_lab::status::ProcessState::Ready);
    let (name, status) = not_ready?;
    let state = format!("{:?}", status.state).to_lowercase();
    Some(
        status
            .reason
            .clone()
            .map_or_else(|| format!("{name} is {state}"), |reason| format!("{name} is {state}: {reason}")),
    )
}

fn alert(arrival: Arrival) -> Option<Alert> {
    let started: jiff::Timestamp = arrival.starts_at.parse().ok()?;
    let started_realtime_ns = u64::try_from(started.as_nanosecond()).ok()?;
    Some(Alert { name: arrival.name, arrived_ns: arrival.arrived_ns, started_realtime_ns })
}
