//! `sehat`: composes the crates, reads files and starts programs. One file per command.

mod commands;
mod exit;
mod folder;
mod style;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::exit::Exit;

/// Checks, runs and drills the promises of a health platform.
///
/// Exit codes: 0 every objective kept, 1 an objective or an unwaived finding of high severity or
/// above broken, 2 bad input, 3 the lab failed, 4 nothing broken but something unknown.
#[derive(Parser)]
#[command(name = "sehat", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(commands::check::Arguments),
    Explain(commands::explain::Arguments),
    Schema(commands::schema::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Schema(arguments) => commands::schema::run(&arguments),
    };
    outcome.unwrap_or_else(Exit::report).into()
}
