//! From the program that `up` starts to the first process of the box.

use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};

use nix::sched::CloneFlags;
use nix::unistd::{Pid, dup2_stdin, setsid};

use super::run::Lab;
use super::setup;
use crate::cgroup;
use crate::channel::Channel;
use crate::error::{Doing, Error, Result};
use crate::messages::{Birth, Reply};
use crate::process::{Side, fork_into, normalise};

/// The hidden command `lab-box FOLDER`; the folder is there to be found by `down`.
pub fn main() -> i32 {
    match be_born() {
        Ok(()) => 0,
        Err(error) => complain(&error),
    }
}

#[expect(clippy::print_stderr, reason = "standard error is the box's log")]
fn complain(error: &Error) -> i32 {
    eprintln!("box: {}", error.chain());
    1
}

/// What the box takes along from the real machine.
pub struct Inheritance {
    pub birth: Birth,
    pub control: UnixListener,
    pub doors: Vec<TcpListener>,
    /// Held as long as the box lives.
    pub lock: OwnedFd,
}

fn be_born() -> Result<()> {
    let doing = || "take over from `sehat up`".to_string();
    normalise()?;
    let input = io::stdin().as_fd().try_clone_to_owned().doing(doing)?;
    let mut parent = Channel::new(UnixStream::from(input));
    // Where `up` was killed before it said what to do, there is nothing to do.
    let Some(birth) = parent.receive::<Birth>()? else { return Ok(()) };
    let inheritance = inherit(birth, &mut parent)?;
    let null = std::fs::File::open("/dev/null").doing(doing)?;
    dup2_stdin(null.as_fd()).doing(doing)?;
    setsid().doing(doing)?;
    cgroup::join(&inheritance.birth.cgroups, None, Pid::this())?;
    let namespaces = CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    match fork_into(namespaces)? {
        Side::Parent(_) => Ok(()),
        Side::Child => live(inheritance, &parent),
    }
}

fn inherit(birth: Birth, parent: &mut Channel) -> Result<Inheritance> {
    let wrong = || Error::Refused("`sehat up` did not pass its sockets on".into());
    let mut files = parent.take_files(2 + birth.ports.len()).into_iter();
    let control = UnixListener::from(files.next().ok_or_else(wrong)?);
    let lock = files.next().ok_or_else(wrong)?;
    let doors = files.map(TcpListener::from).collect();
    Ok(Inheritance { birth, control, doors, lock })
}

fn live(inheritance: Inheritance, parent: &Channel) -> Result<()> {
    match setup::enter_box(&inheritance.birth).and_then(|()| Lab::new(inheritance)) {
        Ok(lab) => {
            // `up` may have been interrupted; the lab comes up all the same.
            let _ = parent.send(&Reply::Ended { code: 0 });
            lab.run()
        }
        Err(error) => {
            let _ = parent.send(&Reply::Failed { reason: error.chain() });
            Err(error)
        }
    }
}
