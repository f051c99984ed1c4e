//! Kill -9 at any moment of `up` and `down` leaves nothing after `down`; the program's own tests strike `drill` too.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sehat_lab_linux::Lab;
use sehat_lab_linux::root::{self, Sources};

use crate::aim::{Random, choose, number, seed};
use crate::clinic::{layers_of, with_database};
use crate::harness::Test;
use crate::machine_state::MachineState;

pub const TESTS: &[Test] = &[
    ("a_killed_preparation_leaves_no_process", a_killed_preparation_leaves_no_process),
    ("kill_9_leaves_nothing", kill_9_leaves_nothing),
];

fn up(lab: &Lab) -> sehat_lab_linux::Result<()> {
    let blueprint = with_database("victim");
    lab.up(&blueprint, &layers_of(&blueprint), &mut |_| {})
}

/// What a child of this program does; killed by the test.
pub fn victim(args: &[String]) -> Option<i32> {
    let lab = Lab::open("victim", "test");
    match args.get(1).map(String::as_str) {
        Some("victim-up") => Some(i32::from(up(&lab).is_err())),
        Some("victim-prepare") => {
            let packages = ["tree".to_string()].into();
            Some(i32::from(root::prepare(&packages, &Sources::of_machine().unwrap(), &mut |_| {}).is_err()))
        }
        Some("victim-down") => Some(i32::from(lab.down().is_err())),
        _ => None,
    }
}

/// Programs that build a root, wherever they run.
fn builders() -> Vec<String> {
    let output =
        Command::new("pgrep").args(["-f", "mmdebstrap --variant=apt --mode=root --include=ca-cert"]).output();
    String::from_utf8(output.unwrap().stdout).unwrap().lines().map(ToString::to_string).collect()
}

fn a_killed_preparation_leaves_no_process() {
    let (before, cache) = (MachineState::now(), tempfile::tempdir().unwrap());
    let mut child = Command::new("/proc/self/exe");
    child.arg("victim-prepare").env("SEHAT_CACHE_DIR", cache.path());
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while builders().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(10), "nothing is built");
        thread::sleep(Duration::from_millis(50));
    }
    thread::sleep(Duration::from_secs(1));
    child.kill().unwrap();
    child.wait().unwrap();
    let start = Instant::now();
    while !builders().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(5), "{:?} go on", builders());
        thread::sleep(Duration::from_millis(50));
    }
    before.assert_is_back();
}

#[expect(clippy::print_stderr, reason = "the seed is the test's report")]
fn kill_9_leaves_nothing() {
    let seed = seed();
    let count = number("SEHAT_KILLS", 30);
    eprintln!("  SEHAT_SEED={seed} SEHAT_KILLS={count}");
    let mut random = Random::new(seed);
    // A lab that is left alone comes up, so the moments lie in its life and not in an error.
    let lab = Lab::open("victim", "test");
    lab.down().unwrap();
    let start = Instant::now();
    up(&lab).unwrap();
    let moments = start.elapsed();
    eprintln!("  undisturbed it is ready after {} ms", moments.as_millis());
    lab.down().unwrap();
    let before = MachineState::now();
    for round in 0..count {
        let struck = strike(&mut random, u64::try_from(moments.as_micros()).unwrap());
        lab.down().unwrap_or_else(|error| panic!("round {round}, after a kill of {struck}: {error}"));
        before.assert_is_back();
    }
}

/// Kills something at a moment of `up`, or of `down`, and says what.
fn strike(random: &mut Random, moments_us: u64) -> &'static str {
    let during_down = random.below(4) == 0;
    let mut child = start("victim-up");
    if during_down {
        child.wait().unwrap();
        child = start("victim-down");
    }
    thread::sleep(Duration::from_micros(random.below(if during_down {
        60_000
    } else {
        moments_us + 100_000
    })));
    let (what, target) = choose(random, i32::try_from(child.id()).unwrap());
    let _ = kill(Pid::from_raw(target), Signal::SIGKILL);
    if random.below(3) == 0 {
        // What is half made goes on by itself for a while.
        thread::sleep(Duration::from_millis(random.below(100)));
    }
    let _ = child.kill();
    child.wait().unwrap();
    what
}

fn start(word: &str) -> std::process::Child {
    let mut command = Command::new("/proc/self/exe");
    command.arg(word).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}
