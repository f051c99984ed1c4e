//! A full copy: mariadb-backup's stream, compressed, encrypted, and added to the vault while it is made.

use std::process::Stdio;
use std::time::Instant;

use mysql::prelude::Queryable;

use super::session::Session;
use super::{Backup, say, sealed};
use crate::pipeline::{Output, Pipeline, words};
use crate::{Failure, clock};

/// Not for the other members: each has a log of its own.
const BEGIN_A_FILE: &str = "FLUSH NO_WRITE_TO_BINLOG BINARY LOGS";

pub fn make(config: &Backup, kind: &str) -> Result<(), Failure> {
    let start = Instant::now();
    // The copy then stands in a new file of the log, and a restore needs none of the earlier ones.
    if let Err(failure) = super::connect(config).and_then(|mut server| Ok(server.query_drop(BEGIN_A_FILE)?)) {
        say(&format!("the log goes on in the same file: {failure}"));
    }
    let mut session = Session::open(&config.vault)?;
    let mut programs = vec![copier(config)];
    programs.extend(sealed(config));
    let pipeline = Pipeline::start(&programs, Stdio::null())?;
    let label = format!("begun-{}", clock::unix_ms() / 1000);
    let added = session.put(kind, &label, &mut Output::of(pipeline))?;
    say(&format!("{kind} copy: {} bytes at the vault after {} ms", added.bytes, start.elapsed().as_millis()));
    Ok(())
}

fn copier(config: &Backup) -> Vec<String> {
    let (socket, data) = (config.socket.to_string_lossy(), config.data_dir.to_string_lossy());
    words(&[
        "mariadb-backup",
        "--no-defaults",
        "--backup",
        "--stream=xbstream",
        "--target-dir=/tmp",
        &format!("--datadir={data}"),
        &format!("--socket={socket}"),
        &format!("--user={}", config.user),
    ])
}
