//! Makes a full copy consistent, starts the server on it, and replays the log up to the point.

use std::path::PathBuf;
use std::process::Stdio;

use serde::{Deserialize, Serialize};

use super::fetch::full_folder;
use super::{Found, Step, log_path, server, timed};
use crate::Failure;
use crate::pipeline::{Pipeline, words};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apply {
    pub folder: PathBuf,
    pub found: Found,
}

pub fn apply(config: &Apply) -> Result<Vec<Step>, Failure> {
    let data = full_folder(&config.folder);
    let target = format!("--target-dir={}", data.display());
    let mut steps = Vec::new();
    timed(&mut steps, "prepare the full copy", || {
        server::run(&["mariadb-backup", "--no-defaults", "--prepare", &target])
    })?;
    timed(&mut steps, "start the server", || server::start(&data, false))?;
    timed(&mut steps, "replay the log", || replay(config))?;
    Ok(steps)
}

/// Places in the files are exact, so that the point does not depend on how a tool reads times or identities.
fn replay(config: &Apply) -> Result<(), Failure> {
    let found = &config.found;
    if found.files.is_empty() {
        return Ok(());
    }
    let mut reader = words(&["mariadb-binlog", "--no-defaults"]);
    reader.push(format!("--start-position={}", found.start));
    reader.push(format!("--stop-position={}", found.stop));
    reader
        .extend(found.files.iter().map(|file| log_path(&config.folder, file).to_string_lossy().into_owned()));
    let socket = format!("--socket={}", server::SOCKET);
    let writer = words(&["mariadb", "--no-defaults", "--binary-mode", "--user=root", &socket]);
    let mut pipeline = Pipeline::start(&[reader, writer], Stdio::null())?;
    if let Some(mut output) = pipeline.output() {
        std::io::copy(&mut output, &mut std::io::sink())?;
    }
    pipeline.finish().map(|_| ())
}
