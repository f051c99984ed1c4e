//! Making and ending processes: new namespaces at birth, death by a handle that cannot mean another.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::CloneFlags;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::{Mode, umask};
use nix::unistd::Pid;

use crate::error::{Doing, Result};

/// Makes what is inherited the same on every machine: file modes, open files, no cores.
pub fn normalise() -> Result<()> {
    umask(Mode::S_IWGRP | Mode::S_IWOTH);
    let doing = || "set the limits of processes".to_string();
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).doing(doing)?;
    setrlimit(Resource::RLIMIT_NOFILE, most.min(FILE_COUNT), most).doing(doing)?;
    // A core would go to a handler of the real machine.
    setrlimit(Resource::RLIMIT_CORE, 0, 0).doing(doing)
}

/// Open files of a process, which a database of 200 connections does not exhaust.
const FILE_COUNT: u64 = 65_536;

/// Which side of a fork this is.
pub enum Side {
    Child,
    Parent(Pid),
}

/// Forks, the child in new namespaces.
///
/// The caller must have a single thread; every hidden command of Sehat has.
pub fn fork_into(namespaces: CloneFlags) -> Result<Side> {
    let flags = libc::c_long::from(namespaces.bits() | libc::SIGCHLD);
    // SAFETY: without a stack of its own and without CLONE_VM this is a fork: the child gets a copy
    // of everything. The process has one thread, so no lock is held by a thread that the child lacks.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    match Errno::result(pid).doing(|| "make a process".into())? {
        0 => Ok(Side::Child),
        pid => Ok(Side::Parent(Pid::from_raw(i32::try_from(pid).unwrap_or(i32::MAX)))),
    }
}

/// A process that stays the same one, whatever happens to its number.
pub struct Handle(OwnedFd);

impl Handle {
    /// `None` when there is no such process.
    pub fn open(pid: Pid) -> Option<Self> {
        // SAFETY: the call takes two numbers and returns a new descriptor or an error.
        let file = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
        let file = i32::try_from(Errno::result(file).ok()?).ok()?;
        // SAFETY: the kernel has just made this descriptor for us.
        Some(Self(unsafe { OwnedFd::from_raw_fd(file) }))
    }

    pub fn kill(&self) {
        let null = std::ptr::null::<libc::siginfo_t>();
        // SAFETY: the descriptor is open, and the kernel accepts no siginfo as "as kill(2) does".
        unsafe { libc::syscall(libc::SYS_pidfd_send_signal, self.0.as_raw_fd(), libc::SIGKILL, null, 0) };
    }

    /// Waits for the end of the process; for the first of a namespace, the end of all in it.
    pub fn wait_for_end(&self, limit: Duration) -> bool {
        use std::os::fd::AsFd;
        let mut files = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        let timeout = PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX);
        poll(&mut files, timeout).is_ok_and(|count| count > 0)
    }
}
