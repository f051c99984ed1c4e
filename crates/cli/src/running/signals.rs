//! The request to end, which a drill honours after it has healed what it struck.

use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

static ASKED: AtomicBool = AtomicBool::new(false);

pub fn watch() {
    let action = SigAction::new(SigHandler::Handler(ask), SaFlags::SA_RESETHAND, SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        // SAFETY: the handler only stores to an atomic, which is safe in a signal handler.
        let _ = unsafe { sigaction(signal, &action) };
    }
}

pub fn asked_to_end() -> bool {
    ASKED.load(Ordering::Relaxed)
}

extern "C" fn ask(_: nix::libc::c_int) {
    ASKED.store(true, Ordering::Relaxed);
}
