//! The cached roots that machines start from: built once from Debian's own suites, then read only.

mod build;
mod listing;
mod pack;
mod seed;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::PathBuf;

use sehat_lab::Blueprint;
use sehat_lab::plan::LAB_PACKAGES;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use build::prepare;
pub use listing::{Download, downloads};
pub use pack::{pack, unpack};
pub use seed::{SeedWork, make_seed, prepare_seed};
pub use sources::Sources;

use crate::error::{Doing, Error, Result};
use crate::mounts::make_folder;
use crate::paths;
use crate::up::Layers;

/// A finished root in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    pub key: String,
    /// Its folder in the cache; the file system is the folder `root` in it.
    pub folder: PathBuf,
}

impl Root {
    pub fn file_system(&self) -> PathBuf {
        self.folder.join("root")
    }

    /// Packages and versions in it.
    pub fn packages(&self) -> Result<BTreeMap<String, String>> {
        let path = self.folder.join("packages.txt");
        let text = fs::read_to_string(&path).doing(|| format!("read {}", path.display()))?;
        let pairs = text.lines().filter_map(|line| line.split_once(' '));
        Ok(pairs.map(|(name, version)| (name.into(), version.into())).collect())
    }
}

/// What a root was built for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Wanted {
    suites: Vec<String>,
    packages: BTreeSet<String>,
}

impl Wanted {
    fn new(packages: &BTreeSet<String>) -> Self {
        let own = LAB_PACKAGES.iter().map(ToString::to_string);
        Self {
            suites: sources::SUITES.map(Into::into).to_vec(),
            packages: packages.iter().cloned().chain(own).collect(),
        }
    }

    fn key(&self) -> String {
        let mut hash = Sha256::new();
        for text in self.suites.iter().chain(&self.packages) {
            hash.update(text);
            hash.update("\n");
        }
        hex(&hash.finalize()[..8])
    }

    fn serves(&self, other: &Self) -> bool {
        self.suites == other.suites && self.packages.is_superset(&other.packages)
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A finished root that holds these packages: the one built for them, or one that holds more.
pub fn find(packages: &BTreeSet<String>) -> Option<Root> {
    let wanted = Wanted::new(packages);
    let exact = roots().join(wanted.key());
    let mut folders: Vec<PathBuf> =
        fs::read_dir(roots()).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    [exact].into_iter().chain(folders).find_map(|folder| finished(folder, &wanted))
}

fn finished(folder: PathBuf, wanted: &Wanted) -> Option<Root> {
    let key = folder.file_name()?.to_str()?.to_string();
    let built: Wanted = serde_json::from_slice(&fs::read(folder.join("wanted.json")).ok()?).ok()?;
    (!key.starts_with('.') && built.serves(wanted)).then_some(Root { key, folder })
}

/// The root and the seeds of a blueprint, all prepared.
pub fn layers(blueprint: &Blueprint) -> Result<Layers> {
    let lacking =
        |what: &str| Error::Lacking(format!("{what} is not prepared yet; run `sehat lab prepare` first"));
    let root = find(&blueprint.packages()).ok_or_else(|| lacking("the root of the lab's machines"))?;
    let mut seeds = BTreeMap::new();
    for seed in &blueprint.seeds {
        let path = seed::find(&root, seed).ok_or_else(|| lacking(&format!("the data `{}`", seed.name)))?;
        seeds.insert(seed.name.clone(), path);
    }
    Ok(Layers { root: root.file_system(), seeds })
}

/// Prepares the root and the seeds of a blueprint, as far as they are not.
pub fn prepare_all(blueprint: &Blueprint, sources: &Sources, line: &mut dyn FnMut(&str)) -> Result<Layers> {
    let root = prepare(&blueprint.packages(), sources, line)?;
    for seed in &blueprint.seeds {
        prepare_seed(&root, seed, line)?;
    }
    layers(blueprint)
}

/// Removes every cached root and seed.
pub fn purge() -> Result<()> {
    let _lock = lock_cache()?;
    let folder = paths::cache();
    fs::remove_dir_all(&folder).doing(|| format!("remove {}", folder.display()))
}

fn roots() -> PathBuf {
    paths::cache().join("roots")
}

/// One builder at a time; also clears what a killed one has left.
fn lock_cache() -> Result<File> {
    make_folder(&roots())?;
    let path = paths::cache().join("lock");
    let doing = || format!("lock {}", path.display());
    let file = File::options().write(true).create(true).truncate(false).open(&path).doing(doing)?;
    file.lock().doing(doing)?;
    for entry in fs::read_dir(roots()).doing(doing)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with('.') {
            fs::remove_dir_all(entry.path()).doing(|| format!("remove {}", entry.path().display()))?;
        }
    }
    Ok(file)
}

/// A folder that becomes a root when it is finished; `lock_cache` removes it where it does not.
fn new_folder(key: &str) -> Result<PathBuf> {
    let folder = roots().join(format!(".{key}"));
    make_folder(&folder)?;
    Ok(folder)
}

fn finish(folder: &std::path::Path, key: &str) -> Result<Root> {
    let target = roots().join(key);
    fs::rename(folder, &target).doing(|| format!("finish {}", target.display()))?;
    Ok(Root { key: key.into(), folder: target })
}
