//! Files that survive a kill and a full disk: written whole or not at all, and owned by the user.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::EvidenceError;

/// Whom files belong to that root writes for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub user: u32,
    pub group: u32,
}

impl Owner {
    /// Returns the user who called `sudo`, from `SUDO_UID` and `SUDO_GID`.
    pub fn of_sudo() -> Option<Self> {
        let number = |name| std::env::var(name).ok()?.parse().ok();
        Some(Self { user: number("SUDO_UID")?, group: number("SUDO_GID")? })
    }
}

/// Returns `None` where there is no such file. Follows no link: root may read here what a user wrote.
pub(crate) fn read_optional(path: &Path) -> Result<Option<Vec<u8>>, EvidenceError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EvidenceError::io("read", path)(error)),
        Ok(found) if !found.is_file() => Err(not_a_file(path)),
        Ok(_) => fs::read(path).map(Some).map_err(EvidenceError::io("read", path)),
    }
}

/// Opens a file to write at its end, and makes it where it lacks.
pub(crate) fn open_append(path: &Path, owner: Option<Owner>) -> Result<File, EvidenceError> {
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(not_a_file(path));
    }
    let file = OpenOptions::new().create(true).append(true).open(path);
    let file = file.map_err(EvidenceError::io("open", path))?;
    give(&file, owner).map_err(EvidenceError::io("change the owner of", path))?;
    Ok(file)
}

fn not_a_file(path: &Path) -> EvidenceError {
    EvidenceError::io("use", path)(io::Error::new(
        ErrorKind::InvalidInput,
        "it is a link or a folder, not a file",
    ))
}

/// Makes the folder and those above it; the folder itself goes to the owner.
pub(crate) fn make_folder(dir: &Path, owner: Option<Owner>) -> Result<(), EvidenceError> {
    if dir.is_dir() {
        return Ok(());
    }
    let made = || {
        fs::create_dir_all(dir)?;
        let folder = File::open(dir)?;
        give(&folder, owner)?;
        dir.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_folder)
    };
    made().map_err(EvidenceError::io("make the folder", dir))
}

/// Replaces a file. After an error the old one stands, whole.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], owner: Option<Owner>) -> Result<(), EvidenceError> {
    replace(path, bytes, owner, false)?;
    sync_parent(path).map_err(EvidenceError::io("write", path))
}

/// As [`write_whole`], readable by its owner alone from the first moment.
pub(crate) fn create_secret(path: &Path, bytes: &[u8], owner: Option<Owner>) -> Result<(), EvidenceError> {
    replace(path, bytes, owner, true)?;
    sync_parent(path).map_err(EvidenceError::io("write", path))
}

/// Renames a written file over the old one, which is not yet sure to survive a loss of power.
pub(crate) fn replace(
    path: &Path,
    bytes: &[u8],
    owner: Option<Owner>,
    secret: bool,
) -> Result<(), EvidenceError> {
    let fresh = fresh_path(path);
    let written = || {
        remove_stale(&fresh)?;
        let mut file = create_new(&fresh, secret)?;
        file.write_all(bytes)?;
        give(&file, owner)?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    };
    written().map_err(|error| {
        // A failed write leaves nothing behind; the error that counts is the first one.
        let _ = fs::remove_file(&fresh);
        EvidenceError::io("write", path)(error)
    })
}

fn fresh_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

fn remove_stale(fresh: &Path) -> io::Result<()> {
    match fs::remove_file(fresh) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Never writes through a link, because it makes a new file or none.
fn create_new(path: &Path, secret: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if secret { 0o600 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = secret;
    options.open(path)
}

/// Gives a file to its owner where this process is root; others own what they write anyway.
fn give(file: &File, owner: Option<Owner>) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(Owner { user, group }) = owner {
        use std::os::unix::fs::{MetadataExt, fchown};
        let found = file.metadata()?;
        if found.uid() == 0 && user != 0 {
            return fchown(file, Some(user), Some(group));
        }
    }
    #[cfg(not(unix))]
    let _ = (file, owner);
    Ok(())
}

/// Makes a rename in the file's folder survive a loss of power.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), sync_folder)
}

fn sync_folder(dir: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened as a file, and the file system keeps its own order.
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// Tries until the lock is had. The kernel frees it when its holder ends, however that ends.
pub(crate) fn wait_for_lock(
    dir: &Path,
    wait: Duration,
    mut try_lock: impl FnMut() -> Result<(), TryLockError>,
) -> Result<(), EvidenceError> {
    let started = Instant::now();
    loop {
        match try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(EvidenceError::io("lock", dir)(error)),
            Err(TryLockError::WouldBlock) if started.elapsed() >= wait => {
                return Err(EvidenceError::Busy { dir: dir.to_owned(), waited: wait });
            }
            Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(10)),
        }
    }
}
