//! Where the lab keeps things on the real machine.

use std::env;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Finished roots and seeds; they stay after `down`.
pub fn cache() -> PathBuf {
    folder("SEHAT_CACHE_DIR", "/var/cache/sehat")
}

/// The state of one lab; `down` removes it.
pub fn lab(name: &str) -> PathBuf {
    labs().join(name)
}

pub fn labs() -> PathBuf {
    folder(STATE_VARIABLE, STATE).join("labs")
}

const STATE_VARIABLE: &str = "SEHAT_STATE_DIR";
const STATE: &str = "/var/lib/sehat";

/// The name of a lab's control groups, which two labs of one name in different state folders must not share.
pub fn group(lab: &str) -> String {
    let state = folder(STATE_VARIABLE, STATE);
    if state == Path::new(STATE) {
        return lab.into();
    }
    let hash = Sha256::digest(state.as_os_str().as_encoded_bytes());
    format!("{lab}-{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2])
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
