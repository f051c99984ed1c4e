//! The box's own root: nothing of the real machine but the cached root, the lab's folder and the kernel's files.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::mount::MsFlags;
use nix::unistd::sethostname;

use crate::cgroup::Hierarchy;
use crate::error::{Doing, Result};
use crate::machine::network::set;
use crate::messages::Birth;
use crate::mounts;
use crate::netlink::Netlink;
use crate::paths;

/// Paths in the box.
pub const ROOT: &str = "/root-layer";
pub const LOGS: &str = "/logs";
pub const UPPER: &str = "/upper";
pub const TARGETS: &str = "/machines";
pub const PROGRAM: &str = "/sehat";

pub fn seed(name: &str) -> String {
    format!("/seeds/{name}")
}

/// The control groups of the lab as the box sees them.
pub fn cgroups(birth: &Birth) -> Vec<Hierarchy> {
    birth.cgroups.iter().enumerate().map(|(index, one)| one.at(cgroup_path(index))).collect()
}

fn cgroup_path(index: usize) -> PathBuf {
    format!("/cgroup/{index}").into()
}

pub fn enter_box(birth: &Birth) -> Result<()> {
    mounts::make_private()?;
    let lab = paths::lab(&birth.blueprint.name());
    let root = lab.join("box");
    mounts::tmpfs(&root, "mode=755,size=1m", MsFlags::MS_NOSUID)?;
    show_layers(birth, &root)?;
    show_own_files(birth, &lab, &root)?;
    mounts::enter(&root)?;
    sethostname("sehat-lab").doing(|| "set the host name".into())?;
    make_network(birth)
}

fn inside(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

fn show_layers(birth: &Birth, root: &Path) -> Result<()> {
    let flags = MsFlags::MS_RDONLY;
    let layer = inside(root, ROOT);
    mounts::bind_folder(Path::new(&birth.root), &layer, flags)?;
    // For the box's own use of nft; an overlay does not see what is mounted on its lower layer.
    mounts::devices(&layer)?;
    mounts::fresh(
        "proc",
        &layer.join("proc"),
        "",
        MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC,
    )?;
    for (name, path) in &birth.seeds {
        mounts::bind_folder(Path::new(path), &inside(root, &seed(name)), flags)?;
    }
    Ok(())
}

fn show_own_files(birth: &Birth, lab: &Path, root: &Path) -> Result<()> {
    let guarded = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mounts::bind_folder(&lab.join("logs"), &inside(root, LOGS), guarded)?;
    mounts::bind_file(&own_program(lab)?, &inside(root, PROGRAM), MsFlags::MS_RDONLY | MsFlags::MS_NOSUID)?;
    for (index, hierarchy) in birth.cgroups.iter().enumerate() {
        let target = cgroup_path(index);
        mounts::bind_folder(&hierarchy.path, &inside(root, &target.to_string_lossy()), guarded)?;
    }
    mounts::fresh("proc", &inside(root, "/proc"), "", guarded)?;
    mounts::devices(root)?;
    for folder in [UPPER, TARGETS, "/run"] {
        mounts::make_folder(&inside(root, folder))?;
    }
    Ok(())
}

/// The file of this program; a copy where it was replaced while it ran.
fn own_program(lab: &Path) -> Result<PathBuf> {
    let own = Path::new("/proc/self/exe");
    let doing = || "find the program of this process".to_string();
    let path = fs::read_link(own).doing(doing)?;
    let number = |path: &Path| fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()));
    if number(&path).is_ok_and(|number_there| number(own).is_ok_and(|number| number == number_there)) {
        return Ok(path);
    }
    let copy = lab.join("program");
    fs::copy(own, &copy).doing(doing)?;
    Ok(copy)
}

/// A bridge per segment, without addresses: the box itself takes no part in the lab's networks.
fn make_network(birth: &Birth) -> Result<()> {
    // No link is there yet; those that come take this over.
    set("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1")?;
    let mut netlink = Netlink::open()?;
    netlink.set_up("lo", true)?;
    for index in 0..birth.blueprint.segments.len() {
        netlink.add_bridge(&sehat_lab::names::bridge(index))?;
    }
    // Bridged packets do not also pass the box's own rules for routed ones.
    set("/proc/sys/net/bridge/bridge-nf-call-iptables", "0")
}
