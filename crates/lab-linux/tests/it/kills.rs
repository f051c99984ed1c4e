//! Kill -9 at any moment leaves nothing after `down`.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sehat_lab_linux::Lab;
use sehat_lab_linux::root::{self, Sources};

use crate::clinic::{layers_of, with_database};
use crate::harness::Test;
use crate::machine_state::{MachineState, lab_processes};

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

/// A small generator, so that a printed seed repeats the series (Marsaglia, xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[expect(clippy::print_stderr, reason = "the seed is the test's report")]
fn kill_9_leaves_nothing() {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    let seed = number("SEHAT_SEED", u64::from(clock) | 1);
    let count = number("SEHAT_KILLS", 50);
    eprintln!("  SEHAT_SEED={seed} SEHAT_KILLS={count}");
    let mut random = Random(seed);
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

/// The program itself, the box's first process or a machine's, as far as they are there.
fn choose(random: &mut Random, own: i32) -> (&'static str, i32) {
    let of = |word: &str| -> Vec<i32> {
        lab_processes().into_iter().filter(|(_, line)| line.contains(word)).map(|(pid, _)| pid).collect()
    };
    let (name, found) = match random.below(3) {
        0 => ("sehat", Vec::new()),
        1 => ("the box", of("lab-box")),
        _ => ("a machine", of("lab-machine")),
    };
    if found.is_empty() {
        return ("sehat", own);
    }
    (name, found[usize::try_from(random.below(found.len() as u64)).unwrap()])
}
