//! The project's own chores: `cargo xtask tidy`, `features`, `gen`, `measure`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore talks to the person who runs it")]

mod features;
mod generator;
mod measure;
mod planted;
mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match words.first().map(String::as_str) {
        Some("features") => features::run(),
        Some("gen") => generator::run(&words),
        Some("measure") => measure::run(&words),
        Some("planted") => planted::run(&words),
        Some("tidy") => tidy::run(),
        _ => Err(vec!["usage: cargo xtask features | gen | measure | planted | tidy".to_owned()]),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(lines) => {
            for line in lines {
                eprintln!("{line}");
            }
            ExitCode::FAILURE
        }
    }
}
