//! The scratch machine: copies come to it through the real machine, because no packet of the platform reaches it.

use std::io::{PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::thread;

use sehat_drill::Failure;
use sehat_engine::vault::CONFIG;
use sehat_guest::restore::{
    Apply, FOLDER, Facts, Fetch, Find, Found, FullCopy, Point, Step, Verify, Written,
};
use sehat_lab_linux::{Command, Lab};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::compose::{GUEST_PROGRAM, LEDGER, SCRATCH};
use crate::running::work;

/// In memory, and gone with the restore.
const IDENTITY: &str = "/run/restore-identity";

pub use sehat_guest::restore::Fetched;

pub struct Scratch<'a> {
    lab: &'a Lab,
}

impl<'a> Scratch<'a> {
    /// Clears the machine and lends it the key that opens copies.
    pub fn open(lab: &'a Lab, identity: &str) -> Result<Self, Failure> {
        let scratch = Self { lab };
        scratch.clear()?;
        let words = ["sh", "-c", "umask 077; cat > \"$1\"", "lend", IDENTITY].map(str::to_owned).to_vec();
        let command = Command { words, user: "root".into(), environment: [].into() };
        let output = lab
            .run_command(SCRATCH, command, identity)
            .map_err(work::failed("lend the key of the copies"))?;
        if output.code != 0 {
            return Err(Failure::new("lend the key of the copies", output.stderr));
        }
        Ok(scratch)
    }

    /// Ends the server and removes what was fetched.
    pub fn clear(&self) -> Result<(), Failure> {
        work::run(self.lab, SCRATCH, &[GUEST_PROGRAM, "guest", "restore", "clear"]).map(|_| ())
    }

    /// Sends copies from the vault to the scratch machine.
    pub fn fetch(&self, vault: &str, paths: &[String]) -> Result<Fetched, Failure> {
        let config = Fetch { folder: FOLDER.into(), identity_path: IDENTITY.into() };
        let path = work::write_json(self.lab, SCRATCH, "fetch.json", &config)?;
        let doing =
            |error: std::io::Error| Failure::new("send copies to the scratch machine", error.to_string());
        let (reader, writer) = std::io::pipe().map_err(doing)?;
        let list = paths.join("\n");
        thread::scope(|scope| {
            let export = scope.spawn(move || {
                let words = [GUEST_PROGRAM, "guest", "vault", "export", "--config", CONFIG];
                into_pipe(self.lab, vault, &words, &list, writer)
            });
            let words = [GUEST_PROGRAM, "guest", "restore", "fetch", "--config", &path];
            let fetched = fed(self.lab, SCRATCH, &words, reader);
            let export =
                export.join().unwrap_or_else(|_| Err(Failure::new("send copies", "the sender broke off")));
            let fetched = fetched?;
            export?;
            understand("fetch", &fetched)
        })
    }

    pub fn find(
        &self,
        full: &FullCopy,
        same_server: bool,
        pieces: Vec<sehat_guest::restore::Piece>,
        point: &Point,
    ) -> Result<Found, Failure> {
        let folder = PathBuf::from(FOLDER);
        self.ask("find", &Find { folder, full: full.clone(), same_server, pieces, point: point.clone() })
    }

    pub fn apply(&self, found: &Found) -> Result<Vec<Step>, Failure> {
        self.ask("apply", &Apply { folder: FOLDER.into(), found: found.clone() })
    }

    pub fn verify(&self, written: &[Written]) -> Result<Facts, Failure> {
        let ledger = (!written.is_empty()).then(|| LEDGER.map(str::to_owned).into());
        self.ask("verify", &Verify { written: written.to_vec(), ledger })
    }

    fn ask<T: DeserializeOwned>(&self, part: &str, config: &impl Serialize) -> Result<T, Failure> {
        let path = work::write_json(self.lab, SCRATCH, &format!("{part}.json"), config)?;
        let text =
            work::run(self.lab, SCRATCH, &[GUEST_PROGRAM, "guest", "restore", part, "--config", &path])?;
        understand(part, &text)
    }
}

/// The key goes as soon as the restore has ended, however it did.
impl Drop for Scratch<'_> {
    fn drop(&mut self) {
        let _ = self.lab.run(SCRATCH, &["rm", "-f", IDENTITY]);
    }
}

fn understand<T: DeserializeOwned>(part: &str, text: &str) -> Result<T, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::new(format!("understand `restore {part}`"), error.to_string()))
}

fn command(words: &[&str]) -> Command {
    Command {
        words: words.iter().map(ToString::to_string).collect(),
        user: "root".into(),
        environment: [].into(),
    }
}

/// Runs a command and returns everything that it prints, however much that is.
pub fn printed(lab: &Lab, machine: &str, words: &[&str]) -> Result<String, Failure> {
    let doing =
        |error: std::io::Error| Failure::new(format!("run a command on `{machine}`"), error.to_string());
    let (mut reader, writer) = std::io::pipe().map_err(doing)?;
    thread::scope(|scope| {
        let run = scope.spawn(move || into_pipe(lab, machine, words, "", writer));
        let mut text = String::new();
        let read = reader.read_to_string(&mut text);
        run.join().unwrap_or_else(|_| Err(Failure::new("run a command", "it broke off")))?;
        read.map_err(doing)?;
        Ok(text)
    })
}

/// Runs a command whose output goes into a pipe, which is closed when this returns.
pub fn into_pipe(
    lab: &Lab,
    machine: &str,
    words: &[&str],
    input: &str,
    output: PipeWriter,
) -> Result<(), Failure> {
    let doing =
        |error: std::io::Error| Failure::new(format!("run a command on `{machine}`"), error.to_string());
    let (reader, mut writer) = std::io::pipe().map_err(doing)?;
    thread::scope(move |scope| {
        scope.spawn(move || {
            // A command that ends early wants no more input; its own words say why.
            let _ = writer.write_all(input.as_bytes());
        });
        let outcome = run(lab, machine, words, [reader.as_fd(), output.as_fd()]);
        // Whoever still writes to it learns that nobody reads.
        drop(reader);
        outcome
    })
}

/// Runs a command with a pipe or a file as its input, and returns what it prints.
pub fn fed(lab: &Lab, machine: &str, words: &[&str], input: impl AsFd + Send) -> Result<String, Failure> {
    let doing =
        |error: std::io::Error| Failure::new(format!("run a command on `{machine}`"), error.to_string());
    let (mut reader, writer) = std::io::pipe().map_err(doing)?;
    thread::scope(|scope| {
        let run = scope.spawn(move || run(lab, machine, words, [input.as_fd(), writer.as_fd()]));
        let mut text = String::new();
        let read = reader.read_to_string(&mut text);
        run.join().unwrap_or_else(|_| Err(Failure::new("run a command", "it broke off")))?;
        read.map_err(doing)?;
        Ok(text)
    })
}

/// Runs a command with these as its input and output; one that fails is an error with its last words.
pub fn run(lab: &Lab, machine: &str, words: &[&str], files: [BorrowedFd<'_>; 2]) -> Result<(), Failure> {
    let part =
        words.iter().copied().find(|word| !word.starts_with('/') && *word != "guest").unwrap_or("a command");
    let doing = || format!("run `{part}` on `{machine}`");
    let failed = |error: std::io::Error| Failure::new(doing(), error.to_string());
    let (mut said, errors) = std::io::pipe().map_err(failed)?;
    thread::scope(|scope| {
        let said = scope.spawn(move || {
            let mut text = String::new();
            let _ = said.read_to_string(&mut text);
            text
        });
        let [input, output] = files;
        let code =
            lab.exec(machine, command(words), [input, output, errors.as_fd()]).map_err(work::failed(doing()));
        drop(errors);
        let said = said.join().unwrap_or_default();
        match code? {
            0 => Ok(()),
            code => Err(Failure::new(doing(), format!("it ended with {code}: {}", said.trim()))),
        }
    })
}
