//! What a lab costs while nothing happens in it.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::Test;
use crate::life::Running;
use crate::machine_state::lab_processes;

pub const TESTS: &[Test] = &[("an_idle_lab_costs_little", an_idle_lab_costs_little)];

/// Processor time and memory of Sehat's own processes: the box, the first processes and the front door.
fn used() -> (Duration, u64) {
    lab_processes().into_iter().fold((Duration::ZERO, 0), |(time, memory), (pid, _)| {
        (time + processor_time(pid), memory + own_memory(pid))
    })
}

/// Kernel and user time in clock ticks of 10 ms (proc(5), fields 14 and 15).
fn processor_time(pid: i32) -> Duration {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// The proportional share, because all of them are one program.
fn own_memory(pid: i32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) << 10
}

#[expect(clippy::print_stderr, reason = "the figures are the test's report")]
fn an_idle_lab_costs_little() {
    let lab = Running::clinic("clinic");
    thread::sleep(Duration::from_millis(500));
    let (start, (before, _)) = (Instant::now(), used());
    thread::sleep(Duration::from_secs(10));
    let (after, memory) = used();
    let spent = after.checked_sub(before).unwrap();
    let share = spent.as_secs_f64() / start.elapsed().as_secs_f64();
    eprintln!(
        "  {:.2} % of a core, {} KiB, {} processes",
        share * 100.0,
        memory >> 10,
        lab_processes().len()
    );
    assert!(share < 0.01 && memory < 60 << 20);
    drop(lab);
}
