//! Where the lab keeps things on the real machine.

use std::env;
use std::path::{Path, PathBuf};

/// Finished roots and seeds; they stay after `down`.
pub fn cache() -> PathBuf {
    folder("SEHAT_CACHE_DIR", "/var/cache/sehat")
}

/// The state of one lab; `down` removes it.
pub fn lab(name: &str) -> PathBuf {
    labs().join(name)
}

pub fn labs() -> PathBuf {
    folder("SEHAT_STATE_DIR", "/var/lib/sehat").join("labs")
}

/// Sockets and locks.
pub fn run() -> PathBuf {
    folder("SEHAT_RUN_DIR", "/run/sehat")
}

pub fn socket(lab: &str) -> PathBuf {
    run().join(format!("{lab}.sock"))
}

pub fn lock(lab: &str) -> PathBuf {
    run().join(format!("{lab}.lock"))
}

/// The file in a lab's state that holds its secrets.
pub fn secrets(lab: &Path) -> PathBuf {
    lab.join("secrets.json")
}

fn folder(variable: &str, default: &str) -> PathBuf {
    env::var_os(variable).filter(|value| !value.is_empty()).map_or_else(|| default.into(), PathBuf::from)
}
