//! `sehat status`: machines, where they stand, and whether what runs on them is ready.

use std::fmt::Write;

use clap::ValueEnum;
use sehat_lab::status::{MachineState, MachineStatus, ProcessState, Status};
use serde_json::{Value, json};

use crate::exit::{Code, Exit};
use crate::style::{bad, bold, dim, good, print};
use crate::target::Target;

/// Show the machines of a running lab.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Terminal,
    Json,
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    let lab = arguments.target.lab()?;
    let status = lab.status().map_err(|error| Exit::of_lab(&error))?;
    match arguments.format {
        Format::Terminal => print(&terminal(&status)),
        Format::Json => print(&format!("{:#}\n", as_json(&status))),
    }
    Ok(if status.ready { Code::Kept } else { Code::LabFailed })
}

fn terminal(status: &Status) -> String {
    let mut text = format!("{} {}\n", bold(&status.platform), status.environment);
    let width = status.machines.iter().map(|machine| machine.name.len()).max().unwrap_or(0);
    for machine in &status.machines {
        let _ = writeln!(
            text,
            "  {:width$}  {:8}  {:10}  {:12}  {:15}  {}",
            machine.name,
            word(machine.state),
            machine.node,
            machine.segment,
            machine.address.to_string(),
            processes(machine)
        );
    }
    for door in &status.front_doors {
        let _ =
            writeln!(text, "  front door `{}`: 127.0.0.1:{} leads to {}", door.name, door.port, door.target);
    }
    for note in &status.notes {
        let _ = writeln!(text, "  {}", dim(note));
    }
    let _ = writeln!(text, "{}", if status.ready { good("ready") } else { bad("not ready") });
    text
}

fn word(state: MachineState) -> &'static str {
    match state {
        MachineState::Starting => "starting",
        MachineState::Up => "up",
        MachineState::Down => "down",
        MachineState::Frozen => "frozen",
    }
}

fn processes(machine: &MachineStatus) -> String {
    let all = machine.instances.iter().flat_map(|instance| &instance.processes);
    let words = all.map(|(name, process)| match process.state {
        ProcessState::Ready => good(name),
        state => bad(&format!("{name} ({})", format!("{state:?}").to_lowercase())),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// `sehat-status/1`; SPECIFICATION.md gives its fields.
fn as_json(status: &Status) -> Value {
    let mut value = json!({ "schema": "sehat-status/1" });
    if let (Some(fields), Ok(Value::Object(more))) = (value.as_object_mut(), serde_json::to_value(status)) {
        fields.extend(more);
    }
    value
}
