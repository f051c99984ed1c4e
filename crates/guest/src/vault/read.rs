//! What the vault's own administrators do: list copies, and hand them out for a restore. No client reaches this.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use serde::{Deserialize, Serialize};

use super::{Vault, frames, keep};
use crate::Failure;

/// One copy in the vault; a line of `vault list`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Copy {
    /// The machine that added it.
    pub from: String,
    pub kind: String,
    pub number: u64,
    /// By the vault's own clock.
    pub received_ms: u64,
    pub label: String,
    pub bytes: u64,
    /// Below the vault's folder.
    pub path: String,
}

pub fn list(config: &Vault) -> Result<(), Failure> {
    let mut output = BufWriter::new(io::stdout().lock());
    for ((from, kind), copies) in keep::folders(&config.root)? {
        for kept in copies {
            let path =
                kept.path.strip_prefix(&config.root).unwrap_or(&kept.path).to_string_lossy().into_owned();
            let copy = Copy {
                from: from.clone(),
                kind: kind.clone(),
                number: kept.number,
                received_ms: kept.received_ms,
                label: kept.label,
                bytes: kept.bytes,
                path,
            };
            serde_json::to_writer(&mut output, &copy).map_err(|error| Failure::new(error.to_string()))?;
            output.write_all(b"\n")?;
        }
    }
    Ok(output.flush()?)
}

/// Sends the copies that standard input names, a path each line, each as `copy PATH` and its frames.
pub fn export(config: &Vault) -> Result<(), Failure> {
    let mut output = BufWriter::new(io::stdout().lock());
    for path in io::stdin().lines() {
        let path = path?;
        if path.split('/').any(|part| part.is_empty() || part == "..") {
            return Err(Failure::new(format!("`{path}` is no copy of this vault")));
        }
        let full = config.root.join(&path);
        let mut file =
            File::open(&full).map_err(|error| Failure::new(crate::told(&full, "reading", &error)))?;
        writeln!(output, "copy {path}")?;
        frames::send(&mut file, &mut output)?;
    }
    Ok(output.flush()?)
}
