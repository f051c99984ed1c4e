//! How a run ends.

use std::fmt::Write;
use std::process::ExitCode;

/// The exit codes of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Kept = 0,
    Broken = 1,
    BadInput = 2,
    LabFailed = 3,
    Unknown = 4,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// A run that could not do what it was asked to.
#[derive(Debug)]
pub struct Exit {
    pub code: Code,
    /// What is wrong, its causes, and what to do next.
    pub message: String,
}

impl Exit {
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self { code: Code::BadInput, message: message.into() }
    }

    pub fn lab_failed(message: impl Into<String>) -> Self {
        Self { code: Code::LabFailed, message: message.into() }
    }

    /// Takes an error of the lab with all its causes.
    pub fn of_lab(error: &dyn std::error::Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let _ = write!(message, ": {error}");
            cause = error.source();
        }
        Self::lab_failed(message)
    }

    /// Prints the message to standard error.
    pub fn report(self) -> Code {
        let mut text = String::new();
        let _ = writeln!(text, "{}: {}", crate::style::bad("error"), shown(&self.message));
        let _ = std::io::Write::write_all(&mut anstream::stderr(), text.as_bytes());
        self.code
    }
}

/// Each line without what looks like a secret.
fn shown(message: &str) -> String {
    message.lines().map(sehat_diagnostic::redact).collect::<Vec<_>>().join("\n")
}
