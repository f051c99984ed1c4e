//! `cargo xtask measure COUNT COMMAND…`: processor time and memory of a whole process, over several runs.

use std::process::{Command, Stdio};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

pub fn run(words: &[String]) -> Result<(), Vec<String>> {
    let usage = || vec!["usage: cargo xtask measure COUNT COMMAND…".to_owned()];
    let (count, command) = words.get(1..).and_then(<[String]>::split_first).ok_or_else(usage)?;
    let count: usize = count.parse().map_err(|_| usage())?;
    let (program, rest) = command.split_first().ok_or_else(usage)?;
    let mut cpu_ms = Vec::new();
    for _ in 0..count.max(1) {
        let before = spent_ms()?;
        Command::new(program)
            .args(rest)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map_err(|error| vec![format!("{program} cannot be started: {error}")])?;
        cpu_ms.push(spent_ms()? - before);
    }
    cpu_ms.sort_unstable();
    println!(
        "{} ms CPU (n {}, {} to {}), {} MB",
        cpu_ms[cpu_ms.len() / 2],
        cpu_ms.len(),
        cpu_ms[0],
        cpu_ms[cpu_ms.len() - 1],
        usage_of_children()?.max_rss() / 1024
    );
    Ok(())
}

fn usage_of_children() -> Result<nix::sys::resource::Usage, Vec<String>> {
    getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| vec![format!("getrusage: {error}")])
}

/// User and system time of every child so far.
fn spent_ms() -> Result<i64, Vec<String>> {
    let usage = usage_of_children()?;
    Ok((usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) / 1000)
}
