//! Colours, which `anstream` leaves out where nobody sees them.

use std::io::Write;

use sehat_verdict::{Severity, Verdict};

fn painted(code: &str, text: &str) -> String {
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

pub fn bold(text: &str) -> String {
    painted("1", text)
}

pub fn dim(text: &str) -> String {
    painted("2", text)
}

pub fn good(text: &str) -> String {
    painted("32", text)
}

pub fn bad(text: &str) -> String {
    painted("1;31", text)
}

pub fn doubtful(text: &str) -> String {
    painted("33", text)
}

pub fn verdict(verdict: Verdict, text: &str) -> String {
    match verdict {
        Verdict::Kept => good(text),
        Verdict::Broken => bad(text),
        Verdict::Unknown => doubtful(text),
    }
}

pub fn severity(severity: Severity, text: &str) -> String {
    match severity {
        Severity::Critical | Severity::High => bad(text),
        Severity::Medium => doubtful(text),
        Severity::Low => dim(text),
    }
}

/// Writes to standard output. A reader that went away is no error.
pub fn print(text: &str) {
    let _ = anstream::stdout().write_all(text.as_bytes());
}

/// Writes to standard error.
pub fn tell(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}
