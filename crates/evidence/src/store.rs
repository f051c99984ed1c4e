//! Opening a store, mending what a kill left, and appending to it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::chain::{Chain, records_path};
use crate::error::EvidenceError;
use crate::files::{
    Owner, make_folder, open_append, read_optional, replace, sync_parent, wait_for_lock, write_whole,
};
use crate::head::{Head, head_path};
use crate::key::Key;
use crate::record::{Record, kind, sha256_hex, write_line};

/// Where the evidence of one platform and environment lies.
#[derive(Clone, Debug)]
pub struct Location {
    pub dir: PathBuf,
    pub platform: String,
    pub environment: String,
    /// For whom root writes.
    pub owner: Option<Owner>,
}

/// What an opening found after a kill; the body of a `repaired` record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// Bytes of a torn record, moved out.
    pub cut_bytes: u64,
    /// Where they are, in the store's folder.
    pub moved_to: Vec<String>,
    /// Whole records that the head did not cover yet.
    pub adopted: Vec<u64>,
}

/// Evidence that is open for appending. It is locked until it is dropped, so keep it briefly.
pub struct Store {
    location: Location,
    file: File,
    key: Key,
    count: u64,
    bytes: u64,
    hash: String,
    repair: Option<Repair>,
    /// Why the state on the disk is not known any more.
    lost: Option<String>,
    _lock: File,
}

impl Store {
    /// Opens a store, or makes it with its key and a `started` record.
    ///
    /// Waits for another process that appends, `wait` at most. Mends what a kill left and records that.
    pub fn open(location: &Location, now: Timestamp, wait: Duration) -> Result<Self, EvidenceError> {
        let dir = &location.dir;
        make_folder(dir, location.owner)?;
        let lock = lock(dir, location.owner, wait)?;
        let text = read_optional(&records_path(dir))?.unwrap_or_default();
        let chain = Chain::read(&text);
        let head = read_head(location)?;
        let key = Key::open(dir, location.owner, !chain.records.is_empty() || head.is_some())?;
        let covered = covered_count(dir, head.as_ref(), &key, &chain)?;
        let mut store = Self {
            location: location.clone(),
            file: open_append(&records_path(dir), location.owner)?,
            key,
            count: chain.count(),
            bytes: chain.bytes as u64,
            hash: chain.hash().to_owned(),
            repair: None,
            lost: None,
            _lock: lock,
        };
        store.mend(&text, &chain, covered, now)?;
        store.start(now)?;
        Ok(store)
    }

    /// Appends a record. It is on the disk and signed when this returns; after an error it is not there at all.
    pub fn append(
        &mut self,
        now: Timestamp,
        kind: &str,
        body: &impl Serialize,
    ) -> Result<Record, EvidenceError> {
        if let Some(why) = &self.lost {
            return Err(EvidenceError::damaged(&self.location.dir, why.clone()));
        }
        let (record, line) = serde_json::to_value(body)
            .and_then(|body| write_line(self.count + 1, now, kind, body, &self.hash))
            .map_err(|source| EvidenceError::Body { kind: kind.to_owned(), source })?;
        self.write_record(&line)
            .and_then(|()| self.write_head(&record))
            .map_err(|error| self.roll_back(error))?;
        self.count = record.number;
        self.bytes += line.len() as u64;
        self.hash.clone_from(&record.hash);
        self.confirm_head()?;
        Ok(record)
    }

    /// Returns what was mended when the store was opened.
    pub fn repair(&self) -> Option<&Repair> {
        self.repair.as_ref()
    }

    /// Returns the hash to keep elsewhere.
    pub fn head_hash(&self) -> &str {
        &self.hash
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    fn write_record(&mut self, line: &str) -> Result<(), EvidenceError> {
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(EvidenceError::io("append to", &records_path(&self.location.dir)))
    }

    fn write_head(&self, record: &Record) -> Result<(), EvidenceError> {
        let Location { dir, platform, environment, owner } = &self.location;
        let head = Head::sign(&self.key, platform, environment, record.number, &record.hash);
        replace(&head_path(dir), head.to_text()?.as_bytes(), *owner, false)
    }

    fn confirm_head(&mut self) -> Result<(), EvidenceError> {
        let path = head_path(&self.location.dir);
        sync_parent(&path).map_err(|error| {
            self.lost = Some(format!("the disk did not confirm record {}", self.count));
            EvidenceError::io("confirm", &path)(error)
        })
    }

    /// Takes a record back that did not get its head. Shortening needs no space, so it works on a full disk.
    fn roll_back(&mut self, error: EvidenceError) -> EvidenceError {
        if let Err(second) = self.file.set_len(self.bytes).and_then(|()| self.file.sync_data()) {
            self.lost = Some(format!("record {} could not be taken back: {second}", self.count + 1));
        }
        error
    }

    fn mend(
        &mut self,
        text: &[u8],
        chain: &Chain,
        covered: u64,
        now: Timestamp,
    ) -> Result<(), EvidenceError> {
        let torn = &text[chain.bytes..];
        if !torn.is_empty() {
            self.cut(torn)?;
        }
        let moved_to = unrecorded_cuts(&self.location.dir, chain)?;
        let adopted: Vec<u64> = (covered + 1..=chain.count()).collect();
        if moved_to.is_empty() && adopted.is_empty() {
            return Ok(());
        }
        let cut_bytes = moved_to.iter().map(|(_, bytes)| bytes).sum();
        let moved_to = moved_to.into_iter().map(|(name, _)| name).collect();
        let repair = Repair { cut_bytes, moved_to, adopted };
        // A chain begins with its `started` record, also where that one was torn.
        if self.count == 0 {
            self.start(now)?;
        }
        self.append(now, kind::REPAIRED, &repair)?;
        self.repair = Some(repair);
        Ok(())
    }

    /// Moves the torn bytes out before it takes them off, so that a kill in between loses nothing.
    fn cut(&self, torn: &[u8]) -> Result<(), EvidenceError> {
        let Location { dir, owner, .. } = &self.location;
        make_folder(&dir.join(CUT_FOLDER), *owner)?;
        let digest = sha256_hex(torn);
        let name = format!("{CUT_FOLDER}/{}-{}.part", self.bytes, &digest[..16]);
        write_whole(&dir.join(name), torn, *owner)?;
        let shortened = self.file.set_len(self.bytes).and_then(|()| self.file.sync_all());
        shortened.map_err(EvidenceError::io("cut the torn record off", &records_path(dir)))
    }

    fn start(&mut self, now: Timestamp) -> Result<(), EvidenceError> {
        if self.count > 0 {
            return Ok(());
        }
        let Location { platform, environment, .. } = &self.location;
        let body = serde_json::json!({
            "platform": platform,
            "environment": environment,
            "public_key": self.key.public_hex(),
        });
        self.append(now, kind::STARTED, &body).map(|_| ())
    }
}

const CUT_FOLDER: &str = "cut";

/// Returns the names and sizes of moved out pieces that no record tells of yet.
fn unrecorded_cuts(dir: &Path, chain: &Chain) -> Result<BTreeSet<(String, u64)>, EvidenceError> {
    let folder = dir.join(CUT_FOLDER);
    if !folder.is_dir() {
        return Ok(BTreeSet::new());
    }
    let repairs = chain.records.iter().filter(|record| record.kind == kind::REPAIRED);
    let told: BTreeSet<String> = repairs
        .filter_map(|record| serde_json::from_value::<Repair>(record.body.clone()).ok())
        .flat_map(|repair| repair.moved_to)
        .collect();
    let list = || -> std::io::Result<_> {
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            found.insert((format!("{CUT_FOLDER}/{}", entry.file_name().display()), entry.metadata()?.len()));
        }
        Ok(found)
    };
    let mut found = list().map_err(EvidenceError::io("list", &folder))?;
    // A piece with another ending was being written when the kill came; it will be written again.
    found.retain(|(name, _)| name.strip_suffix(".part").is_some() && !told.contains(name));
    Ok(found)
}

/// Waits until no other process has the store open.
fn lock(dir: &Path, owner: Option<Owner>, wait: Duration) -> Result<File, EvidenceError> {
    let path = dir.join("lock");
    let file = open_append(&path, owner)?;
    wait_for_lock(dir, wait, || file.try_lock())?;
    Ok(file)
}

/// Reads the head and holds it against the platform that the caller means.
fn read_head(location: &Location) -> Result<Option<Head>, EvidenceError> {
    let dir = &location.dir;
    let Some(text) = read_optional(&head_path(dir))? else { return Ok(None) };
    let head = Head::parse(&text)
        .map_err(|why| EvidenceError::damaged(dir, format!("`head.json` is not readable: {why}")))?;
    let named = |platform: &str, environment: &str| format!("`{platform}` in `{environment}`");
    if head.platform != location.platform || head.environment != location.environment {
        return Err(EvidenceError::OtherPlatform {
            dir: dir.clone(),
            holds: named(&head.platform, &head.environment),
            wanted: named(&location.platform, &location.environment),
        });
    }
    Ok(Some(head))
}

/// Returns how many records the head covers, if all of them are there and only a kill left the rest.
fn covered_count(dir: &Path, head: Option<&Head>, key: &Key, chain: &Chain) -> Result<u64, EvidenceError> {
    if let Some(head) = head {
        if head.public_key != key.public_hex() || !head.is_signed() {
            return Err(EvidenceError::damaged(dir, "the head is not signed by the store's key"));
        }
        if chain.hash_after(head.count) != Some(&head.hash) {
            return Err(EvidenceError::damaged(
                dir,
                format!("the {} records of the head are not all there", head.count),
            ));
        }
    }
    let covered = head.map_or(0, |head| head.count);
    let uncovered = chain.records.iter().filter(|record| record.number > covered);
    // The head follows each record, so a kill leaves one; a kill during a repair leaves the repair too.
    if uncovered.skip(1).any(|record| record.kind != kind::REPAIRED) {
        return Err(EvidenceError::damaged(
            dir,
            format!(
                "the head covers {covered} of {} records, and a kill leaves only one behind",
                chain.count()
            ),
        ));
    }
    Ok(covered)
}
