//! The request to end: SIGTERM or SIGINT sets a flag that loops look at.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::Failure;

static STOP: AtomicBool = AtomicBool::new(false);

/// Longest time in which a sleeper does not look at the flag.
const LOOK_EVERY: Duration = Duration::from_millis(50);

extern "C" fn note(_signal: i32) {
    STOP.store(true, Ordering::Relaxed);
}

pub fn watch() -> Result<(), Failure> {
    let action = SigAction::new(SigHandler::Handler(note), SaFlags::SA_RESTART, SigSet::empty());
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        // SAFETY: the handler only stores to an atomic, which is allowed at any moment.
        unsafe { sigaction(signal, &action) }?;
    }
    Ok(())
}

pub fn stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// Sleeps until `moment`, and returns false where the request to end came first.
pub fn sleep_until(moment: Instant) -> bool {
    loop {
        let left = moment.saturating_duration_since(Instant::now());
        if stopped() || left.is_zero() {
            return !stopped();
        }
        std::thread::sleep(left.min(LOOK_EVERY));
    }
}
