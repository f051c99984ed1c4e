//! Where the command line keeps things on the real machine.

use std::path::PathBuf;

/// Returns the folder of a lab's evidence.
pub fn evidence(lab: &str) -> PathBuf {
    let state = std::env::var_os("SEHAT_STATE_DIR").filter(|value| !value.is_empty());
    state.map_or_else(|| PathBuf::from("/var/lib/sehat"), PathBuf::from).join("evidence").join(lab)
}
