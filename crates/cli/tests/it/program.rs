//! The built program, run on a folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

pub const AS_OF: [&str; 2] = ["--as-of", "2026-11-21"];

/// What a run gave.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Returns standard output, which must be one JSON object and nothing else.
    pub fn json(&self) -> Value {
        let value: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr));
        assert!(value.is_object(), "{value}");
        value
    }

    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sehat"));
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

pub fn ran(output: Output) -> Ran {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    let ran = Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
    assert!(!ran.stderr.contains("panicked at"), "{}", ran.stderr);
    ran
}

pub fn sehat(words: &[&str]) -> Ran {
    ran(command().args(words).output().expect("the program starts"))
}

/// Runs `check` as of the day of the tests.
pub fn check(path: &Path, options: &[&str]) -> Ran {
    let path = path.to_str().expect("a path in UTF-8");
    sehat(&[&["check", path], &AS_OF[..], options].concat())
}

pub fn platform(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../platforms").join(name)
}

/// A folder with a document in it.
pub fn folder(document: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder for a test");
    std::fs::write(folder.path().join("platform.yaml"), document).expect("a file in it");
    folder
}
