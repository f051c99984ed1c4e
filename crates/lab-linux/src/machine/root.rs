//! The file system of a machine: from the box's mounts to the machine's own, then to its first program.

use std::convert::Infallible;
use std::ffi::CString;
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};

use nix::fcntl::{OFlag, open};
use nix::mount::MsFlags;
use nix::sched::CloneFlags;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, chroot, dup2_stdin, dup2_stdout, execve, sethostname};
use sehat_lab::plan::{MachinePlan, SystemFile};

use super::network;
use crate::channel::Channel;
use crate::error::{Doing, Error, Result};
use crate::mounts;
use crate::process::{Side, fork_into};

/// Where the program of Sehat stands in every machine.
const PROGRAM: &str = "/usr/local/libexec/sehat";

/// Paths in the box.
pub struct Layers {
    /// The topmost first.
    pub lower: Vec<String>,
    pub upper: PathBuf,
    pub target: PathBuf,
    pub program: PathBuf,
    /// A root with nft and what it needs.
    pub tools: PathBuf,
}

/// Turns this process, the first of new namespaces, into the machine. It returns only to say why not.
pub fn become_machine(plan: &MachinePlan, layers: &Layers, channel: &Channel) -> Result<Infallible> {
    let filter = start_filter(plan, layers)?;
    mounts::make_private()?;
    make_file_system(layers)?;
    show_program(layers)?;
    mounts::enter(&layers.target)?;
    protect_kernel_settings()?;
    write_system_files(&plan.system_files)?;
    sethostname(&plan.name).doing(|| "set the host name".into())?;
    hand_over(plan, channel)?;
    run_program(filter)
}

/// Begins to set the filters while the file system is made, because nft takes the longest of all.
fn start_filter(plan: &MachinePlan, layers: &Layers) -> Result<Pid> {
    // With mounts of its own: nft opens `/dev/stdin`, which is gone once the machine has left the box's root behind.
    match fork_into(CloneFlags::CLONE_NEWNS)? {
        Side::Parent(pid) => Ok(pid),
        Side::Child => {
            let set = chroot(&layers.tools).is_ok() && network::apply_ruleset(&plan.ruleset).is_ok();
            std::process::exit(i32::from(!set))
        }
    }
}

/// Mounts a machine's root at its target.
pub fn make_file_system(layers: &Layers) -> Result<()> {
    let root = &layers.target;
    mounts::overlay(root, &layers.lower, &layers.upper)?;
    let guarded = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mounts::fresh("proc", &root.join("proc"), "", guarded | MsFlags::MS_NOEXEC)?;
    mounts::fresh("sysfs", &root.join("sys"), "", guarded | MsFlags::MS_NOEXEC | MsFlags::MS_RDONLY)?;
    mounts::tmpfs(&root.join("run"), "mode=755,size=16m", guarded)?;
    mounts::tmpfs(&root.join("tmp"), "mode=1777,size=64m", guarded)?;
    mounts::devices(root)?;
    mounts::tmpfs(&root.join("dev/shm"), "mode=1777,size=64m", guarded)?;
    mounts::fresh(
        "devpts",
        &root.join("dev/pts"),
        "newinstance,ptmxmode=666,mode=620,gid=5",
        MsFlags::MS_NOSUID,
    )
}

fn show_program(layers: &Layers) -> Result<()> {
    let program = layers.target.join(PROGRAM.trim_start_matches('/'));
    mounts::bind_file(&layers.program, &program, MsFlags::MS_RDONLY | MsFlags::MS_NOSUID)
}

/// Root of a machine is root of the kernel for `/proc/sys`, so only the part of its own network is writable.
fn protect_kernel_settings() -> Result<()> {
    let doing = || "keep the kernel's settings from being written".to_string();
    // Opened before the rest is shut, and shown again after it; a mount to keep it in would have to be
    // undone, for which the kernel takes milliseconds.
    let network = open("/proc/sys/net", OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty()).doing(doing)?;
    for folder in ["/proc/sys", "/proc/irq", "/proc/bus"] {
        if Path::new(folder).exists() {
            mounts::bind_folder(Path::new(folder), Path::new(folder), MsFlags::MS_RDONLY)?;
        }
    }
    let source = format!("/proc/self/fd/{}", network.as_raw_fd());
    mounts::bind_folder(Path::new(&source), Path::new("/proc/sys/net"), MsFlags::empty())?;
    for file in ["/proc/sysrq-trigger", "/proc/kcore", "/proc/keys"] {
        hide_file(Path::new(file))?;
    }
    Ok(())
}

fn hide_file(path: &Path) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    nix::mount::mount(Some("/dev/null"), path, None::<&str>, MsFlags::MS_BIND, None::<&str>)
        .doing(|| format!("hide {}", path.display()))
}

pub fn write_system_files(files: &[SystemFile]) -> Result<()> {
    for file in files {
        // The root may hold a link here, `resolv.conf` often is one.
        let _ = fs::remove_file(&file.path);
        fs::write(&file.path, &file.text).doing(|| format!("write {}", file.path))?;
    }
    Ok(())
}

/// The program finds its channel at standard input and its plan at standard output.
fn hand_over(plan: &MachinePlan, channel: &Channel) -> Result<()> {
    let doing = || "hand the plan over".to_string();
    let mut file: File = memfd_create("plan", MFdFlags::MFD_CLOEXEC).doing(doing)?.into();
    let text = serde_json::to_vec(plan).doing(doing)?;
    file.write_all(&text).doing(doing)?;
    dup2_stdin(channel.as_fd()).doing(doing)?;
    dup2_stdout(file.as_fd()).doing(doing)
}

fn run_program(filter: Pid) -> Result<Infallible> {
    let text = |text: &str| CString::new(text).map_err(|_| Error::Refused("a path holds a zero byte".into()));
    let words = [text(PROGRAM)?, text("lab-machine")?, text(&filter.to_string())?];
    execve(&text(PROGRAM)?, &words, &[text("PATH=/usr/sbin:/usr/bin:/sbin:/bin")?])
        .doing(|| format!("run {PROGRAM}; is it linked statically?"))
}
