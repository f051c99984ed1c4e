//! What a lab costs while nothing happens in it.

use std::thread;
use std::time::{Duration, Instant};

use crate::harness::Test;
use crate::life::Running;
use crate::usage;

pub const TESTS: &[Test] = &[("an_idle_lab_costs_little", an_idle_lab_costs_little)];

#[expect(clippy::print_stderr, reason = "the figures are the test's report")]
fn an_idle_lab_costs_little() {
    let lab = Running::clinic("clinic");
    thread::sleep(Duration::from_millis(500));
    let (start, before) = (Instant::now(), usage::of_lab("clinic-test").own);
    thread::sleep(Duration::from_secs(10));
    let after = usage::of_lab("clinic-test").own;
    let share = after.time.saturating_sub(before.time).as_secs_f64() / start.elapsed().as_secs_f64();
    eprintln!(
        "  {:.2} % of a core, {} KiB, {} processes",
        share * 100.0,
        after.memory_bytes >> 10,
        after.count
    );
    assert!(after.count > 4 && share < 0.01 && after.memory_bytes < 60 << 20);
    drop(lab);
}
