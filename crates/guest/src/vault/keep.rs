//! The folder of copies: each is written once under a name that the vault chooses, and removed by age alone.
//!
//! `ROOT/<machine>/<kind>/<number>_<received ms>_<label>`

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::Vault;
use crate::{Failure, clock};

/// Copies that are not whole yet.
const INCOMING: &str = "incoming";

pub struct Keeper {
    config: Vault,
    state: Mutex<State>,
}

struct State {
    total_bytes: u64,
    incoming: u64,
}

/// One copy that lies in the vault.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    pub number: u64,
    pub received_ms: u64,
    pub label: String,
    pub path: PathBuf,
    pub bytes: u64,
}

impl Keeper {
    /// Opens the folder, and removes what a kill has left half-way.
    pub fn open(config: &Vault) -> Result<Self, Failure> {
        let incoming = config.root.join(INCOMING);
        let _ = fs::remove_dir_all(&incoming);
        fs::create_dir_all(&incoming)
            .map_err(|error| Failure::new(crate::told(&incoming, "making", &error)))?;
        let total_bytes = folders(&config.root)?.values().flatten().map(|copy| copy.bytes).sum();
        Ok(Self { config: config.clone(), state: Mutex::new(State { total_bytes, incoming: 0 }) })
    }

    pub fn admits(&self, kind: &str) -> bool {
        self.config.keep_ms.contains_key(kind)
    }

    /// Begins a copy that counts only once it is kept.
    pub fn begin(&self) -> Result<Incoming<'_>, Failure> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.incoming += 1;
        let path = self.config.root.join(INCOMING).join(state.incoming.to_string());
        let file = OpenOptions::new().write(true).create_new(true).mode(0o400).open(&path);
        let file = file.map_err(|error| Failure::new(crate::told(&path, "writing", &error)))?;
        Ok(Incoming { keeper: self, file, path, bytes: 0 })
    }

    /// Removes copies that are older than their kind's time, but never the newest few.
    pub fn prune(&self) -> Result<Vec<PathBuf>, Failure> {
        let now = clock::unix_ms();
        let mut removed = Vec::new();
        for ((_, kind), copies) in folders(&self.config.root)? {
            let Some(keep_ms) = self.config.keep_ms.get(&kind) else { continue };
            let old = copies.len().saturating_sub(self.config.kept_count_min);
            for copy in copies.iter().take(old).filter(|copy| copy.received_ms.saturating_add(*keep_ms) < now)
            {
                fs::remove_file(&copy.path)?;
                self.state.lock().unwrap_or_else(PoisonError::into_inner).total_bytes -= copy.bytes;
                removed.push(copy.path.clone());
            }
        }
        Ok(removed)
    }
}

/// A copy that is being received; it vanishes where it is not kept.
pub struct Incoming<'a> {
    keeper: &'a Keeper,
    file: File,
    path: PathBuf,
    bytes: u64,
}

impl Incoming<'_> {
    pub fn add(&mut self, part: &[u8]) -> io::Result<()> {
        let refuse = |reason: &str| Err(io::Error::new(io::ErrorKind::StorageFull, reason));
        let added = part.len() as u64;
        if self.bytes + added > self.keeper.config.copy_bytes_max {
            return refuse("the copy is larger than the vault takes");
        }
        let mut state = self.keeper.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.total_bytes + added > self.keeper.config.total_bytes_max {
            return refuse("the vault is full");
        }
        state.total_bytes += added;
        self.bytes += added;
        drop(state);
        self.file.write_all(part)
    }

    /// Keeps the copy. It is on the disk under its final name when this returns.
    pub fn keep(mut self, from: &str, kind: &str, label: &str) -> Result<String, Failure> {
        self.file.sync_all()?;
        let folder = self.keeper.config.root.join(from).join(kind);
        fs::create_dir_all(&folder)?;
        // One at a time, so that numbers are given once and in the order of arrival.
        let state = self.keeper.state.lock().unwrap_or_else(PoisonError::into_inner);
        let number = copies(&folder)?.last().map_or(1, |copy| copy.number + 1);
        let name = format!("{number:010}_{}_{label}", clock::unix_ms());
        // A link fails where the name is taken, a rename would replace it.
        fs::hard_link(&self.path, folder.join(&name))?;
        drop(state);
        File::open(&folder)?.sync_all()?;
        let name = format!("{from}/{kind}/{name}");
        self.bytes = 0;
        Ok(name)
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Incoming<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        self.keeper.state.lock().unwrap_or_else(PoisonError::into_inner).total_bytes -= self.bytes;
    }
}

/// Copies by machine and kind, in the order of their arrival.
pub fn folders(root: &Path) -> Result<BTreeMap<(String, String), Vec<Kept>>, Failure> {
    let mut found = BTreeMap::new();
    for from in names(root)?.into_iter().filter(|name| name != INCOMING) {
        for kind in names(&root.join(&from))? {
            let copies = copies(&root.join(&from).join(&kind))?;
            found.insert((from.clone(), kind), copies);
        }
    }
    Ok(found)
}

fn copies(folder: &Path) -> Result<Vec<Kept>, Failure> {
    let kept = names(folder)?.into_iter().filter_map(|name| kept(folder, &name));
    let mut kept: Vec<Kept> = kept.collect();
    kept.sort();
    Ok(kept)
}

fn kept(folder: &Path, name: &str) -> Option<Kept> {
    let mut parts = name.splitn(3, '_');
    let (number, received, label) = (parts.next()?, parts.next()?, parts.next()?);
    let path = folder.join(name);
    let bytes = fs::metadata(&path).ok()?.len();
    Some(Kept {
        number: number.parse().ok()?,
        received_ms: received.parse().ok()?,
        label: label.to_owned(),
        path,
        bytes,
    })
}

fn names(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Failure::new(crate::told(folder, "reading", &error))),
    };
    Ok(entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeper(folder: &Path, keep_ms: u64) -> Keeper {
        let config = Vault {
            root: folder.to_owned(),
            socket: folder.join("in.sock"),
            keep_ms: [("full".to_owned(), keep_ms)].into(),
            kept_count_min: 1,
            copy_bytes_max: 10,
            total_bytes_max: 16,
            prune_every_ms: 1,
        };
        Keeper::open(&config).unwrap()
    }

    fn add(keeper: &Keeper, text: &str) -> Result<String, String> {
        let mut incoming = keeper.begin().unwrap();
        incoming.add(text.as_bytes()).map_err(|error| error.to_string())?;
        incoming.keep("records-1", "full", "same").map_err(|failure| failure.to_string())
    }

    #[test]
    fn the_same_label_never_replaces_a_copy() {
        let folder = tempfile::tempdir().unwrap();
        let keeper = keeper(folder.path(), 1_000_000);
        add(&keeper, "first").unwrap();
        let second = add(&keeper, "second").unwrap();
        assert!(second.starts_with("records-1/full/0000000002_"), "{second}");
        let kept = &folders(folder.path()).unwrap()[&("records-1".to_owned(), "full".to_owned())];
        let texts: Vec<String> = kept.iter().map(|copy| fs::read_to_string(&copy.path).unwrap()).collect();
        assert_eq!(texts, ["first", "second"]);
    }

    #[test]
    fn a_full_vault_refuses_the_new_and_keeps_the_old() {
        let folder = tempfile::tempdir().unwrap();
        let keeper = keeper(folder.path(), 1_000_000);
        assert_eq!(add(&keeper, "eleven signs").unwrap_err(), "the copy is larger than the vault takes");
        add(&keeper, "ten signs.").unwrap();
        assert_eq!(add(&keeper, "seven..").unwrap_err(), "the vault is full");
        add(&keeper, "six...").unwrap();
        assert_eq!(folders(folder.path()).unwrap().values().flatten().count(), 2);
    }

    #[test]
    fn pruning_goes_by_age_and_leaves_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let keeper = keeper(folder.path(), 0);
        add(&keeper, "one").unwrap();
        add(&keeper, "two").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert_eq!(keeper.prune().unwrap().len(), 1);
        let left = folders(folder.path()).unwrap();
        assert_eq!(left.values().flatten().map(|copy| copy.number).collect::<Vec<_>>(), [2]);
        assert_eq!(keeper.prune().unwrap().len(), 0);
    }
}
