//! Why the lab could not do something, with the cause kept in `source`.

use std::error::Error as StdError;
use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug)]
pub enum Error {
    /// The system refused a step.
    Failed { doing: String, source: Box<dyn StdError + Send + Sync> },
    /// The real machine lacks something; the sentence says what, and what to do.
    Lacking(String),
    /// The request makes no sense for this lab; the sentence says why.
    Refused(String),
    /// No lab of this name runs.
    NotRunning(String),
    /// The lab came up in part; the sentence says what did not.
    NotReady(String),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { doing, .. } => write!(formatter, "cannot {doing}"),
            Self::Lacking(text) | Self::Refused(text) | Self::NotReady(text) => formatter.write_str(text),
            Self::NotRunning(lab) => {
                write!(formatter, "the lab `{lab}` does not run; start it with `sehat up`")
            }
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Failed { source, .. } => Some(&**source),
            _ => None,
        }
    }
}

impl Error {
    /// The sentence and its causes in one line, for another process to read.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(inner) = cause {
            text = format!("{text}: {inner}");
            cause = inner.source();
        }
        text
    }
}

/// Says what was being done when a step failed.
pub trait Doing<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: StdError + Send + Sync + 'static> Doing<T> for std::result::Result<T, E> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::Failed { doing: what(), source: Box::new(source) })
    }
}
