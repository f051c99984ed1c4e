//! What the processes of a lab use. The program's own tests and the bench use this file too.

use std::fs;
use std::time::Duration;

/// Processor time since the start of each process, and memory in its proportional share.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    pub count: usize,
    pub time: Duration,
    pub memory_bytes: u64,
}

/// What Sehat runs in a lab, the names' server included, and everything that runs in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    pub own: Usage,
    pub all: Usage,
}

/// Looks at the processes in the control groups of a lab, by a part of their name.
pub fn of_lab(group: &str) -> Used {
    let mut used = Used::default();
    for pid in names("/proc").iter().filter_map(|name| name.parse::<i32>().ok()) {
        let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        if !groups.contains(&format!("/sehat/{group}")) {
            continue;
        }
        let (time, memory_bytes) = (processor_time(pid), memory(pid));
        let add = |usage: &mut Usage| {
            usage.count += 1;
            usage.time += time;
            usage.memory_bytes += memory_bytes;
        };
        add(&mut used.all);
        if is_own(pid) {
            add(&mut used.own);
        }
    }
    used
}

fn is_own(pid: i32) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line).replace('\0', " ");
    ["lab-box", "lab-machine", " guest ", "dnsmasq"].iter().any(|word| line.contains(word))
}

/// The first number of `schedstat` is in nanoseconds; the ticks of `stat` would lose most of what an idle process uses.
fn processor_time(pid: i32) -> Duration {
    let tasks = format!("/proc/{pid}/task");
    let of = |task: &String| -> Option<u64> {
        fs::read_to_string(format!("{tasks}/{task}/schedstat")).ok()?.split_whitespace().next()?.parse().ok()
    };
    Duration::from_nanos(names(&tasks).iter().filter_map(of).sum())
}

/// The proportional share, because many of them are one program.
fn memory(pid: i32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) << 10
}

fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
