//! Programs that hand their output on to the next one; the whole fails where any of them does.

use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

use crate::Failure;

/// Of what a program says on standard error, the end is kept.
const SAID_BYTES_MAX: usize = 16 << 10;

pub struct Pipeline {
    stages: Vec<Stage>,
}

struct Stage {
    name: String,
    child: Child,
    said: Option<JoinHandle<String>>,
}

impl Pipeline {
    /// Starts the programs. The first reads `input`; the output of the last one is taken with `output`.
    pub fn start(programs: &[Vec<String>], input: Stdio) -> Result<Self, Failure> {
        let mut stages: Vec<Stage> = Vec::new();
        let mut input = Some(input);
        for words in programs {
            let before = stages.last_mut().and_then(|stage| stage.child.stdout.take()).map(Stdio::from);
            let input = before.or_else(|| input.take()).unwrap_or_else(Stdio::null);
            stages.push(stage(words, input)?);
        }
        Ok(Self { stages })
    }

    pub fn input(&mut self) -> Option<ChildStdin> {
        self.stages.first_mut()?.child.stdin.take()
    }

    pub fn output(&mut self) -> Option<ChildStdout> {
        self.stages.last_mut()?.child.stdout.take()
    }

    /// Waits for all, and returns what the first one said; an error is that of the first one that failed.
    pub fn finish(mut self) -> Result<String, Failure> {
        let mut first = None;
        let mut failure = None;
        for stage in &mut self.stages {
            let status = stage.child.wait()?;
            let said = stage.said.take().and_then(|said| said.join().ok()).unwrap_or_default();
            // Who writes to a program that has ended is killed for it; the reason is with the other.
            let cut_off = status.signal() == Some(nix::libc::SIGPIPE);
            if !status.success() && failure.as_ref().is_none_or(|(was_cut_off, _)| *was_cut_off && !cut_off) {
                failure =
                    Some((cut_off, format!("`{}` ended with {status}: {}", stage.name, last_line(&said))));
            }
            first.get_or_insert(said);
        }
        failure.map_or(Ok(first.unwrap_or_default()), |(_, why)| Err(Failure::new(why)))
    }
}

/// Nothing is left running where one of the programs could not be started.
impl Drop for Pipeline {
    fn drop(&mut self) {
        for stage in &mut self.stages {
            let _ = stage.child.kill();
            let _ = stage.child.wait();
        }
    }
}

fn stage(words: &[String], input: Stdio) -> Result<Stage, Failure> {
    let name = words.first().cloned().unwrap_or_default();
    let mut command = Command::new(&name);
    command.args(words.get(1..).unwrap_or_default());
    command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| Failure::new(format!("starting `{name}`: {error}")))?;
    let said = child.stderr.take().map(|stderr| std::thread::spawn(move || ending(stderr)));
    Ok(Stage { name, child, said })
}

fn ending(mut source: impl Read) -> String {
    let mut kept = Vec::new();
    let mut part = [0; 4096];
    while let Ok(count) = source.read(&mut part) {
        if count == 0 {
            break;
        }
        kept.extend_from_slice(&part[..count]);
        if kept.len() > 2 * SAID_BYTES_MAX {
            kept.drain(..kept.len() - SAID_BYTES_MAX);
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}

fn last_line(said: &str) -> &str {
    said.trim_end().lines().next_back().unwrap_or("it said nothing").trim()
}

/// Sends bytes through programs and returns what comes out.
pub fn through(programs: &[Vec<String>], bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let mut pipeline = Pipeline::start(programs, Stdio::piped())?;
    let input = pipeline.input();
    // A program that ends early closes the pipe; why it did is in its own words.
    let writer = std::thread::spawn(move || input.map(|mut input| io::Write::write_all(&mut input, &bytes)));
    let mut output = Vec::new();
    if let Some(mut last) = pipeline.output() {
        last.read_to_end(&mut output)?;
    }
    let _ = writer.join();
    pipeline.finish()?;
    Ok(output)
}

/// Reads the output of a pipeline; its end is only an end where every program ended well.
pub struct Output {
    pipeline: Option<Pipeline>,
    output: Option<ChildStdout>,
}

impl Output {
    pub fn of(mut pipeline: Pipeline) -> Self {
        let output = pipeline.output();
        Self { pipeline: Some(pipeline), output }
    }
}

impl Read for Output {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.output {
            Some(output) => output.read(buffer)?,
            None => 0,
        };
        if count > 0 || buffer.is_empty() {
            return Ok(count);
        }
        match self.pipeline.take().map(Pipeline::finish) {
            Some(Err(failure)) => Err(io::Error::other(failure.to_string())),
            _ => Ok(0),
        }
    }
}

/// A command from its words.
pub fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_through_every_program() {
        let programs = [words(&["tr", "a-z", "A-Z"]), words(&["rev"])];
        assert_eq!(through(&programs, b"abc\n".to_vec()).unwrap(), b"CBA\n");
    }

    #[test]
    fn a_program_that_fails_in_the_middle_fails_the_whole() {
        let programs =
            [words(&["cat"]), words(&["sh", "-c", "echo no such key >&2; exit 3"]), words(&["cat"])];
        insta::assert_snapshot!(
            through(&programs, b"text".to_vec()).unwrap_err(),
            @"`sh` ended with exit status: 3: no such key"
        );
    }

    #[test]
    fn the_end_of_a_failed_pipeline_is_no_end() {
        let pipeline = Pipeline::start(&[words(&["sh", "-c", "echo half; exit 1"])], Stdio::null()).unwrap();
        let mut text = String::new();
        assert!(Output::of(pipeline).read_to_string(&mut text).is_err());
        assert_eq!(text, "half\n");
    }
}
