//! How a drill goes, line by line on standard error.

use std::cell::Cell;
use std::time::Instant;

use sehat_drill::{Progress, seconds};

use crate::style::{bad, bold, dim, good, tell};

/// Shows each step with the time since the run began.
pub struct Shown {
    start: Cell<Instant>,
}

impl Default for Shown {
    fn default() -> Self {
        Self { start: Cell::new(Instant::now()) }
    }
}

impl Shown {
    pub fn begin(&self, index: usize, runs: usize) {
        self.start.set(Instant::now());
        if runs > 1 {
            tell(&format!("  {}\n", dim(&format!("run {} of {runs}", index + 1))));
        }
    }

    pub fn step(&self, progress: &Progress) {
        let text = match progress {
            Progress::Steady => "steady: every instance is ready, no request fails".to_owned(),
            Progress::Struck { what } => format!("struck {}", bold(what)),
            Progress::Healed => "healed".to_owned(),
            Progress::Recovered { after_ms } => {
                format!("{} {} after the fault", good("as before"), seconds(*after_ms))
            }
            Progress::NotRecovered { waiting_for } => format!("{}: {waiting_for}", bad("not as before")),
            Progress::Restoring { step } => dim(&format!("restore: {step}")),
            Progress::Restored { ms } => format!("restored in {}", seconds(*ms)),
            Progress::Verifying { component } => {
                format!("reading every acknowledged write back from {component}")
            }
            Progress::Probing { cells, machines } => {
                format!("probing {cells} cells between {machines} machines")
            }
            Progress::Alarmed { alerts } => dim(&format!("{} fires from before", alerts.join(", "))),
            Progress::Late { doing, ms } => dim(&format!("the lab took {} to {doing}", seconds(*ms))),
            Progress::Again { cells } => format!("{cells} cells surprise; asking again"),
        };
        let since = self.start.get().elapsed().as_secs_f64();
        tell(&format!("  {}  {text}\n", dim(&format!("{since:5.1} s"))));
    }
}
