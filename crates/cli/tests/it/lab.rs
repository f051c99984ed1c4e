//! A lab of Health-InfraOps for one test, in folders of its own. It is taken down when the test ends, however it ends.

#![expect(clippy::unwrap_used, reason = "what a test cannot do, it fails on")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

pub const ENVIRONMENT: &str = "production";

pub struct Lab {
    folder: tempfile::TempDir,
    platform: PathBuf,
    program: PathBuf,
    /// One lab at a time, because each is measured.
    _alone: Alone,
}

pub type Alone = MutexGuard<'static, ()>;

static ONE: Mutex<()> = Mutex::new(());

/// Waits until no other test of this program has a lab.
pub fn alone() -> Alone {
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the folder of a platform of this repository.
pub fn platform() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../platforms/health-infraops")
}

/// Says why a lab cannot be tested here; an error where it must be.
pub fn skipped() -> bool {
    let is_root = nix::unistd::geteuid().is_root();
    assert!(is_root || std::env::var_os("CI").is_none(), "a lab needs root, and CI must not skip it");
    !is_root
}

impl Lab {
    /// Brings the platform up; its root is prepared first where that was not done yet.
    pub fn up() -> Self {
        Self::up_of(&platform())
    }

    /// The same for another folder's platform, of the same name.
    pub fn up_of(platform: &Path) -> Self {
        Self::up_with(env!("CARGO_BIN_EXE_sehat").into(), platform)
    }

    /// The same by another build of the program.
    pub fn up_with(program: PathBuf, platform: &Path) -> Self {
        let alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let lab = Self { folder, platform: platform.to_owned(), program, _alone: alone };
        for command in [&["lab", "prepare"][..], &["up"]] {
            let output = lab.sehat(command, &[]);
            assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        lab
    }

    /// Runs a command on the platform, with options after it.
    pub fn sehat(&self, command: &[&str], options: &[&str]) -> Output {
        let mut sehat = Command::new(&self.program);
        sehat.args(command).arg(&self.platform).args(["--env", ENVIRONMENT]).args(options);
        sehat.env("SEHAT_STATE_DIR", self.folder.path().join("state"));
        sehat.env("SEHAT_RUN_DIR", self.folder.path().join("run"));
        sehat.output().unwrap()
    }

    /// Runs drills and returns their exit code and their report.
    pub fn drill(&self, drills: &[&str], options: &[&str]) -> (Option<i32>, Value) {
        let output = self.sehat(&["drill"], &[drills, options, &["--format", "json"]].concat());
        let report = serde_json::from_slice(&output.stdout);
        (
            output.status.code(),
            report.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr))),
        )
    }

    /// Runs a command on a machine, which must succeed.
    pub fn exec(&self, machine: &str, words: &[&str]) -> String {
        let output = self.sehat(&["exec"], &[&[machine, "--"], words].concat());
        assert!(output.status.success(), "{machine} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Returns what the lab was made from.
    pub fn blueprint(&self) -> Value {
        let path =
            self.folder.path().join(format!("state/labs/health-infraops-{ENVIRONMENT}/blueprint.json"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.sehat(&["down"], &[]);
    }
}

impl Lab {
    /// Starts a drill and kills it right after its stroke.
    pub fn kill_while_struck(&self) {
        let mut sehat = Command::new(env!("CARGO_BIN_EXE_sehat"));
        sehat.arg("drill").arg(&self.platform).args([
            "--env",
            ENVIRONMENT,
            "kill-instance",
            "--strike",
            "web-1",
        ]);
        sehat.env("SEHAT_STATE_DIR", self.folder.path().join("state"));
        sehat.env("SEHAT_RUN_DIR", self.folder.path().join("run"));
        let mut child = sehat.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let struck = self.folder.path().join(format!("state/labs/health-infraops-{ENVIRONMENT}/struck.json"));
        let limit = Instant::now() + Duration::from_mins(1);
        while !struck.exists() && Instant::now() < limit {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(struck.exists(), "the drill did not strike");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
