//! Kill -9 of the program, of the box or of a machine, at any moment of `up`, `drill` and `down`, leaves nothing after
//! `down`.

#![expect(clippy::unwrap_used, reason = "what a test cannot do, it fails on")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::aim::{Random, choose, number, seed};
use crate::lab::{Alone, platform, skipped};
use crate::machine_state::MachineState;

const SMALL: &str = r#"
sehat: 1
platform: small
sites: { home: { country: ID, zones: { a: { nodes: { n1: {} } } } } }
segments: { dmz: { cidr: 192.168.10.0/24, faces: internet }, data: { cidr: 192.168.30.0/24 } }
components:
  edge: { kind: load-balancer, product: nginx, version: "1.22", segment: dmz, replicas: 1, listens: { https: 443 }, routes: { all: { to: app } } }
  app: { kind: service, product: nodejs, version: "24", segment: dmz, replicas: 1, listens: { http: 8080 }, uses: { records: {} } }
  records: { kind: database, product: mariadb, version: "10.11", topology: single, segment: data, replicas: 1, listens: { sql: 3306 } }
journeys: { book-visit: { through: [edge, app, records], rate: 50/s, writes: true } }
environments: { victim: {} }
"#;

/// With the kills of `lab-linux`, fifty.
#[test]
fn kills_leave_nothing_of_a_small_platform() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("platform.yaml"), SMALL).unwrap();
    Victim::of(folder.path()).is_killed(number("SEHAT_DRILL_KILLS", 20));
}

#[test]
fn kills_leave_nothing_of_health_infraops() {
    if skipped() || std::env::var_os("SEHAT_TEST_FULL").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(platform()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let path = folder.path().join("platform.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("\n  production: {}"));
    std::fs::write(path, text.replacen("\n  production: {}", "\n  victim: {}", 1)).unwrap();
    Victim::of(folder.path()).is_killed(number("SEHAT_FULL_KILLS", 10));
}

struct Victim {
    platform: PathBuf,
    state: tempfile::TempDir,
    _alone: Alone,
}

/// How long each command takes when nobody disturbs it.
struct Moments {
    up: Duration,
    drill: Duration,
    down: Duration,
}

impl Victim {
    fn of(platform: &Path) -> Self {
        let alone = crate::lab::alone();
        Self { platform: platform.to_owned(), state: tempfile::tempdir().unwrap(), _alone: alone }
    }

    fn start(&self, command: &[&str]) -> Child {
        let mut sehat = Command::new(env!("CARGO_BIN_EXE_sehat"));
        let (first, options) = command.split_at(if command[0] == "lab" { 2 } else { 1 });
        sehat.args(first).arg(&self.platform).args(["--env", "victim"]).args(options);
        sehat.env("SEHAT_STATE_DIR", self.state.path().join("state"));
        sehat.env("SEHAT_RUN_DIR", self.state.path().join("run"));
        sehat.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Runs a command to its end. A drill may say that a promise is broken.
    fn run(&self, command: &[&str]) -> Duration {
        let start = Instant::now();
        let code = self.start(command).wait().unwrap().code();
        assert!(matches!(code, Some(0 | 1 | 4)), "{command:?} ended with {code:?}");
        start.elapsed()
    }

    #[expect(clippy::print_stderr, reason = "the seed is the test's report")]
    fn is_killed(&self, count: u64) {
        let seed = seed();
        eprintln!("SEHAT_SEED={seed}, {count} kills of {}", self.platform.display());
        self.run(&["lab", "prepare"]);
        let moments = Moments { up: self.run(&["up"]), drill: self.run(DRILL), down: self.run(&["down"]) };
        let before = MachineState::now();
        let mut random = Random::new(seed);
        for round in 0..count {
            let struck = self.strike(&mut random, &moments);
            let code = self.start(&["down"]).wait().unwrap().code();
            assert_eq!(code, Some(0), "round {round}: `down` after a kill of {struck}");
            before.assert_is_back();
            for folder in ["state/labs", "run"] {
                assert_eq!(
                    left(&self.state.path().join(folder)),
                    [""; 0],
                    "round {round}, {folder}: {struck}"
                );
            }
        }
    }

    /// Kills something at a moment of a command, and says what and when.
    fn strike(&self, random: &mut Random, moments: &Moments) -> String {
        let (command, length): (&[&str], _) = match random.below(4) {
            0 => (&["up"], moments.up),
            1 => (&["down"], moments.down),
            _ => (DRILL, moments.drill),
        };
        if command != ["up"] {
            self.run(&["up"]);
        }
        let mut child = self.start(command);
        let after = Duration::from_millis(random.below(u64::try_from(length.as_millis()).unwrap() + 50));
        thread::sleep(after);
        let (what, target) = choose(random, i32::try_from(child.id()).unwrap());
        let _ = kill(Pid::from_raw(target), Signal::SIGKILL);
        if random.below(3) == 0 {
            // What is half done goes on by itself for a while.
            thread::sleep(Duration::from_millis(random.below(200)));
        }
        let _ = child.kill();
        child.wait().unwrap();
        format!("{what} {} ms into {}", after.as_millis(), command[0])
    }
}

const DRILL: &[&str] = &["drill", "kill-instance", "--seed", "3"];

fn left(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
