//! One run of one drill, from steady state to verdict.

use std::collections::BTreeMap;

use sehat_analysis::outage::{Observation, Prediction, predict};
use sehat_platform::{Name, Platform};
use sehat_verdict::drill::{DrillRun, RestoreRecord};

use crate::judge::{Case, Change, judge};
use crate::{
    Drill, Failure, LedgerPlace, Measured, Observed, Pace, Part, Progress, REQUEST_LIMIT_MS, Rng, Running,
    SPACING_MS, Stroke, Target, measure, target,
};

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    pub platform: &'a Platform,
    pub drill: Drill,
    pub target: &'a Target,
    pub seed: u64,
    pub pace: Pace,
    pub changes: &'a [Change],
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Performed {
    pub run: DrillRun,
    pub measured: Measured,
    pub prediction: Prediction,
    pub restored: Option<RestoreRecord>,
}

/// Performs a drill. Whatever happens, everything that was struck is healed and everything that was started is stopped.
pub fn perform(running: &mut dyn Running, setup: &Setup<'_>) -> Performed {
    let mut course = Course::new(running, setup);
    let outcome = course.run();
    course.clean_up();
    match outcome {
        Ok(()) => course.judged(),
        Err(failure) => course.failed(&failure),
    }
}

struct Course<'a> {
    running: &'a mut dyn Running,
    setup: &'a Setup<'a>,
    observed: Observed,
    struck_name: String,
    /// What has to be healed yet, the last first.
    open: Vec<Stroke>,
    ledgers: Vec<Name>,
    journeys_run: bool,
    /// By component, directly before the fault.
    leaders: BTreeMap<Name, Name>,
    /// What a restore has to replay, directly before the fault.
    log_bytes: Option<u64>,
    restored: Option<crate::Restored>,
}

const MS: u64 = 1_000_000;

impl<'a> Course<'a> {
    fn new(running: &'a mut dyn Running, setup: &'a Setup<'a>) -> Self {
        Self {
            running,
            setup,
            observed: Observed::default(),
            struck_name: setup.target.name().to_owned(),
            open: Vec::new(),
            ledgers: Vec::new(),
            journeys_run: false,
            leaders: BTreeMap::new(),
            log_bytes: None,
            restored: None,
        }
    }

    fn run(&mut self) -> Result<(), Failure> {
        // The writer stands beside a leader that is cut off, so that one is found first.
        let early = if self.setup.drill == Drill::CutLeader { Some(self.strokes()?) } else { None };
        self.start(early.as_deref().unwrap_or_default())?;
        self.wait_for_steady_state()?;
        self.leaders = self.find_leaders()?;
        let strokes = if let Some(early) = early { early } else { self.strokes()? };
        self.pause(self.setup.pace.delay_ms)?;
        if let Target::Store(component) = self.setup.target {
            self.log_bytes = self.running.log_bytes(component);
        }
        self.strike(&strokes)?;
        self.heal()?;
        self.wait_for_recovery()?;
        self.wait_for_alert()?;
        self.collect()
    }

    fn strokes(&mut self) -> Result<Vec<Stroke>, Failure> {
        Ok(match self.setup.target.clone() {
            Target::Instance(instance) => vec![Stroke::KillInstance { instance }],
            Target::Node(node) => self.machines_of(&node)?,
            Target::Leader(component) => self.leader_strokes(&component)?,
            Target::Segment(segment) => vec![Stroke::CutSegment { segment }],
            Target::Store(component) => vec![Stroke::DropTable { component }],
            Target::Everything => Vec::new(),
        })
    }

    /// The seed gives the order in which machines lose their power.
    fn machines_of(&mut self, node: &str) -> Result<Vec<Stroke>, Failure> {
        let mut machines: Vec<Name> = self.running.parts()?.into_iter().map(|part| part.machine).collect();
        machines.sort();
        machines.dedup();
        machines.retain(|name| {
            self.setup.platform.machines.get(name).is_some_and(|m| m.node.as_deref() == Some(node))
        });
        Rng::of(self.setup.seed, &["order", node]).shuffle(&mut machines);
        Ok(machines.into_iter().map(|machine| Stroke::KillMachine { machine }).collect())
    }

    fn leader_strokes(&mut self, component: &str) -> Result<Vec<Stroke>, Failure> {
        let instance = self.running.leader(component)?;
        self.struck_name.clone_from(&instance);
        if self.setup.drill != Drill::CutLeader {
            return Ok(vec![Stroke::KillInstance { instance }]);
        }
        let machine = self.setup.platform.instances.get(&instance).map(|stated| stated.machine.clone());
        let machine = machine
            .ok_or_else(|| Failure::new(format!("cut `{instance}` off"), "its machine is not known"))?;
        Ok(vec![Stroke::CutMachine { machine }, Stroke::KillInstance { instance }])
    }

    fn start(&mut self, strokes: &[Stroke]) -> Result<(), Failure> {
        let parts = self.running.parts()?;
        self.journeys_run = true;
        self.running.start_journeys(SPACING_MS, REQUEST_LIMIT_MS)?;
        for (component, place) in self.places(&parts, strokes) {
            self.running.start_ledger(&component, &place)?;
            self.ledgers.push(component);
        }
        Ok(())
    }

    /// Databases always have a writer; the store whose leader is struck has one too.
    fn places(&self, parts: &[Part], strokes: &[Stroke]) -> Vec<(Name, LedgerPlace)> {
        if let (Drill::CutLeader, Target::Leader(component), Some(Stroke::KillInstance { instance })) =
            (self.setup.drill, self.setup.target, strokes.last())
        {
            return vec![(component.clone(), LedgerPlace::Beside { instance: instance.clone() })];
        }
        let mut stores = target::stores(self.setup.platform, parts);
        if self.setup.drill == Drill::KillLeader {
            stores.extend(
                target::candidates(self.setup.platform, Drill::KillLeader, parts)
                    .iter()
                    .map(|t| t.name().to_owned()),
            );
        }
        stores.into_iter().map(|component| (component, LedgerPlace::Client)).collect()
    }

    fn wait_for_steady_state(&mut self) -> Result<(), Failure> {
        let Pace { steady_ms, steady_ms_max, .. } = self.setup.pace;
        let limit_ns = self.running.now_ns() + steady_ms_max * MS;
        self.observed.start_ns = self.wait_until_well(steady_ms, limit_ns)?.map_err(|reason| {
            Failure::new(format!("find a steady state within {} s", steady_ms_max / 1_000), reason)
        })?;
        self.wait_for_silence()?;
        self.running.tell(&Progress::Steady);
        Ok(())
    }

    /// An alert that fires already does not fire once more.
    fn wait_for_silence(&mut self) -> Result<(), Failure> {
        let limit_ns = self.running.now_ns() + self.setup.pace.alarm_ms_max * MS;
        loop {
            let alerts = self.running.alarms()?;
            if alerts.is_empty() || self.setup.drill == Drill::NoFault {
                return Ok(());
            }
            if self.running.now_ns() > limit_ns {
                self.running.tell(&Progress::Alarmed { alerts });
                return Ok(());
            }
            self.pause(self.setup.pace.poll_ms)?;
        }
    }

    /// Waits until every part is ready and no request fails, and has been so for a while. Returns since when, or what was
    /// waited for at the limit.
    fn wait_until_well(&mut self, for_ms: u64, limit_ns: u64) -> Result<Result<u64, String>, Failure> {
        let mut begin_ns = self.running.now_ns();
        let mut since_ns = None;
        loop {
            let now_ns = self.running.now_ns();
            match self.unsteady(begin_ns)? {
                None if now_ns >= *since_ns.get_or_insert(now_ns) + for_ms * MS => {
                    return Ok(Ok(since_ns.unwrap_or(now_ns)));
                }
                None => {}
                Some(reason) if now_ns > limit_ns => return Ok(Err(reason)),
                Some(_) => (begin_ns, since_ns) = (now_ns, None),
            }
            self.pause(self.setup.pace.poll_ms)?;
        }
    }

    /// Returns why this is no steady state.
    fn unsteady(&mut self, since_ns: u64) -> Result<Option<String>, Failure> {
        if let Some(reason) = not_ready(&self.running.parts()?) {
            return Ok(Some(reason));
        }
        let journeys = self.running.journeys()?;
        if journeys.last_failed_ns >= since_ns {
            return Ok(Some(format!("{} of {} requests failed", journeys.failed, journeys.requests)));
        }
        Ok((journeys.last_good_ns == 0).then(|| "no request has been answered yet".into()))
    }

    /// Where a leader is not found, the prediction reckons with its loss.
    fn find_leaders(&mut self) -> Result<BTreeMap<Name, Name>, Failure> {
        let parts = self.running.parts()?;
        let led = target::led(self.setup.platform, &parts).into_iter();
        Ok(led
            .filter_map(|component| Some((component.clone(), self.running.leader(&component).ok()?)))
            .collect())
    }

    fn strike(&mut self, strokes: &[Stroke]) -> Result<(), Failure> {
        for stroke in strokes {
            if self.observed.fault.is_some() && self.setup.drill == Drill::CutLeader {
                self.pause(self.setup.pace.hold_ms)?;
            }
            // Noted before it is done, so that a stroke that was cut short is healed too.
            self.open.extend(stroke.heal());
            let moment = self.running.strike(stroke)?;
            self.observed.fault.get_or_insert(moment);
        }
        if !strokes.is_empty() {
            self.running.tell(&Progress::Struck { what: self.struck_name.clone() });
        }
        if self.setup.drill == Drill::CutLeader { Ok(()) } else { self.pause(self.setup.pace.hold_ms) }
    }

    fn heal(&mut self) -> Result<(), Failure> {
        if let Target::Store(component) = self.setup.target {
            let restored = self.running.restore(component)?;
            self.running.tell(&Progress::Restored { ms: restored.record.restore_ms.unwrap_or(0) });
            self.observed.heal_ns = Some(restored.at.monotonic_ns);
            self.restored = Some(restored);
            return Ok(());
        }
        // A machine has its network again before its processes start.
        while !self.open.is_empty() {
            let stroke = self.open.remove(0);
            let moment = self.running.strike(&stroke)?;
            self.observed.heal_ns.get_or_insert(moment.monotonic_ns);
        }
        if self.observed.heal_ns.is_some() {
            self.running.tell(&Progress::Healed);
        }
        Ok(())
    }

    fn wait_for_recovery(&mut self) -> Result<(), Failure> {
        let Pace { quiet_ms, recovery_ms_max, .. } = self.setup.pace;
        let begin_ns = self.observed.heal_ns.unwrap_or_else(|| self.running.now_ns());
        let ready_ns = match self.wait_until_well(quiet_ms, begin_ns + recovery_ms_max * MS)? {
            Ok(ready_ns) => ready_ns,
            Err(waiting_for) => {
                self.running.tell(&Progress::NotRecovered { waiting_for });
                return Ok(());
            }
        };
        self.observed.ready_ns = Some(ready_ns);
        if let Some(fault) = self.observed.fault {
            let after_ms = ready_ns.saturating_sub(fault.monotonic_ns) / MS;
            self.running.tell(&Progress::Recovered { after_ms });
        }
        Ok(())
    }

    /// An alert may be on its way still.
    fn wait_for_alert(&mut self) -> Result<(), Failure> {
        let Some(fault) = self.observed.fault else { return Ok(()) };
        let limit_ns = self.observed.heal_ns.unwrap_or(fault.monotonic_ns) + ALERT_MS_MAX * MS;
        loop {
            self.observed.alerts = self.running.alerts(fault.monotonic_ns)?;
            let caused =
                self.observed.alerts.iter().any(|alert| alert.started_realtime_ns >= fault.realtime_ns);
            if caused || self.running.now_ns() >= limit_ns {
                return Ok(());
            }
            self.pause(self.setup.pace.poll_ms)?;
        }
    }

    fn collect(&mut self) -> Result<(), Failure> {
        self.observed.end_ns = self.running.now_ns();
        self.journeys_run = false;
        let (start_ns, end_ns) = (self.observed.start_ns, self.observed.end_ns);
        let within = |sample: &crate::Sample| (start_ns..=end_ns).contains(&sample.start_ns);
        let mut journeys = self.running.stop_journeys()?;
        for (_, samples) in &mut journeys {
            samples.retain(within);
        }
        self.observed.journeys = journeys;
        while let Some(component) = self.ledgers.pop() {
            self.running.tell(&Progress::Verifying { component: component.clone() });
            self.observed.ledgers.push(self.running.stop_ledger(&component)?);
        }
        self.observed.ledgers.sort_by(|a, b| a.component.cmp(&b.component));
        Ok(())
    }

    fn pause(&mut self, ms: u64) -> Result<(), Failure> {
        let until_ns = self.running.now_ns() + ms * MS;
        self.running.wait_until(until_ns)
    }

    /// What fails here has been told of already, or is told of by the next drill's steady state.
    fn clean_up(&mut self) {
        for stroke in std::mem::take(&mut self.open) {
            let _ = self.running.strike(&stroke);
        }
        if std::mem::take(&mut self.journeys_run) {
            let _ = self.running.stop_journeys();
        }
        for component in std::mem::take(&mut self.ledgers) {
            let _ = self.running.stop_ledger(&component);
        }
    }

    fn failed(self, failure: &Failure) -> Performed {
        let run = DrillRun {
            lab_failed: true,
            lab_failed_reason: Some(failure.to_string()),
            seed: Some(self.setup.seed),
            ..DrillRun::new(self.setup.drill.name(), self.struck_name)
        };
        Performed { run, ..Performed::default() }
    }

    fn judged(self) -> Performed {
        let measured = measure(&self.observed);
        let held_ms = self.held_ms();
        let prediction = self.prediction(held_ms);
        let Setup { platform, drill, target, seed, changes, .. } = *self.setup;
        let case =
            Case { platform, drill, target, measured: &measured, prediction: &prediction, held_ms, changes };
        let reason = self_test_failure(drill, &measured);
        let run = DrillRun {
            drill: drill.name().to_owned(),
            struck: self.struck_name,
            outage_ms: measured.outage_ms(),
            requests: Some(measured.requests),
            errors: Some(measured.errors),
            acknowledged: measured.acknowledged,
            lost: measured.lost,
            detect_ms: measured.detect_ms,
            alert_ms: measured.alert_ms,
            recover_ms: measured.recover_ms,
            predicted_ms_max: prediction.outage_ms_max,
            verdicts: judge(&case),
            lab_failed: reason.is_some(),
            lab_failed_reason: reason,
            spacing_ms: Some(SPACING_MS),
            seed: Some(seed),
            timeline: Some(measured.timeline.clone()),
        };
        let restored = self.restored.map(|restored| restored.record);
        Performed { run, measured, prediction, restored }
    }

    fn held_ms(&self) -> u64 {
        let fault_ns = self.observed.fault.map_or(0, |fault| fault.monotonic_ns);
        let held_ns = self.observed.heal_ns.map_or(0, |heal_ns| heal_ns.saturating_sub(fault_ns));
        if matches!(self.setup.target, Target::Store(_)) { 0 } else { held_ns.div_ceil(MS) }
    }

    fn prediction(&self, held_ms: u64) -> Prediction {
        let Some(fault) = self.setup.target.fault().filter(|_| self.setup.drill != Drill::CutLeader) else {
            return Prediction::default();
        };
        let observation = Observation {
            request_timeout_ms: REQUEST_LIMIT_MS,
            spacing_ms: SPACING_MS,
            held_ms: (held_ms > 0).then_some(held_ms),
            restore_bytes: self.restored.as_ref().and_then(|restored| restored.bytes),
            log_bytes: self.log_bytes,
            reaction_ms: Some(0),
            leaders: self.leaders.clone(),
        };
        predict(self.setup.platform, &fault, &observation)
    }
}

/// Past a scrape, an evaluation and a group's wait there will be no alert any more.
const ALERT_MS_MAX: u64 = 6_000;

fn not_ready(parts: &[Part]) -> Option<String> {
    let part = parts.iter().find(|part| !part.ready)?;
    let reason = part.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    Some(format!("`{}` is not ready{reason}", part.instance))
}

/// A self-test that does not show what it must show says that no measurement here can be trusted.
fn self_test_failure(drill: Drill, measured: &Measured) -> Option<String> {
    match drill {
        Drill::NoFault if measured.requests == 0 => Some("no request was sent".into()),
        Drill::NoFault if measured.errors > 0 => Some(format!(
            "{} of {} requests failed although nothing was struck",
            measured.errors, measured.requests
        )),
        Drill::CutLeader if measured.lost == Some(0) => Some(
            "the ledger shows no loss although an isolated primary acknowledged writes and was killed".into(),
        ),
        _ => None,
    }
}
