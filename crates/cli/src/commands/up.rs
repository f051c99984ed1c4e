//! `sehat up`: runs a platform on this machine.

mod plan;

use std::time::Instant;

use sehat_lab::status::{ProcessState, Progress};
use sehat_lab_linux::Lab;

use crate::compose::{Composed, compose, environment};
use crate::exit::{Code, Exit};
use crate::style::{bold, dim, good, print, tell};
use crate::target::Target;

/// Run a platform on this machine: real servers, each on its own small machine, behind real firewalls.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Only say what would run; needs no root and downloads nothing.
    #[arg(long)]
    plan: bool,
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    let document = arguments.target.document()?;
    let platform = arguments.target.platform(&document)?;
    if arguments.plan {
        let composed = compose(platform, &|name| format!("secret-{name}")).map_err(Exit::bad_input)?;
        print(&plan::text(platform, &composed));
        return Ok(Code::Kept);
    }
    let lab = Lab::open(&platform.name, &environment(platform));
    let composed = composed(&lab, platform)?;
    for line in plan::not_run(&composed) {
        tell(&format!("{line}\n"));
    }
    let layers = super::lab::layers(&composed.blueprint)?;
    let start = Instant::now();
    let mut shown = Shown::new(composed.blueprint.machines.len() + 1);
    lab.up(&composed.blueprint, &layers, &mut |step| shown.step(step))
        .map_err(|error| Exit::of_lab(&error))?;
    print(&format!(
        "{} {} is ready after {:.1} s\n",
        bold(&platform.name),
        environment(platform),
        start.elapsed().as_secs_f64()
    ));
    let status = lab.status().map_err(|error| Exit::of_lab(&error))?;
    for door in &status.front_doors {
        print(&format!("front door `{}`: https://127.0.0.1:{}\n", door.name, door.port));
    }
    Ok(Code::Kept)
}

/// Composes with the lab's own secrets, which are made on first use.
pub fn composed(lab: &Lab, platform: &sehat_platform::Platform) -> Result<Composed, Exit> {
    let failed = std::cell::RefCell::new(None);
    let secret = |name: &str| {
        lab.secret(name).unwrap_or_else(|error| {
            failed.borrow_mut().get_or_insert(Exit::of_lab(&error));
            String::new()
        })
    };
    let composed = compose(platform, &secret).map_err(Exit::bad_input)?;
    match failed.into_inner() {
        Some(exit) => Err(exit),
        None => Ok(composed),
    }
}

/// Tells what comes up, machine by machine.
struct Shown {
    start: Instant,
    machine_count: usize,
    up: usize,
}

impl Shown {
    fn new(machine_count: usize) -> Self {
        Self { start: Instant::now(), machine_count, up: 0 }
    }

    fn step(&mut self, step: &Progress) {
        let seconds = dim(&format!("{:6.1} s", self.start.elapsed().as_secs_f64()));
        match step {
            Progress::MachineUp { machine } => {
                self.up += 1;
                tell(&format!("{seconds}  {machine} is up ({} of {})\n", self.up, self.machine_count));
            }
            Progress::Process { machine, process, status } if status.state == ProcessState::Ready => {
                tell(&format!("{seconds}  {machine}: {} ready\n", good(process)));
            }
            _ => {}
        }
    }
}
