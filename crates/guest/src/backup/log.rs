//! Saves the log as it grows: every few seconds the new bytes of each of its files become one more copy at the vault.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::session::Session;
use super::{Backup, NOW, say, sealed};
use crate::{Failure, binlog, clock, log, pipeline};

/// One copy; what is longer is saved in several.
const PIECE_BYTES_MAX: u64 = 32 << 20;
/// How often a wish to save at once is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(200);
pub const STATE: &str = "log.json";
pub const STATUS: &str = "status.json";

/// How far each file of the log is saved.
type State = BTreeMap<String, Saved>;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Saved {
    /// When the file was begun: another file of the same name is another file.
    epoch: u32,
    offset: u64,
}

/// What the saving says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Status {
    /// When everything that was written by then was at the vault.
    saved_until_ms: Option<u64>,
    /// From the wish to save to the vault's answer, the last time.
    took_ms: u64,
    error: Option<String>,
}

/// Goes on until the process is ended.
pub fn ship(config: &Backup) -> ! {
    let Some(every_ms) = config.log_every_ms else {
        loop {
            std::thread::sleep(Duration::from_hours(1));
        }
    };
    let mut shipper = Shipper { config, state: read_state(config), session: None, status: Status::default() };
    let every = Duration::from_millis(every_ms);
    let wish = config.state_dir.join(NOW);
    loop {
        let began = Instant::now();
        let wished = wish.exists();
        shipper.turn();
        if wished {
            let _ = fs::remove_file(&wish);
        }
        while began.elapsed() < every && !wish.exists() {
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

fn read_state(config: &Backup) -> State {
    let text = fs::read(config.state_dir.join(STATE)).unwrap_or_default();
    // Without a state everything is saved once more, which costs room and loses nothing.
    serde_json::from_slice(&text).unwrap_or_default()
}

struct Shipper<'a> {
    config: &'a Backup,
    state: State,
    session: Option<Session>,
    status: Status,
}

impl Shipper<'_> {
    fn turn(&mut self) {
        let (began, begin_ms) = (Instant::now(), clock::unix_ms());
        let outcome = self.save();
        self.status.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        match outcome {
            Ok(()) => {
                self.status.saved_until_ms = Some(begin_ms);
                self.status.error = None;
            }
            Err(failure) => {
                self.session = None;
                let text = failure.to_string();
                if self.status.error.as_ref() != Some(&text) {
                    say(&format!("the log is not saved: {text}"));
                }
                self.status.error = Some(text);
            }
        }
        let _ = log::replace(&self.config.state_dir.join(STATUS), &self.status);
    }

    fn save(&mut self) -> Result<(), Failure> {
        let files = files(&self.config.binlog)?;
        self.state.retain(|name, _| files.iter().any(|(known, _)| known == name));
        for (name, path) in files {
            while let Some((from, piece)) = self.next_piece(&name, &path)? {
                self.add(&name, from, piece)?;
            }
        }
        Ok(())
    }

    /// Returns the bytes that are not saved yet, and where they begin.
    fn next_piece(&mut self, name: &str, path: &Path) -> Result<Option<(Saved, Vec<u8>)>, Failure> {
        let told = |error: std::io::Error| Failure::new(crate::told(path, "reading", &error));
        let mut file = File::open(path).map_err(told)?;
        let Some(epoch) = binlog::epoch(&mut file).map_err(told)? else { return Ok(None) };
        let length = file.metadata().map_err(told)?.len();
        let known =
            self.state.get(name).copied().filter(|saved| saved.epoch == epoch && saved.offset <= length);
        let saved = known.unwrap_or(Saved { epoch, offset: 0 });
        if saved.offset == length {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(saved.offset)).map_err(told)?;
        let mut piece = Vec::new();
        file.take((length - saved.offset).min(PIECE_BYTES_MAX)).read_to_end(&mut piece).map_err(told)?;
        Ok(Some((saved, piece)))
    }

    fn add(&mut self, name: &str, from: Saved, piece: Vec<u8>) -> Result<(), Failure> {
        let length = piece.len() as u64;
        let sealed = pipeline::through(&sealed(self.config), piece)?;
        let session = match &mut self.session {
            Some(session) => session,
            none => none.insert(Session::open(&self.config.vault)?),
        };
        session.put("log", &label(name, from), &mut sealed.as_slice())?;
        self.state.insert(name.to_owned(), Saved { offset: from.offset + length, ..from });
        log::replace(&self.config.state_dir.join(STATE), &self.state)
    }
}

/// `binlog.000001@1763740000.4711`: the file, when it was begun, and where the piece begins.
fn label(name: &str, from: Saved) -> String {
    format!("{name}@{}.{}", from.epoch, from.offset)
}

/// Returns the log's files in their order.
fn files(binlog: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let folder = binlog.parent().unwrap_or(Path::new("/"));
    let stem = binlog.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let entries =
        fs::read_dir(folder).map_err(|error| Failure::new(crate::told(folder, "reading", &error)))?;
    let mut files: Vec<(String, PathBuf)> = entries
        .flatten()
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .filter(|(name, _)| is_numbered(name, &stem))
        .collect();
    files.sort();
    Ok(files)
}

fn is_numbered(name: &str, stem: &str) -> bool {
    let number = name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('.'));
    number.is_some_and(|number| number.len() >= 6 && number.bytes().all(|digit| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logs_files_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["binlog.000002", "binlog.000001", "binlog.index", "binlog.state", "ibdata1", "binlog.1"]
        {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let names: Vec<String> =
            files(&folder.path().join("binlog")).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["binlog.000001", "binlog.000002"]);
    }
}
