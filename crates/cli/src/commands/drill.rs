//! `sehat drill`: breaks a running lab, measures what follows, and judges it.

mod show;
mod table;

use clap::ValueEnum;
use sehat_drill::reachability::{self, Matrix};
use sehat_drill::{Drill, Pace, Part, Running, SELF_TESTS, Setup, candidates, choose, nameable};
use sehat_evidence::kind;
use sehat_lab_linux::Lab;
use sehat_platform::Platform;
use sehat_verdict::Verdict;
use sehat_verdict::drill::{DrillReport, DrillRun};

use crate::compose::{environment, ledger_stores};
use crate::exit::{Code, Exit};
use crate::running::LabRunning;
use crate::style::{bold, dim, print, tell};
use crate::target::Target;

/// Break a running lab, measure what follows from the client's side, and judge it.
///
/// `all` runs every drill once. Only a lab can be drilled: `sehat up` first.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    /// kill-instance, kill-node, kill-leader, cut-segment, drop-table, reachability, or `all`; no-fault and cut-leader
    /// test the measurement itself.
    #[arg(required = true, value_name = "DRILL")]
    drills: Vec<String>,
    /// Repeats what is struck, the order and the moments of an earlier run.
    #[arg(long)]
    seed: Option<u64>,
    /// Runs each drill so often, and shows the worst and the median.
    #[arg(long, value_name = "N", default_value_t = 1)]
    repeat: usize,
    /// Strikes this instance, node, component or segment, instead of one that the seed chooses.
    #[arg(long, value_name = "NAME")]
    strike: Option<String>,
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Terminal,
    Json,
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    let drills = named(&arguments.drills)?;
    let document = arguments.target.document()?;
    let platform = arguments.target.platform(&document)?;
    let lab = Lab::open(&platform.name, &environment(platform));
    if !lab.is_running() {
        let name = &lab.name;
        return Err(Exit::lab_failed(format!(
            "the lab `{name}` does not run\n  = help: start it with `sehat up`; drills strike nothing but a lab"
        )));
    }
    let composed = super::up::composed(&lab, platform)?;
    let deployment = crate::records::append_deployment(platform, &composed, &lab)?;
    let seed = arguments.seed.unwrap_or_else(|| sehat_guest::clock::unix_ms() % 1_000_000);
    tell(&format!(
        "{} {}, seed {seed}, record {deployment} says what runs\n",
        bold(&platform.name),
        environment(platform)
    ));
    let shown = show::Shown::default();
    let show = |progress: &sehat_drill::Progress| shown.step(progress);
    let stores = ledger_stores(platform, &|name| lab.secret(name).unwrap_or_default());
    let (mut running, healed) =
        LabRunning::open(&lab, platform, &composed, stores, &show).map_err(|error| Exit::of_lab(&error))?;
    if healed > 0 {
        tell(&format!("{}\n", dim(&format!("healed {healed} faults that an earlier drill had left"))));
    }
    let mut session = Session {
        platform,
        seed,
        arguments,
        shown: &shown,
        report: DrillReport::new(&platform.name, environment(platform), seed),
    };
    for drill in drills {
        session.drill(&mut running, drill)?;
        if LabRunning::is_interrupted() {
            break;
        }
    }
    if arguments.format == Format::Json {
        let text = serde_json::to_string_pretty(&session.report)
            .map_err(|error| Exit::lab_failed(error.to_string()))?;
        print(&format!("{text}\n"));
    }
    Ok(code(&session.report.drills))
}

/// Every drill that the platform has something for.
const ALL: &str = "all";

fn named(names: &[String]) -> Result<Vec<Drill>, Exit> {
    let mut drills = Vec::new();
    for name in names {
        match Drill::named(name) {
            Some(drill) => drills.push(drill),
            None if name == ALL => drills.extend(Drill::ALL),
            None => return Err(unknown(name)),
        }
    }
    Ok(drills)
}

fn unknown(name: &str) -> Exit {
    let known: Vec<&str> = Drill::ALL.iter().chain(&SELF_TESTS).map(|drill| drill.name()).collect();
    let near = sehat_diagnostic::nearest(name, known.iter().copied());
    let help = near.map_or_else(
        || format!("known: {}, all", known.join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    Exit::bad_input(format!("there is no drill `{name}`\n  = help: {help}"))
}

struct Session<'a> {
    platform: &'a Platform,
    seed: u64,
    arguments: &'a Arguments,
    shown: &'a show::Shown,
    report: DrillReport,
}

impl Session<'_> {
    fn drill(&mut self, running: &mut LabRunning<'_>, drill: Drill) -> Result<(), Exit> {
        tell(&format!("\n{}  {}\n", bold(drill.name()), dim(drill.says())));
        if self.is_left_out(running, drill)? {
            tell(&format!("  {}\n", dim("left out: the platform has nothing that it could strike")));
            return Ok(());
        }
        let mut runs = Vec::new();
        for index in 0..self.arguments.repeat.max(1) {
            self.shown.begin(index, self.arguments.repeat);
            let run = if drill == Drill::Reachability {
                self.reach(running)?
            } else {
                self.strike(running, drill, index)?
            };
            runs.push(run);
        }
        if self.arguments.format == Format::Terminal && runs.len() > 1 {
            print(&table::spread(&runs));
        }
        self.report.drills.extend(runs);
        Ok(())
    }

    /// A drill that was named is never left out.
    fn is_left_out(&self, running: &mut LabRunning<'_>, drill: Drill) -> Result<bool, Exit> {
        let is_named = self.arguments.drills.iter().any(|name| name == drill.name());
        let parts = running.parts().map_err(|error| Exit::of_lab(&error))?;
        Ok(!is_named && candidates(self.platform, drill, &parts).is_empty())
    }

    fn strike(&self, running: &mut LabRunning<'_>, drill: Drill, index: usize) -> Result<DrillRun, Exit> {
        let parts: Vec<Part> = running.parts().map_err(|error| Exit::of_lab(&error))?;
        let named = self.arguments.strike.as_deref();
        let list = if named.is_some() { nameable } else { candidates };
        let target =
            choose(&list(self.platform, drill, &parts), drill, self.seed, named).map_err(Exit::bad_input)?;
        let changes = running.changes();
        let pace = Pace::of(self.platform, drill, self.seed, index);
        let setup = Setup {
            platform: self.platform,
            drill,
            target: &target,
            seed: self.seed,
            pace,
            changes: &changes,
        };
        let mut performed = sehat_drill::perform(running, &setup);
        hide_secrets(&mut performed.run);
        if let Some(restored) = &performed.restored {
            crate::records::append(self.platform, kind::RESTORE, restored)?;
        }
        let number = crate::records::append(self.platform, kind::DRILL, &performed.run)?;
        let record = table::Record { number, index, runs: self.arguments.repeat.max(1) };
        self.print(&table::run(&performed.run, &performed.measured, &performed.prediction, &record));
        Ok(performed.run)
    }

    fn reach(&self, running: &mut LabRunning<'_>) -> Result<DrillRun, Exit> {
        let hosts = running.hosts();
        let allowed = running.allowed();
        let listening = running.listening().map_err(|error| Exit::of_lab(&error))?;
        let matrix = Matrix { hosts: &hosts, allowed: &allowed, listening: &listening, seed: self.seed };
        let mut reached = reachability::perform(running, &matrix);
        hide_secrets(&mut reached.run);
        let record = crate::records::append(self.platform, kind::DRILL, &reached.run)?;
        self.print(&table::reached(&reached, record));
        Ok(reached.run)
    }

    fn print(&self, text: &str) {
        if self.arguments.format == Format::Terminal {
            print(text);
        }
    }
}

/// A server's complaint may hold what it was told.
fn hide_secrets(run: &mut DrillRun) {
    run.lab_failed_reason = run.lab_failed_reason.as_deref().map(sehat_diagnostic::redact);
}

/// Tried in the order 3, 1, 4, 0.
fn code(runs: &[DrillRun]) -> Code {
    let any =
        |wanted: Verdict| runs.iter().flat_map(|run| &run.verdicts).any(|entry| entry.verdict == wanted);
    if runs.iter().any(|run| run.lab_failed) {
        Code::LabFailed
    } else if any(Verdict::Broken) {
        Code::Broken
    } else if any(Verdict::Unknown) {
        Code::Unknown
    } else {
        Code::Kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_name_is_answered_with_the_nearest() {
        assert_eq!(named(&["all".into()]).unwrap(), Drill::ALL);
        assert!(named(&["kill-leadr".into()]).unwrap_err().message.contains("did you mean `kill-leader`?"));
    }

    #[test]
    fn a_failed_lab_comes_before_a_broken_promise() {
        let verdict = |verdict| DrillRun {
            verdicts: vec![sehat_verdict::drill::DrillVerdict {
                objective: "failover".into(),
                promised: None,
                predicted: None,
                measured: None,
                verdict,
                unit: sehat_verdict::drill::Unit::Ms,
                because: Vec::new(),
            }],
            ..DrillRun::new("kill-node", "pve-01")
        };
        assert_eq!(code(&[verdict(Verdict::Kept)]), Code::Kept);
        assert_eq!(code(&[verdict(Verdict::Kept), verdict(Verdict::Unknown)]), Code::Unknown);
        assert_eq!(code(&[verdict(Verdict::Broken), verdict(Verdict::Unknown)]), Code::Broken);
        let failed = DrillRun { lab_failed: true, ..verdict(Verdict::Broken) };
        assert_eq!(code(&[failed]), Code::LabFailed);
    }
}
