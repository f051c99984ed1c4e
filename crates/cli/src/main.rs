//! `sehat`: composes the crates, reads files and starts programs. One file per command.

mod commands;
mod compose;
mod exit;
mod folder;
mod input;
mod kustomize;
mod places;
mod records;
mod restoring;
mod running;
mod style;
mod target;

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
    Adopt(commands::adopt::Arguments),
    Explain(commands::explain::Arguments),
    Schema(commands::schema::Arguments),
    Graph(commands::graph::Arguments),
    Reach(commands::reach::Arguments),
    Kustomize(commands::kustomize::Arguments),
    Up(commands::up::Arguments),
    Status(commands::status::Arguments),
    Logs(commands::logs::Arguments),
    Exec(commands::exec::Arguments),
    Drill(commands::drill::Arguments),
    Evidence(commands::evidence::Arguments),
    Restore(commands::restore::Arguments),
    Report(commands::report::Arguments),
    Down(commands::down::Arguments),
    Doctor(commands::lab::DoctorArguments),
    Lab(commands::lab::Arguments),
}

fn main() -> ExitCode {
    if let Some(code) = hidden() {
        return ExitCode::from(u8::try_from(code).unwrap_or(1));
    }
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::Adopt(arguments) => commands::adopt::run(&arguments),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Schema(arguments) => commands::schema::run(&arguments),
        Command::Graph(arguments) => commands::graph::run(&arguments),
        Command::Reach(arguments) => commands::reach::run(&arguments),
        Command::Kustomize(arguments) => commands::kustomize::run(&arguments),
        Command::Up(arguments) => commands::up::run(&arguments),
        Command::Status(arguments) => commands::status::run(&arguments),
        Command::Logs(arguments) => commands::logs::run(&arguments),
        Command::Exec(arguments) => commands::exec::run(&arguments),
        Command::Drill(arguments) => commands::drill::run(&arguments),
        Command::Evidence(arguments) => commands::evidence::run(&arguments),
        Command::Restore(arguments) => commands::restore::run(&arguments),
        Command::Report(arguments) => commands::report::run(&arguments),
        Command::Down(arguments) => commands::down::run(&arguments),
        Command::Doctor(arguments) => commands::lab::doctor(&arguments),
        Command::Lab(arguments) => commands::lab::run(&arguments),
    };
    outcome.unwrap_or_else(Exit::report).into()
}

/// The same binary is the first process of the box and of each lab machine, and what runs inside them.
fn hidden() -> Option<i32> {
    let words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    sehat_lab_linux::main_hidden(&words).or_else(|| sehat_guest::main_hidden(words.get(1..)?))
}
