//! What can go wrong with the evidence, and what to do next.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why the evidence could not be read or written.
#[derive(Debug)]
pub enum EvidenceError {
    /// The folder holds no evidence.
    Missing {
        dir: PathBuf,
    },
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// Another process appends.
    Busy {
        dir: PathBuf,
        waited: Duration,
    },
    /// Nothing is appended to what does not verify.
    Damaged {
        dir: PathBuf,
        why: String,
    },
    /// The folder belongs to another platform or environment.
    OtherPlatform {
        dir: PathBuf,
        holds: String,
        wanted: String,
    },
    /// A head hash that the user gave is none.
    BadHash {
        given: String,
    },
    /// A body that JSON cannot hold.
    Body {
        kind: String,
        source: serde_json::Error,
    },
    /// The operating system gave no random numbers for the signing key.
    NoRandomness {
        reason: String,
    },
}

impl EvidenceError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn damaged(dir: &Path, why: impl Into<String>) -> Self {
        Self::Damaged { dir: dir.to_owned(), why: why.into() }
    }
}

impl fmt::Display for EvidenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { dir } => {
                write!(
                    f,
                    "no evidence in {}; a drill or `sehat check` with a lab writes the first",
                    dir.display()
                )
            }
            Self::Io { action, path, .. } => write!(f, "cannot {action} {}", path.display()),
            Self::Busy { dir, waited } => write!(
                f,
                "another process has been writing the evidence in {} for {} s; let it end, then run this again",
                dir.display(),
                waited.as_secs_f32()
            ),
            Self::Damaged { dir, why } => write!(
                f,
                "nothing was appended to the evidence in {}: {why}; `sehat evidence verify` shows what is wrong; \
                 to go on, move the folder aside and keep it",
                dir.display()
            ),
            Self::OtherPlatform { dir, holds, wanted } => {
                write!(
                    f,
                    "{} holds the evidence of {holds}, not of {wanted}; choose another folder",
                    dir.display()
                )
            }
            Self::BadHash { given } => write!(
                f,
                "`{given}` is not a head hash: 64 digits of 0-9 and a-f, as `sehat evidence head` prints them"
            ),
            Self::Body { kind, .. } => write!(f, "a record of kind `{kind}` cannot be written as JSON"),
            Self::NoRandomness { reason } => {
                write!(f, "the system gave no random numbers for the signing key: {reason}")
            }
        }
    }
}

impl Error for EvidenceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Body { source, .. } => Some(source),
            _ => None,
        }
    }
}
