//! A session with the vault over SSH, in which one copy after another is added.

use std::io::{BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::VaultAddress;
use crate::Failure;
use crate::vault::{Answer, frames};

const ANSWER_BYTES_MAX: usize = 4096;

pub struct Session {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// A copy that the vault has kept, under the name that it chose.
pub struct Added {
    pub name: String,
    pub bytes: u64,
}

impl Session {
    pub fn open(vault: &VaultAddress) -> Result<Self, Failure> {
        let mut child =
            ssh(vault).spawn().map_err(|error| Failure::new(format!("starting `ssh`: {error}")))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::new("`ssh` has no input or output"));
        };
        Ok(Self { child, input, output: BufReader::new(output) })
    }

    /// Adds a copy, and returns once the vault says that it is kept.
    pub fn put(&mut self, kind: &str, label: &str, source: &mut impl Read) -> Result<Added, Failure> {
        writeln!(self.input, "put {kind} {label}").map_err(|_| lost())?;
        if let Err(error) = frames::send(source, &mut self.input) {
            frames::give_up(&mut self.input);
            // The vault's own word, where it has one, says more than a broken pipe.
            return Err(self.answer().err().unwrap_or_else(|| Failure::new(error.to_string())));
        }
        self.answer()
    }

    fn answer(&mut self) -> Result<Added, Failure> {
        let line = frames::read_line(&mut self.output, ANSWER_BYTES_MAX)?.ok_or_else(lost)?;
        match serde_json::from_str(&line) {
            Ok(Answer::Kept { name, bytes }) => Ok(Added { name, bytes }),
            Ok(Answer::Refused { reason }) => Err(Failure::new(format!("the vault refused: {reason}"))),
            Err(_) => Err(Failure::new(format!("the vault answered `{line}`"))),
        }
    }
}

fn lost() -> Failure {
    Failure::new("the vault cannot be reached")
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ssh(vault: &VaultAddress) -> Command {
    let mut command = Command::new("ssh");
    let known_hosts = format!("UserKnownHostsFile={}", vault.known_hosts_path.display());
    let options = [
        "BatchMode=yes",
        "ConnectTimeout=5",
        "IdentitiesOnly=yes",
        "ServerAliveCountMax=2",
        "ServerAliveInterval=15",
        "StrictHostKeyChecking=yes",
        &known_hosts,
    ];
    command
        .args(["-F", "none", "-T", "-q"])
        .arg("-i")
        .arg(&vault.key_path)
        .arg("-p")
        .arg(vault.port.to_string());
    command.args(options.iter().flat_map(|option| ["-o", option]));
    command.arg(format!("{}@{}", vault.user, vault.host));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    command
}
