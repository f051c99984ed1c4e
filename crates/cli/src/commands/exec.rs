//! `sehat exec`: runs a command on a lab machine.

use std::io;
use std::os::fd::AsFd;

use sehat_lab_linux::Command;

use crate::exit::{Code, Exit};
use crate::target::Target;

/// Run a command on a lab machine: `sehat exec DIR records-1 -- mariadb -e 'SHOW STATUS'`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The machine.
    machine: String,
    /// As this user of the machine.
    #[arg(long, default_value = "root")]
    user: String,
    /// The command and its arguments.
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    let lab = arguments.target.lab()?;
    let command =
        Command { words: arguments.command.clone(), user: arguments.user.clone(), environment: [].into() };
    let (input, output, error) = (io::stdin(), io::stdout(), io::stderr());
    let files = [input.as_fd(), output.as_fd(), error.as_fd()];
    let code = lab.exec(&arguments.machine, command, files).map_err(|error| Exit::of_lab(&error))?;
    // The command's own exit code is the answer, so it is passed on as it is.
    std::process::exit(code)
}
