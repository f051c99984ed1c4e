//! Asks a process whether it is ready, by meaning.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::FileExt;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::Pid;
use sehat_engine::contents::{Probe, Process};

use super::spawn::{Standard, command, start, start_work};
use crate::error::{Doing, Result};

/// A probe that takes longer has failed.
pub const LIMIT_MS: u64 = 5_000;
const LIMIT: Duration = Duration::from_millis(LIMIT_MS);
/// A probe's output is read up to here.
const OUTPUT_BYTES_MAX: usize = 64 << 10;

/// A question on its way.
pub struct Asked {
    pub pid: Pid,
    output: Option<File>,
}

/// Starts to ask; `None` where running is enough.
pub fn ask(process: &Process) -> Result<Option<Asked>> {
    match &process.ready {
        Probe::Running => Ok(None),
        Probe::Tcp { port } => {
            let port = *port;
            start_work(move || i32::from(connect(port).is_err())).map(|pid| Some(Asked { pid, output: None }))
        }
        Probe::Http { port, path, status } => {
            let (port, path, status) = (*port, path.clone(), *status);
            let work = move || i32::from(http_status(port, &path) != Some(status));
            start_work(work).map(|pid| Some(Asked { pid, output: None }))
        }
        Probe::Command { command: words, .. } => ask_command(process, words).map(Some),
    }
}

fn ask_command(process: &Process, words: &[String]) -> Result<Asked> {
    let doing = || "open a file for a probe's output".to_string();
    let output: File = memfd_create("probe", MFdFlags::MFD_CLOEXEC).doing(doing)?.into();
    let writer = output.try_clone().doing(doing)?;
    let errors = output.try_clone().doing(doing)?;
    let standard = Standard { input: Stdio::null(), output: writer.into(), error: errors.into() };
    let command = command(words, "root", &process.environment)?;
    Ok(Asked { pid: start(command, standard)?, output: Some(output) })
}

impl Asked {
    /// Why the process is not ready, `None` when it is.
    pub fn judge(&self, probe: &Probe, succeeded: bool) -> Option<String> {
        match probe {
            Probe::Command { command, contains } => {
                let printed = self.output.as_ref().map(read_start).unwrap_or_default();
                let held = succeeded && printed.contains(contains.as_str());
                (!held).then(|| unlike(&command[0], succeeded, contains, &printed))
            }
            Probe::Tcp { port } => (!succeeded).then(|| format!("port {port} does not accept connections")),
            Probe::Http { port, path, status } => {
                (!succeeded).then(|| format!("port {port} does not answer {path} with {status}"))
            }
            Probe::Running => None,
        }
    }
}

fn unlike(name: &str, succeeded: bool, contains: &str, printed: &str) -> String {
    let start: String = printed.trim().chars().take(200).collect();
    if succeeded {
        format!("`{name}` does not print `{contains}` but `{start}`")
    } else {
        format!("`{name}` fails: {start}")
    }
}

fn read_start(file: &File) -> String {
    let mut bytes = vec![0; OUTPUT_BYTES_MAX];
    let count = file.read_at(&mut bytes, 0).unwrap_or(0);
    String::from_utf8_lossy(&bytes[..count]).into_owned()
}

fn connect(port: u16) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    Ok(stream)
}

fn http_status(port: u16, path: &str) -> Option<u16> {
    let mut stream = connect(port).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut answer = [0; 64];
    let mut count = 0;
    while count < answer.len() && !answer[..count].contains(&b'\n') {
        let more = stream.read(&mut answer[count..]).ok()?;
        if more == 0 {
            break;
        }
        count += more;
    }
    String::from_utf8_lossy(&answer[..count]).split(' ').nth(1)?.get(..3)?.parse().ok()
}
