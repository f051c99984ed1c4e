//! What a lab of Health-InfraOps uses while nothing happens in it.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::{Lab, platform, skipped};
use crate::usage;

/// The program as it is released; one with its debug information is many times as large.
fn released() -> Option<PathBuf> {
    let path = std::env::var_os("SEHAT_RELEASED").map(PathBuf::from);
    assert!(
        path.is_some() || std::env::var_os("CI").is_none(),
        "SEHAT_RELEASED names no program; `make test` sets it"
    );
    path
}

#[test]
#[expect(clippy::print_stderr, reason = "the figures are the test's report")]
fn an_idle_lab_costs_little() {
    if skipped() {
        return;
    }
    let Some(program) = released() else {
        eprintln!("skipped: SEHAT_RELEASED names no program; `make test` sets it");
        return;
    };
    let lab = Lab::up_with(program, &platform());
    let group = lab.exec("web-1", &["cat", "/proc/1/cgroup"]);
    let group =
        group.lines().find_map(|line| line.split("/sehat/").nth(1)?.split('/').next()).unwrap_or_default();
    // Servers that have just started are still busy with each other.
    thread::sleep(Duration::from_secs(5));
    let (start, before) = (Instant::now(), usage::of_lab(group));
    thread::sleep(Duration::from_secs(30));
    let (passed, after) = (start.elapsed(), usage::of_lab(group));
    let share = after.own.time.saturating_sub(before.own.time).as_secs_f64() / passed.as_secs_f64();
    let (own, all) = (after.own.memory_bytes >> 20, after.all.memory_bytes >> 20);
    let said = format!(
        "{:.2} % of a core and {own} MiB for {} processes of Sehat, {all} MiB for all {}",
        share * 100.0,
        after.own.count,
        after.all.count
    );
    eprintln!("{said}");
    assert!(after.own.count > 40 && after.all.count > 80, "{said}");
    assert!(share < 0.01 && own < 60 && all < 4096, "{said}");
}
