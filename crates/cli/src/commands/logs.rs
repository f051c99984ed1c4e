//! `sehat logs`: what the processes of the lab have printed.

use crate::exit::{Code, Exit};
use crate::style::print;
use crate::target::Target;

/// Show what a process of the lab has printed, or list all logs.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    /// A machine, such as `records-1`.
    machine: Option<String>,
    /// A process on it, such as `mariadb`; all where none is named.
    process: Option<String>,
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    let lab = arguments.target.lab()?;
    let logs = lab.logs().map_err(|error| Exit::of_lab(&error))?;
    let Some(wanted) = &arguments.machine else {
        for (machine, process) in &logs {
            print(&format!("{machine} {process}\n"));
        }
        return Ok(Code::Kept);
    };
    let of_machine: Vec<_> = logs
        .iter()
        .filter(|(machine, process)| {
            machine == wanted && arguments.process.as_ref().is_none_or(|p| p == process)
        })
        .collect();
    if of_machine.is_empty() {
        return Err(Exit::bad_input(format!(
            "there is no log of `{wanted}`\n  = help: `sehat logs DIR` lists machines and processes"
        )));
    }
    for (machine, process) in of_machine {
        let text = lab.log(machine, process).map_err(|error| Exit::of_lab(&error))?;
        text.lines()
            .for_each(|line| print(&format!("{machine}/{process}: {}\n", sehat_diagnostic::redact(line))));
    }
    Ok(Code::Kept)
}
