//! Seeds: data that real commands make once, cached as a layer below machines that want it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::mount::MsFlags;
use nix::unistd::sethostname;
use sehat_lab::blueprint::Seed;
use sehat_lab::plan::lone_system_files;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Root, hex, lock_cache};
use crate::error::{Doing, Error, Result};
use crate::machine;
use crate::mounts;
use crate::netlink::Netlink;
use crate::work::{Work, perform};

/// The largest seed, an empty cluster database, takes a twentieth of it.
const UPPER_BYTES_MAX: &str = "mode=755,size=2g";

/// The host name, which some installers look up.
const NAME: &str = "seed";

/// What the throw-away machine is told.
#[derive(Debug, Serialize, Deserialize)]
pub struct SeedWork {
    root: PathBuf,
    /// An empty folder in which the machine is put together.
    scratch: PathBuf,
    target: PathBuf,
    commands: Vec<Vec<String>>,
    path: PathBuf,
}

/// The layer of a seed, made now where it is not in the cache.
pub fn prepare_seed(root: &Root, seed: &Seed, line: &mut dyn FnMut(&str)) -> Result<PathBuf> {
    if let Some(path) = find(root, seed) {
        return Ok(path);
    }
    let _lock = lock_cache()?;
    let (folder, new) = (folder(root, seed), root.folder.join("seeds/.new"));
    let scratch = root.folder.join("seeds/.scratch");
    for path in [&new, &scratch] {
        let _ = fs::remove_dir_all(path);
        mounts::make_folder(path)?;
    }
    let work = SeedWork {
        root: root.file_system(),
        scratch: scratch.clone(),
        target: new.clone(),
        commands: seed.commands.clone(),
        path: seed.path.clone(),
    };
    let failed =
        |error: Error| Error::Refused(format!("the data `{}` could not be made: {error}", seed.name));
    perform(&Work::Seed(work), line).map_err(failed)?;
    let _ = fs::remove_dir(&scratch);
    fs::rename(&new, &folder).doing(|| format!("finish {}", folder.display()))?;
    Ok(folder)
}

pub fn find(root: &Root, seed: &Seed) -> Option<PathBuf> {
    Some(folder(root, seed)).filter(|folder| folder.exists())
}

fn folder(root: &Root, seed: &Seed) -> PathBuf {
    let mut hash = Sha256::new();
    for word in seed.commands.iter().flatten() {
        hash.update(word);
        hash.update("\n");
    }
    hash.update(seed.path.as_os_str().as_encoded_bytes());
    root.folder.join("seeds").join(format!("{}-{}", seed.name, hex(&hash.finalize()[..6])))
}

/// Runs in namespaces of its own, as their first process.
pub fn make_seed(work: &SeedWork) -> Result<()> {
    mounts::tmpfs(&work.scratch, UPPER_BYTES_MAX, MsFlags::empty())?;
    let layers = machine::Layers {
        lower: vec![work.root.to_string_lossy().into_owned()],
        upper: work.scratch.join("upper"),
        target: work.scratch.join("root"),
        program: "/proc/self/exe".into(),
        tools: work.root.clone(),
    };
    machine::make_file_system(&layers)?;
    mounts::bind_folder(&work.target, &layers.target.join("mnt"), MsFlags::empty())?;
    mounts::enter(&layers.target)?;
    machine::write_system_files(&lone_system_files(NAME))?;
    sethostname(NAME).doing(|| "set the host name".into())?;
    Netlink::open()?.set_up("lo", true)?;
    for words in &work.commands {
        run(words)?;
    }
    let keep = ["cp", "--archive", "--sparse=always", "--parents", &work.path.to_string_lossy(), "/mnt"];
    run(&keep.map(ToString::to_string))
}

fn run(words: &[String]) -> Result<()> {
    let mut command: Command = machine::command(words, "root", &BTreeMap::new())?;
    command.stdin(Stdio::null()).current_dir(Path::new("/"));
    let status = command.status().doing(|| format!("run `{}`", words[0]))?;
    if status.success() { Ok(()) } else { Err(Error::Refused(format!("`{}` ended with {status}", words[0]))) }
}
