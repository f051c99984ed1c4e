//! Files and helpers of a drill on lab machines.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use sehat_drill::Failure;
use sehat_lab_linux::{Command, Lab};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::compose::GUEST_PROGRAM;

/// Where a drill works on a machine.
pub const FOLDER: &str = "/var/lib/sehat/drill";
/// Below the lab's limit for captured output.
const CHUNK_BYTES: usize = 3 << 20;
/// A helper that was asked to end ends within this time.
const STOP_LIMIT: Duration = Duration::from_secs(5);

pub fn failed(doing: impl Into<String>) -> impl FnOnce(sehat_lab_linux::Error) -> Failure {
    move |error| Failure::new(doing, error.chain())
}

/// Runs a command as root and returns what it printed; a command that fails is an error.
pub fn run(lab: &Lab, machine: &str, words: &[&str]) -> Result<String, Failure> {
    let doing = || format!("run `{}` on `{machine}`", words.first().copied().unwrap_or_default());
    let output = lab.run(machine, words).map_err(failed(doing()))?;
    if output.code == 0 {
        return Ok(output.stdout);
    }
    let said = if output.stderr.trim().is_empty() { &output.stdout } else { &output.stderr };
    Err(Failure::new(doing(), format!("it ended with {}: {}", output.code, said.trim())))
}

pub fn write(lab: &Lab, machine: &str, name: &str, text: &str) -> Result<String, Failure> {
    let path = format!("{FOLDER}/{name}");
    let script = "mkdir -p \"$1\" && umask 077 && cat > \"$2\"";
    let words = ["sh", "-c", script, "write", FOLDER, &path].map(str::to_owned).to_vec();
    let command = Command { words, user: "root".into(), environment: [].into() };
    let output =
        lab.run_command(machine, command, text).map_err(failed(format!("write {path} on `{machine}`")))?;
    if output.code == 0 {
        Ok(path)
    } else {
        Err(Failure::new(format!("write {path} on `{machine}`"), output.stderr))
    }
}

pub fn write_json(lab: &Lab, machine: &str, name: &str, value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string(value)
        .map_err(|error| Failure::new(format!("write {name}"), error.to_string()))?;
    write(lab, machine, name, &text)
}

/// Reads a file that may be longer than one answer; one that is not there is empty.
pub fn read(lab: &Lab, machine: &str, path: &str) -> Result<String, Failure> {
    let mut text = String::new();
    loop {
        let skip = (text.len() + 1).to_string();
        let script = "test -e \"$1\" || exit 0; tail -c +\"$2\" \"$1\" | head -c \"$3\"";
        let part = run(lab, machine, &["sh", "-c", script, "read", path, &skip, &CHUNK_BYTES.to_string()])?;
        text.push_str(&part);
        if part.len() < CHUNK_BYTES {
            return Ok(text);
        }
    }
}

/// Reads the whole lines of a log of JSON; a torn last line is left out.
pub fn read_lines<T: DeserializeOwned>(lab: &Lab, machine: &str, path: &str) -> Result<Vec<T>, Failure> {
    let text = read(lab, machine, path)?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let parse = |line: &str| {
        serde_json::from_str(line)
            .map_err(|error| Failure::new(format!("understand {path} of `{machine}`"), error.to_string()))
    };
    whole.lines().map(parse).collect()
}

/// A helper that runs on a machine until it is stopped. It ends with the drill in any case.
pub struct Background {
    lab: Lab,
    machine: String,
    path: String,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts a part of `sehat guest` with its configuration. Where `output` is none, what it prints is not kept.
    pub fn start(
        lab: &Lab,
        machine: &str,
        name: &str,
        args: &[&str],
        output: Option<std::io::PipeWriter>,
    ) -> Result<Self, Failure> {
        let path = format!("{FOLDER}/{name}");
        let script =
            "mkdir -p \"${1%/*}\"; echo $$ > \"$1.pid\"; path=$1; shift; exec \"$@\" 2> \"$path.err\"";
        let words = ["sh", "-c", script, "start", &path, GUEST_PROGRAM, "guest"]
            .into_iter()
            .chain(args.iter().copied());
        let command = Command {
            words: words.map(str::to_owned).collect(),
            user: "root".into(),
            environment: [].into(),
        };
        let null = || File::options().read(true).write(true).open("/dev/null");
        let doing =
            |error: std::io::Error| Failure::new(format!("start {name} on `{machine}`"), error.to_string());
        let (input, errors) = (null().map_err(doing)?, null().map_err(doing)?);
        let null_output = null().map_err(doing)?;
        let (thread_lab, thread_machine) = (lab.clone(), machine.to_owned());
        let thread = thread::spawn(move || {
            let output = output.as_ref().map_or(null_output.as_fd(), AsFd::as_fd);
            // How it ended is asked for where it matters, by what it left.
            let _ = thread_lab.exec(&thread_machine, command, [input.as_fd(), output, errors.as_fd()]);
        });
        Ok(Self { lab: lab.clone(), machine: machine.to_owned(), path, thread: Some(thread) })
    }

    /// Returns whether it has ended by itself.
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Returns what it said of its own end.
    pub fn complaint(&self) -> String {
        read(&self.lab, &self.machine, &format!("{}.err", self.path)).unwrap_or_default().trim().to_owned()
    }

    /// Asks it to end, and waits for that.
    pub fn stop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        let script = "for try in 1 2 3 4 5 6 7 8 9 10; do test -s \"$1.pid\" && break; sleep 0.1; done; kill -TERM $(cat \"$1.pid\")";
        // A machine that was struck has ended it already.
        let _ = self.lab.run(&self.machine, &["sh", "-c", script, "stop", &self.path]);
        let limit = Instant::now() + STOP_LIMIT;
        while !thread.is_finished() && Instant::now() < limit {
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Replaces a small file of the real machine for its owner only.
pub fn keep(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())
}
