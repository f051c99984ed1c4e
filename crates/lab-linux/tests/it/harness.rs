//! Runs tests one after another, because each compares the whole machine before and after.

use std::panic::catch_unwind;
use std::process::exit;
use std::time::Instant;

/// A name and what it runs.
pub type Test = (&'static str, fn());

#[expect(clippy::print_stderr, reason = "this is the test's report")]
pub fn run(args: &[String], tests: &[Test]) {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: a lab needs root");
        exit(i32::from(std::env::var_os("CI").is_some()));
    }
    let filters: Vec<&String> = args[1..].iter().filter(|arg| !arg.starts_with('-')).collect();
    let mut failed = Vec::new();
    for (name, test) in
        tests.iter().filter(|(name, _)| filters.is_empty() || filters.iter().any(|one| name.contains(*one)))
    {
        let start = Instant::now();
        let passed = catch_unwind(test).is_ok();
        let result = if passed { "ok" } else { "FAILED" };
        eprintln!("test {name} ... {result} ({} ms)", start.elapsed().as_millis());
        if !passed {
            failed.push(*name);
        }
    }
    eprintln!("{} failed {failed:?}", failed.len());
    exit(i32::from(!failed.is_empty()));
}
