//! Mounts and device nodes, each with a sentence when it fails.

use std::fs;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::{chdir, pivot_root};

use crate::error::{Doing, Result};

const NONE: Option<&str> = None;

/// Nothing that is mounted from here on is seen outside of this mount namespace.
pub fn make_private() -> Result<()> {
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)
        .doing(|| "separate the mounts from the machine's".into())
}

pub fn tmpfs(target: &Path, options: &str, flags: MsFlags) -> Result<()> {
    fresh("tmpfs", target, options, flags)
}

/// Mounts a file system that has no source, making its folder.
pub fn fresh(kind: &str, target: &Path, options: &str, flags: MsFlags) -> Result<()> {
    make_folder(target)?;
    mount(Some(kind), target, Some(kind), flags, Some(options))
        .doing(|| format!("mount {kind} at {}", target.display()))
}

pub fn overlay(target: &Path, lower: &[String], upper: &Path) -> Result<()> {
    let (files, work) = (upper.join("files"), upper.join("work"));
    for folder in [&files, &work] {
        make_folder(folder)?;
    }
    make_folder(target)?;
    let lower = lower.join(":");
    let options = format!("lowerdir={lower},upperdir={},workdir={}", files.display(), work.display());
    mount(Some("overlay"), target, Some("overlay"), MsFlags::empty(), Some(options.as_str()))
        .doing(|| format!("mount the overlay of {lower}"))
}

/// Shows a folder at another place, with nothing that is mounted below it.
pub fn bind_folder(source: &Path, target: &Path, flags: MsFlags) -> Result<()> {
    make_folder(target)?;
    bind(source, target, flags)
}

pub fn bind_file(source: &Path, target: &Path, flags: MsFlags) -> Result<()> {
    if let Some(folder) = target.parent() {
        make_folder(folder)?;
    }
    fs::File::create(target).doing(|| format!("create {}", target.display()))?;
    bind(source, target, flags)
}

fn bind(source: &Path, target: &Path, flags: MsFlags) -> Result<()> {
    let doing = || format!("show {} at {}", source.display(), target.display());
    mount(Some(source), target, NONE, MsFlags::MS_BIND, NONE).doing(doing)?;
    if flags.is_empty() {
        return Ok(());
    }
    // The kernel ignores every other flag when a bind is made, so they are set in a second step.
    mount(NONE, target, NONE, MsFlags::MS_BIND | MsFlags::MS_REMOUNT | flags, NONE).doing(doing)
}

/// Makes `root` the root of this mount namespace and forgets the old one.
pub fn enter(root: &Path) -> Result<()> {
    let doing = || format!("make {} the root", root.display());
    let old = root.join("old-root");
    make_folder(&old)?;
    pivot_root(root, &old).doing(doing)?;
    chdir("/").doing(doing)?;
    umount2("/old-root", MntFlags::MNT_DETACH).doing(doing)?;
    fs::remove_dir("/old-root").doing(doing)
}

/// A `/dev` with the harmless nodes only.
pub fn devices(root: &Path) -> Result<()> {
    let folder = root.join("dev");
    tmpfs(&folder, "mode=755,size=64k", MsFlags::MS_NOSUID)?;
    for (name, major, minor) in NODES {
        make_node(&folder.join(name), major, minor)?;
    }
    for (name, target) in LINKS {
        let link = folder.join(name);
        std::os::unix::fs::symlink(target, &link).doing(|| format!("create {}", link.display()))?;
    }
    Ok(())
}

const NODES: [(&str, u64, u64); 7] = [
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
    ("tty", 5, 0),
    ("net/tun", 10, 200),
];
const LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
];

fn make_node(path: &Path, major: u64, minor: u64) -> Result<()> {
    let doing = || format!("create {}", path.display());
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    mknod(path, SFlag::S_IFCHR, Mode::empty(), makedev(major, minor)).doing(doing)?;
    // Not by `mknod`'s mode, which the umask narrows.
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o666)).doing(doing)
}

pub fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).doing(|| format!("create the folder {}", path.display()))
}
