//! Carries a finished root to a machine without internet: one archive and its hash beside it.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use super::{Root, Wanted, finish, hex, lock_cache, new_folder, roots};
use crate::error::{Doing, Error, Result};
use crate::state::give_to_caller;

/// Writes the root with its seeds to `file` (`.tar.zst` or `.tar.gz`) and its hash to `file.sha256`.
pub fn pack(root: &Root, file: &Path) -> Result<String> {
    let _lock = lock_cache()?;
    let mut command = tar(file)?;
    command.arg("--create").arg("--file").arg(file).arg("--directory").arg(&root.folder).arg(".");
    run(&mut command, &format!("write {}", file.display()))?;
    let hash = hash(file)?;
    let beside = hash_path(file);
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    fs::write(&beside, format!("{hash}  {name}\n")).doing(|| format!("write {}", beside.display()))?;
    give_to_caller(file)?;
    give_to_caller(&beside)?;
    Ok(hash)
}

/// Takes a packed root into the cache. The hash is that of `file.sha256` where none is given.
pub fn unpack(file: &Path, expected: Option<&str>) -> Result<Root> {
    let _lock = lock_cache()?;
    let expected = expected.map_or_else(|| read_hash(file), |hash| Ok(hash.to_string()))?;
    if hash(file)? != expected {
        let text = format!(
            "{} is not what was packed: its SHA-256 is not {expected}; copy it again",
            file.display()
        );
        return Err(Error::Refused(text));
    }
    let folder = new_folder("unpacked")?;
    let mut command = tar(file)?;
    command.arg("--extract").arg("--file").arg(file).arg("--directory").arg(&folder);
    run(&mut command, &format!("read {}", file.display()))?;
    let path = folder.join("wanted.json");
    let doing = || format!("{} holds no root: read {}", file.display(), path.display());
    let wanted: Wanted = serde_json::from_slice(&fs::read(&path).doing(doing)?).doing(doing)?;
    let key = wanted.key();
    let old = roots().join(&key);
    if old.exists() {
        fs::remove_dir_all(&old).doing(|| format!("replace {}", old.display()))?;
    }
    finish(&folder, &key)
}

fn tar(file: &Path) -> Result<Command> {
    let name = file.to_string_lossy();
    let filter = if name.ends_with(".tar.zst") {
        "zstd -T0"
    } else if name.ends_with(".tar.gz") {
        "gzip"
    } else {
        return Err(Error::Refused(format!("{name} must end in .tar.zst or .tar.gz")));
    };
    let mut command = Command::new("tar");
    command.args([
        "--numeric-owner",
        "--sparse",
        "--xattrs",
        "--xattrs-include=*",
        "--use-compress-program",
        filter,
    ]);
    Ok(command)
}

fn run(command: &mut Command, what: &str) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().doing(|| what.into())?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or("tar gave no reason").to_string();
    Err(Error::Refused(format!("cannot {what}: {said}")))
}

fn hash(path: &Path) -> Result<String> {
    let doing = || format!("read {}", path.display());
    let mut file = File::open(path).doing(doing)?;
    let mut hash = Sha256::new();
    let mut part = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut part).doing(doing)?;
        if count == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&part[..count]);
    }
}

fn hash_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sha256");
    name.into()
}

fn read_hash(file: &Path) -> Result<String> {
    let path = hash_path(file);
    let text = fs::read_to_string(&path).doing(|| format!("read {}", path.display()))?;
    text.split_whitespace()
        .next()
        .map(ToString::to_string)
        .ok_or_else(|| Error::Refused(format!("{} holds no hash", path.display())))
}
