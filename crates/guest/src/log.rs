//! A file of JSON lines that survives a kill: each line is one write, and a torn last line is left out when read.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Failure;

pub struct Lines {
    file: Mutex<File>,
}

impl Lines {
    /// Opens the file for appending.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(|error| Failure::new(crate::told(path, "opening", &error)))?;
        Ok(Self { file: Mutex::new(file) })
    }

    pub fn write(&self, entry: &impl Serialize) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(entry).map_err(|error| Failure::new(error.to_string()))?;
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line).map_err(Failure::from)
    }
}

/// Reads the whole lines of a file that may still be written to.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Failure> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::new(crate::told(path, "reading", &error)))?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .map(|line| {
            serde_json::from_str(line)
                .map_err(|error| Failure::new(crate::told(path, "understanding", &error)))
        })
        .collect()
}

/// Replaces a small file at once, so that a reader sees the old text or the new.
pub fn replace(path: &Path, value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_vec(value).map_err(|error| Failure::new(error.to_string()))?;
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).map_err(|error| Failure::new(crate::told(&beside, "writing", &error)))?;
    std::fs::rename(&beside, path).map_err(|error| Failure::new(crate::told(path, "replacing", &error)))
}
