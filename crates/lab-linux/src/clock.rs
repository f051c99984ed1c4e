//! The clocks of a lab: all its machines share those of the real one.

use nix::time::{ClockId, clock_gettime};
use sehat_lab::fault::Moment;

pub fn now_ms() -> u64 {
    now().monotonic_ns / 1_000_000
}

pub fn now() -> Moment {
    Moment { monotonic_ns: read(ClockId::CLOCK_MONOTONIC), realtime_ns: read(ClockId::CLOCK_REALTIME) }
}

fn read(clock: ClockId) -> u64 {
    clock_gettime(clock).map_or(0, |time| {
        let (seconds, rest) = (time.tv_sec().unsigned_abs(), time.tv_nsec().unsigned_abs());
        seconds * 1_000_000_000 + rest
    })
}
