//! What the real machine looks like, to be compared before and after a lab. The program's own tests use this file too.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::OURS;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineState {
    links: BTreeSet<String>,
    mounts: BTreeSet<String>,
    ruleset: String,
    processes: BTreeSet<String>,
    cgroups: BTreeSet<String>,
    loop_devices: BTreeSet<String>,
    listening: BTreeSet<String>,
    labs: BTreeSet<String>,
}

impl MachineState {
    pub fn now() -> Self {
        Self {
            links: names("/sys/class/net"),
            mounts: lines("/proc/self/mounts"),
            ruleset: ruleset(),
            processes: lab_processes().into_iter().map(|(pid, line)| format!("{pid} {line}")).collect(),
            cgroups: names("/sys/fs/cgroup").iter().flat_map(|one| lab_groups(one)).collect(),
            loop_devices: names("/sys/block").into_iter().filter(|name| in_use(name)).collect(),
            listening: listening(),
            labs: names("/var/lib/sehat/labs")
                .union(&names("/run/sehat"))
                .filter(|one| one.contains(OURS))
                .cloned()
                .collect(),
        }
    }

    /// Compares with the machine as it is; what the kernel tidies up by itself gets a moment.
    pub fn assert_is_back(&self) {
        let start = Instant::now();
        while Self::now() != *self && start.elapsed() < Duration::from_secs(3) {
            thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(Self::now(), *self);
    }
}

/// Processes of the tests' labs, by the hidden commands that they run under; other labs go on beside them.
pub fn lab_processes() -> Vec<(i32, String)> {
    let numbers = names("/proc").into_iter().filter_map(|name| name.parse::<i32>().ok());
    let lines = numbers.filter_map(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        Some((pid, String::from_utf8_lossy(&line).replace('\0', " ")))
    });
    lines.filter(|(pid, line)| is_ours(*pid, line)).collect()
}

/// By the tag of the box, or by the control group that a machine's first process was put into.
fn is_ours(pid: i32, line: &str) -> bool {
    let hidden = ["lab-box", "lab-machine", "lab-work"].iter().any(|word| line.contains(word));
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    hidden && (line.contains(OURS) || groups.contains(OURS) || line.contains("lab-work"))
}

fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn lines(file: &str) -> BTreeSet<String> {
    fs::read_to_string(file).unwrap_or_default().lines().map(ToString::to_string).collect()
}

fn ruleset() -> String {
    let output = Command::new("nft").args(["list", "ruleset"]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

fn lab_groups(controller: &str) -> BTreeSet<String> {
    let folder = format!("/sys/fs/cgroup/{controller}/sehat");
    names(&folder)
        .into_iter()
        .filter(|name| name.contains(OURS))
        .map(|name| format!("{folder}/{name}"))
        .collect()
}

fn in_use(device: &str) -> bool {
    Path::new(&format!("/sys/block/{device}/loop/backing_file")).exists()
}

/// Local address and port of every listening TCP socket that a test's lab holds, or nobody.
fn listening() -> BTreeSet<String> {
    let foreign = foreign_sockets();
    let rows = lines("/proc/net/tcp").into_iter();
    let fields = rows.map(|line| line.split_whitespace().map(ToString::to_string).collect::<Vec<_>>());
    let ours =
        fields.filter(|fields| fields[3] == "0A" && !foreign.contains(&format!("socket:[{}]", fields[9])));
    ours.map(|fields| fields[1].clone()).collect()
}

/// Sockets of programs that have nothing to do with these tests, other labs among them.
fn foreign_sockets() -> BTreeSet<String> {
    let numbers = names("/proc").into_iter().filter_map(|name| name.parse::<i32>().ok());
    let ours: BTreeSet<i32> = lab_processes().into_iter().map(|(pid, _)| pid).collect();
    let foreign = numbers.filter(|pid| !ours.contains(pid));
    foreign
        .flat_map(|pid| names(&format!("/proc/{pid}/fd")).into_iter().map(move |file| (pid, file)))
        .filter_map(|(pid, file)| fs::read_link(format!("/proc/{pid}/fd/{file}")).ok())
        .map(|target| target.to_string_lossy().into_owned())
        .collect()
}
