//! One lab on the real machine: its lock, its folder, the processes that carry its tag.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown, lchown};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use crate::error::{Doing, Error, Result};
use crate::mounts::make_folder;
use crate::process::Handle;
use crate::{cgroup, paths};

/// The hidden command that the box runs under.
pub const BOX_COMMAND: &str = "lab-box";
const KILL_LIMIT: Duration = Duration::from_secs(20);
const LOCK_LIMIT: Duration = Duration::from_secs(30);
/// Kept when `up` finds the rest of a broken run, because documents are rendered with them.
const KEPT: [&str; 3] = ["authority.key", "authority.pem", "secrets.json"];

/// The lock of a lab; whoever holds it is `up` or `down`, or the box that `up` gave it to.
pub fn try_lock(lab: &str) -> Result<Option<File>> {
    let path = paths::lock(lab);
    let doing = || format!("lock {}", path.display());
    loop {
        make_folder(&paths::run())?;
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).doing(doing)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error).doing(doing),
        }
        // `down` removes the file while it holds the lock; then this is the lock of nothing.
        let own = file.metadata().doing(doing)?.ino();
        if fs::metadata(&path).is_ok_and(|metadata| metadata.ino() == own) {
            return Ok(Some(file));
        }
    }
}

/// Ends the box, if there is one, and takes the lock.
pub fn lock_for_removal(lab: &str) -> Result<File> {
    let start = Instant::now();
    loop {
        end_box(lab)?;
        if let Some(lock) = try_lock(lab)? {
            return Ok(lock);
        }
        if start.elapsed() > LOCK_LIMIT {
            let text =
                format!("another `sehat` command works on the lab `{lab}`; wait for its end and try again");
            return Err(Error::Refused(text));
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Kills every process that carries the lab's tag; with the box's first process all others end.
pub fn end_box(lab: &str) -> Result<()> {
    cgroup::thaw_all(lab);
    let start = Instant::now();
    loop {
        let tagged = tagged_processes(&paths::lab(lab));
        if tagged.is_empty() {
            return Ok(());
        }
        if start.elapsed() > KILL_LIMIT {
            return Err(Error::Refused(format!("the process {} does not end", tagged[0])));
        }
        for pid in tagged {
            kill_tagged(pid, &paths::lab(lab));
        }
    }
}

fn kill_tagged(pid: Pid, folder: &Path) {
    let Some(handle) = Handle::open(pid) else { return };
    // The number may have gone to another process before the handle was opened.
    if is_tagged(pid, folder) {
        handle.kill();
        handle.wait_for_end(Duration::from_secs(5));
    }
}

fn tagged_processes(folder: &Path) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.map(Pid::from_raw).filter(|pid| is_tagged(*pid, folder)).collect()
}

/// A process that has ended but was not collected has no command line, so it does not count.
fn is_tagged(pid: Pid, folder: &Path) -> bool {
    let Ok(line) = fs::read(format!("/proc/{pid}/cmdline")) else { return false };
    let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
    words.len() >= 3
        && words[1] == BOX_COMMAND.as_bytes()
        && words[2] == folder.as_os_str().as_encoded_bytes()
}

/// Removes what a former run has left, but for what documents were rendered with.
pub fn clear_rest(lab: &str) -> Result<()> {
    end_box(lab)?;
    cgroup::remove(lab)?;
    let folder = paths::lab(lab);
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        if !KEPT.iter().any(|kept| entry.file_name() == *kept) {
            remove_any(&entry.path())?;
        }
    }
    remove_any(&paths::socket(lab))
}

/// Removes everything of a lab. The caller holds its lock.
pub fn remove(lab: &str) -> Result<()> {
    end_box(lab)?;
    cgroup::remove(lab)?;
    remove_any(&paths::lab(lab))?;
    let _ = fs::remove_dir(paths::labs());
    remove_any(&paths::socket(lab))?;
    remove_any(&paths::lock(lab))?;
    let _ = fs::remove_dir(paths::run());
    Ok(())
}

fn remove_any(path: &Path) -> Result<()> {
    let is_folder = fs::symlink_metadata(path).map(|metadata| metadata.is_dir());
    let result = match is_folder {
        Ok(true) => fs::remove_dir_all(path),
        Ok(false) => fs::remove_file(path),
        Err(_) => Ok(()),
    };
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.doing(|| format!("remove {}", path.display())),
    }
}

/// The lab's folder, for its owner only.
pub fn make_lab_folder(lab: &str) -> Result<PathBuf> {
    let folder = paths::lab(lab);
    make_folder(&folder)?;
    fs::set_permissions(&folder, Permissions::from_mode(0o700))
        .doing(|| format!("close {}", folder.display()))?;
    give_to_caller(&folder)?;
    Ok(folder)
}

/// Writes a file that only its owner reads, whole or not at all.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let doing = || format!("write {}", path.display());
    let new = path.with_extension("new");
    remove_any(&new)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).doing(doing)?;
    file.write_all(bytes).doing(doing)?;
    give_file_to_caller(&file, &new)?;
    fs::rename(&new, path).doing(doing)
}

/// Under sudo, files belong to the user who called it. A link is never followed, because the folder is his.
pub fn give_to_caller(path: &Path) -> Result<()> {
    let Some((user, group)) = caller() else { return Ok(()) };
    lchown(path, Some(user), Some(group)).doing(|| format!("give {} to its user", path.display()))
}

pub fn give_file_to_caller(file: &File, path: &Path) -> Result<()> {
    let Some((user, group)) = caller() else { return Ok(()) };
    fchown(file, Some(user), Some(group)).doing(|| format!("give {} to its user", path.display()))
}

pub fn caller() -> Option<(u32, u32)> {
    let number = |name: &str| std::env::var(name).ok()?.parse().ok();
    nix::unistd::geteuid().is_root().then_some(())?;
    Some((number("SUDO_UID")?, number("SUDO_GID")?))
}
