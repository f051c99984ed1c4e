//! Says what the real machine lacks for a lab, and what to do about it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;

use nix::sys::statvfs::statvfs;
use sehat_lab::Blueprint;
use serde::{Deserialize, Serialize};

use crate::error::{Doing, Error, Result};
use crate::netlink::{Netlink, Peer, Port};
use crate::work::{Work, perform};
use crate::{cgroup, mounts, paths};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub name: String,
    pub state: CheckState,
    /// What was found and, where it is not good, what to do.
    pub says: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    Good,
    /// A lab runs, with less.
    Limited,
    /// No lab runs.
    Lacking,
}

/// Programs of the real machine that preparing a root uses, with the package that brings each.
const TOOLS: [(&str, &str); 4] =
    [("mmdebstrap", "mmdebstrap"), ("apt-get", "apt"), ("tar", "tar"), ("zstd", "zstd")];
const MEMORY_BYTES_MIN: u64 = 2 << 30;
const DISK_BYTES_MIN: u64 = 3 << 30;

pub fn doctor() -> Vec<Check> {
    let mut checks = vec![check_user()];
    if checks[0].state == CheckState::Good {
        checks.push(check_kernel());
    }
    checks.extend(TOOLS.iter().map(|(tool, package)| check_tool(tool, package)));
    checks.push(check_keyring());
    checks.push(check_cgroups());
    checks.push(check_profiles());
    checks.push(from_result("memory", check_memory(MEMORY_BYTES_MIN), "enough memory is free"));
    checks.push(from_result("disk", check_disk(&paths::cache(), DISK_BYTES_MIN), "enough disk is free"));
    checks
}

fn check(name: &str, state: CheckState, says: impl Into<String>) -> Check {
    Check { name: name.into(), state, says: says.into() }
}

fn from_result(name: &str, result: Result<()>, good: &str) -> Check {
    match result {
        Ok(()) => check(name, CheckState::Good, good),
        Err(error) => check(name, CheckState::Lacking, error.chain()),
    }
}

fn check_user() -> Check {
    if nix::unistd::geteuid().is_root() {
        return check("user", CheckState::Good, "this is root");
    }
    check("user", CheckState::Lacking, "a lab needs root: run it with sudo; `sehat check` works without")
}

fn check_kernel() -> Check {
    let result = perform(&Work::TryKernel, &mut |_| {});
    from_result("kernel", result, "namespaces, overlays, bridges and links work")
}

/// Runs as the first process of new namespaces, so that all of it is gone afterwards.
pub fn try_kernel() -> Result<()> {
    let scratch = Path::new("/tmp");
    mounts::tmpfs(scratch, "size=1m", nix::mount::MsFlags::empty())?;
    mounts::make_folder(&scratch.join("lower"))?;
    let lower = scratch.join("lower").to_string_lossy().into_owned();
    mounts::overlay(&scratch.join("root"), &[lower], &scratch.join("upper"))?;
    let mut netlink = Netlink::open()?;
    netlink.add_bridge("segment0")?;
    let peer = Peer { name: "eth0", hardware: [2, 0, 0, 0, 0, 1], pid: nix::unistd::Pid::this() };
    netlink.add_cable(&Port { name: "machine0", bridge: "segment0" }, &peer)
}

fn check_tool(tool: &str, package: &str) -> Check {
    let folders = env::var_os("PATH").unwrap_or_default();
    let known =
        env::split_paths(&folders).chain([Path::new("/usr/sbin").into(), Path::new("/usr/bin").into()]);
    if known.map(|folder| folder.join(tool)).any(|path| path.is_file()) {
        return check(tool, CheckState::Good, "it is installed");
    }
    let says = format!("it builds or carries the root of machines; install it: apt-get install {package}");
    check(tool, CheckState::Lacking, says)
}

fn check_keyring() -> Check {
    const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
    if Path::new(KEYRING).exists() {
        return check("keyring", CheckState::Good, "Debian's keys are here");
    }
    let says = format!("{KEYRING} is missing; install it: apt-get install debian-archive-keyring");
    check("keyring", CheckState::Lacking, says)
}

fn check_cgroups() -> Check {
    let lacking: Vec<&str> =
        ["memory", "pids", "cpu"].into_iter().filter(|controller| !cgroup::is_mounted(controller)).collect();
    if lacking.is_empty() {
        return check("cgroups", CheckState::Good, "limits of memory, processes and processor can be set");
    }
    let says = format!("no limit of {}: machines can take more than they should", lacking.join(", "));
    check("cgroups", CheckState::Limited, says)
}

/// `AppArmor` knows servers by their path, in a lab machine too.
fn check_profiles() -> Check {
    let profiles = fs::read_to_string("/sys/kernel/security/apparmor/profiles").unwrap_or_default();
    let enforced = profiles.lines().filter_map(|line| line.strip_suffix(" (enforce)"));
    let servers: Vec<&str> =
        enforced.filter(|name| SERVERS.iter().any(|server| name.contains(server))).collect();
    if servers.is_empty() {
        return check(
            "apparmor",
            CheckState::Good,
            "no profile of this machine confines a server of the lab",
        );
    }
    let says = format!(
        "profiles confine {} in the lab too and may deny them their files; unload them: aa-teardown",
        servers.join(", ")
    );
    check("apparmor", CheckState::Limited, says)
}

const SERVERS: [&str; 9] =
    ["mariadbd", "mysqld", "dnsmasq", "nginx", "haproxy", "keepalived", "redis", "prometheus", "sshd"];

/// Memory for a lab: half of what its machines may use, because their limits are twice what they do use.
pub fn check_blueprint(blueprint: &Blueprint) -> Result<()> {
    if !nix::unistd::geteuid().is_root() {
        return Err(Error::Lacking("a lab needs root: run this with sudo".into()));
    }
    check_memory(blueprint.memory_bytes_max() / 2)?;
    check_disk(&paths::labs(), 256 << 20)
}

fn check_memory(bytes_min: u64) -> Result<()> {
    let free = memory_bytes_free()?;
    if free >= bytes_min {
        return Ok(());
    }
    let text = format!(
        "{} MiB of memory are free and {} are needed; end other programs",
        free >> 20,
        bytes_min >> 20
    );
    Err(Error::Lacking(text))
}

fn memory_bytes_free() -> Result<u64> {
    let doing = || "read /proc/meminfo".to_string();
    let text = fs::read_to_string("/proc/meminfo").doing(doing)?;
    let fields: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once(':')).collect();
    let free =
        fields.get("MemAvailable").and_then(|value| value.split_whitespace().next()?.parse::<u64>().ok());
    free.map(|kibibytes| kibibytes << 10)
        .ok_or_else(|| Error::Refused("/proc/meminfo has no MemAvailable".into()))
}

pub fn check_disk(folder: &Path, bytes_min: u64) -> Result<()> {
    let existing = folder.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let stat = statvfs(existing).doing(|| format!("look at the disk of {}", existing.display()))?;
    let free = stat.blocks_available() * stat.fragment_size();
    if free >= bytes_min {
        return Ok(());
    }
    let text = format!(
        "{} has {} MiB free and {} are needed; make room",
        existing.display(),
        free >> 20,
        bytes_min >> 20
    );
    Err(Error::Lacking(text))
}
