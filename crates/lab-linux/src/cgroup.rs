//! Limits by control groups, version 1 and 2: `<hierarchy>/sehat/<lab>/<machine>`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use sehat_lab::blueprint::Limits;
use serde::{Deserialize, Serialize};

use crate::error::{Doing, Error, Result};
use crate::paths;

const PARENT: &str = "sehat";
/// The group of the box itself; version 2 wants processes in leaves only.
const BOX: &str = "sehat-box";
/// A whole lab weighs as one group of the root; with the default it would get the share of one process.
const CPU_SHARES: &str = "32768";
const CPU_WEIGHT: &str = "3200";
const REMOVE_LIMIT: Duration = Duration::from_secs(10);
const FREEZE_LIMIT: Duration = Duration::from_secs(2);

/// One mounted tree of control groups that a lab uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hierarchy {
    pub controllers: Vec<String>,
    pub unified: bool,
    /// The lab's folder in it.
    pub path: PathBuf,
}

impl Hierarchy {
    fn has(&self, controller: &str) -> bool {
        self.controllers.iter().any(|one| one == controller)
    }

    /// The same hierarchy where the box sees it.
    #[must_use]
    pub fn at(&self, path: PathBuf) -> Self {
        Self { path, ..self.clone() }
    }
}

/// Makes the groups of a lab; the notes say which limits cannot be set here.
pub fn prepare(lab: &str, machines: &[(String, Limits)]) -> (Vec<Hierarchy>, Vec<String>) {
    let mut notes = Vec::new();
    let hierarchies: Vec<_> =
        find(lab).into_iter().filter(|one| noted(&make(one, machines), &mut notes)).collect();
    for controller in ["memory", "pids", "cpu"] {
        if !hierarchies.iter().any(|one| one.has(controller)) {
            notes.push(format!("no limit of {controller}: no usable control group for it here"));
        }
    }
    (hierarchies, notes)
}

fn noted(result: &Result<()>, notes: &mut Vec<String>) -> bool {
    if let Err(error) = result {
        notes.push(format!("a limit is not set: {}", error.chain()));
    }
    result.is_ok()
}

fn make(hierarchy: &Hierarchy, machines: &[(String, Limits)]) -> Result<()> {
    let lab = &hierarchy.path;
    make_group(lab)?;
    make_group(&lab.join(BOX))?;
    if hierarchy.unified {
        enable_controllers(hierarchy);
    }
    for folder in lab.parent().into_iter().chain([lab.as_path()]) {
        weigh(hierarchy, folder)?;
    }
    machines.iter().try_for_each(|(name, limits)| limit(hierarchy, &lab.join(name), limits))
}

fn make_group(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).doing(|| format!("create the control group {}", folder.display()))
}

/// From the root of the tree down to the lab; a controller that is refused shows when its limit is set.
fn enable_controllers(hierarchy: &Hierarchy) {
    let above: Vec<&Path> = hierarchy.path.ancestors().take(3).collect();
    for folder in above.into_iter().rev() {
        for controller in &hierarchy.controllers {
            let _ = fs::write(folder.join("cgroup.subtree_control"), format!("+{controller}"));
        }
    }
}

fn weigh(hierarchy: &Hierarchy, folder: &Path) -> Result<()> {
    match (hierarchy.has("cpu"), hierarchy.unified) {
        (true, false) => write(&folder.join("cpu.shares"), CPU_SHARES),
        (true, true) => write(&folder.join("cpu.weight"), CPU_WEIGHT),
        (false, _) => Ok(()),
    }
}

fn limit(hierarchy: &Hierarchy, folder: &Path, limits: &Limits) -> Result<()> {
    make_group(folder)?;
    if hierarchy.has("memory") {
        let file = if hierarchy.unified { "memory.max" } else { "memory.limit_in_bytes" };
        write(&folder.join(file), &limits.memory_bytes_max.to_string())?;
    }
    if hierarchy.has("pids") {
        write(&folder.join("pids.max"), &limits.pid_count_max.to_string())?;
    }
    Ok(())
}

/// Puts a process, and so its later children, into a machine's group, or into the box's.
pub fn join(hierarchies: &[Hierarchy], machine: Option<&str>, pid: Pid) -> Result<()> {
    let group = machine.unwrap_or(BOX);
    hierarchies.iter().try_for_each(|one| write(&one.path.join(group).join("cgroup.procs"), &pid.to_string()))
}

pub fn memory_bytes(hierarchies: &[Hierarchy], machine: &str) -> Option<u64> {
    let hierarchy = hierarchies.iter().find(|one| one.has("memory"))?;
    let file = if hierarchy.unified { "memory.current" } else { "memory.usage_in_bytes" };
    fs::read_to_string(hierarchy.path.join(machine).join(file)).ok()?.trim().parse().ok()
}

/// Stops or continues a machine's processes, and waits until that has happened.
pub fn freeze(hierarchies: &[Hierarchy], machine: &str, frozen: bool) -> Result<()> {
    let hierarchy = hierarchies.iter().find(|one| one.unified || one.has("freezer"));
    let hierarchy = hierarchy.ok_or_else(|| Error::Lacking("no control group here can freeze".into()))?;
    let folder = hierarchy.path.join(machine);
    if hierarchy.unified {
        write(&folder.join("cgroup.freeze"), if frozen { "1" } else { "0" })?;
        return wait_for(&folder.join("cgroup.events"), if frozen { "frozen 1" } else { "frozen 0" });
    }
    let state = if frozen { "FROZEN" } else { "THAWED" };
    write(&folder.join("freezer.state"), state)?;
    wait_for(&folder.join("freezer.state"), state)
}

fn wait_for(file: &Path, text: &str) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < FREEZE_LIMIT {
        if fs::read_to_string(file).is_ok_and(|now| now.contains(text)) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(2));
    }
    Err(Error::Refused(format!("{} does not become `{text}`", file.display())))
}

/// A frozen process of version 1 does not even die, so everything is thawed before it is ended.
pub fn thaw_all(lab: &str) {
    for group in find(lab).iter().flat_map(|one| groups(&one.path)) {
        let _ = fs::write(group.join("freezer.state"), "THAWED");
        let _ = fs::write(group.join("cgroup.freeze"), "0");
    }
}

/// Removes the groups of a lab, which the kernel allows only after its processes are gone.
pub fn remove(lab: &str) -> Result<()> {
    let start = Instant::now();
    loop {
        let left: Vec<PathBuf> =
            find(lab).iter().filter(|one| !is_removed(&one.path)).map(|one| one.path.clone()).collect();
        match left.first() {
            None => return Ok(()),
            Some(path) if start.elapsed() > REMOVE_LIMIT => {
                let text = format!(
                    "the control group {} is still in use; look into its cgroup.procs",
                    path.display()
                );
                return Err(Error::Refused(text));
            }
            Some(_) => thread::sleep(Duration::from_millis(5)),
        }
    }
}

fn is_removed(lab: &Path) -> bool {
    for group in groups(lab) {
        let _ = fs::remove_dir(group);
    }
    let gone = match fs::remove_dir(lab) {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    // The parent belongs to all labs; the last one removes it.
    let _ = lab.parent().map(fs::remove_dir);
    gone
}

fn groups(lab: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(lab).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// Whether limits of this kind can be set here.
pub fn is_mounted(controller: &str) -> bool {
    find("any").iter().any(|one| one.has(controller))
}

/// The hierarchies that are mounted here. Version 2 beside version 1 has no controllers of its own.
fn find(lab: &str) -> Vec<Hierarchy> {
    let lab = &paths::group(lab);
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let found: Vec<_> = mounts.lines().filter_map(|line| hierarchy(line, lab)).collect();
    let first = found.iter().any(|one| !one.unified);
    found.into_iter().filter(|one| !(first && one.unified)).collect()
}

/// One line of `/proc/self/mountinfo` (proc(5)).
fn hierarchy(line: &str, lab: &str) -> Option<Hierarchy> {
    let (mount, kind) = line.split_once(" - ")?;
    let point = Path::new(mount.split(' ').nth(4)?);
    let mut kind = kind.split(' ');
    let path = point.join(PARENT).join(lab);
    match kind.next()? {
        "cgroup2" => {
            let listed = fs::read_to_string(point.join("cgroup.controllers")).ok()?;
            let known = ["memory", "pids", "cpu"].into_iter();
            let controllers = known.filter(|one| listed.split_whitespace().any(|name| name == *one));
            Some(Hierarchy { controllers: controllers.map(Into::into).collect(), unified: true, path })
        }
        "cgroup" => {
            let options = kind.nth(1)?;
            let known = ["memory", "pids", "cpu", "freezer"].into_iter();
            let controllers: Vec<String> =
                known.filter(|one| options.split(',').any(|name| name == *one)).map(Into::into).collect();
            (!controllers.is_empty()).then_some(Hierarchy { controllers, unified: false, path })
        }
        _ => None,
    }
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).doing(|| format!("write {text} to {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_hierarchy_of_a_mount() {
        let line = "40 30 0:35 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct";
        let found = hierarchy(line, "clinic-test").unwrap();
        assert_eq!(found.controllers, ["cpu"]);
        assert_eq!(found.path, Path::new("/sys/fs/cgroup/cpu,cpuacct/sehat/clinic-test"));
    }

    #[test]
    fn other_mounts_are_no_hierarchies() {
        assert_eq!(hierarchy("22 1 254:0 / / rw,relatime - ext4 /dev/vda rw", "clinic-test"), None);
    }
}
