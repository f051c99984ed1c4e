//! The box's loop: collects the dead, hears its machines and answers the command line.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixListener;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use sehat_lab::fault::Cuts;
use sehat_lab::status::Progress;

use super::birth::Inheritance;
use super::clients::Client;
use super::machines::Unit;
use super::setup;
use crate::cgroup::Hierarchy;
use crate::error::{Doing, Result};
use crate::messages::Birth;
use crate::netlink::Netlink;

/// Everything that the first process of the box knows.
pub struct Lab {
    pub birth: Birth,
    pub units: Vec<Unit>,
    pub clients: BTreeMap<u64, Client>,
    pub doors: Vec<TcpListener>,
    pub netlink: Netlink,
    pub cgroups: Vec<Hierarchy>,
    pub cuts: Cuts,
    /// Who waits for the answer to an order.
    pub waiting: BTreeMap<u64, Waiting>,
    pub numbers: u64,
    pub ready: bool,
    control: UnixListener,
    signals: SignalFd,
    /// Held as long as the box lives.
    _lock: OwnedFd,
}

pub struct Waiting {
    pub client: u64,
    pub unit: usize,
}

impl Lab {
    pub fn new(inheritance: Inheritance) -> Result<Self> {
        let mut mask = SigSet::empty();
        mask.add(Signal::SIGCHLD);
        mask.thread_block().doing(|| "block signals".into())?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let signals = SignalFd::with_flags(&mask, flags).doing(|| "listen to signals".into())?;
        let Inheritance { birth, control, doors, lock } = inheritance;
        control.set_nonblocking(true).doing(|| "prepare the control socket".into())?;
        Ok(Self {
            units: birth.plans.iter().cloned().map(Unit::new).collect(),
            cgroups: setup::cgroups(&birth),
            birth,
            clients: BTreeMap::new(),
            doors,
            netlink: Netlink::open()?,
            cuts: Cuts::default(),
            waiting: BTreeMap::new(),
            numbers: 0,
            ready: false,
            control,
            signals,
            _lock: lock,
        })
    }

    pub fn run(mut self) -> Result<()> {
        self.start_all();
        loop {
            let woken = self.wait()?;
            if woken.signal {
                while let Ok(Some(_)) = self.signals.read_signal() {}
            }
            for unit in woken.units {
                self.hear_machine(unit);
            }
            if woken.signal {
                self.collect();
            }
            for client in woken.clients {
                self.hear_client(client);
            }
            if woken.control {
                self.accept_clients();
            }
        }
    }

    fn accept_clients(&mut self) {
        while let Ok((stream, _)) = self.control.accept() {
            self.numbers += 1;
            if let Ok(client) = Client::new(stream) {
                self.clients.insert(self.numbers, client);
            }
        }
    }

    fn collect(&mut self) {
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            if status == WaitStatus::StillAlive {
                return;
            }
            if let Some(unit) =
                self.units.iter().position(|unit| unit.pid.is_some() && unit.pid == status.pid())
            {
                self.machine_ended(unit);
            }
        }
    }

    fn wait(&self) -> Result<Woken> {
        let open: Vec<usize> =
            (0..self.units.len()).filter(|index| self.units[*index].channel.is_some()).collect();
        let mut files = vec![
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.control.as_fd(), PollFlags::POLLIN),
        ];
        let channels = self.units.iter().filter_map(|unit| unit.channel.as_ref());
        files.extend(channels.map(|channel| PollFd::new(channel.as_fd(), PollFlags::POLLIN)));
        files.extend(
            self.clients.values().map(|client| PollFd::new(client.channel.as_fd(), PollFlags::POLLIN)),
        );
        match poll(&mut files, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error).doing(|| "wait for something to do".into()),
        }
        let woken: Vec<bool> = files.iter().map(|file| file.any().unwrap_or(false)).collect();
        let (units, clients) = woken[2..].split_at(open.len());
        Ok(Woken {
            signal: woken[0],
            control: woken[1],
            units: chosen(open.into_iter(), units),
            clients: chosen(self.clients.keys().copied(), clients),
        })
    }

    /// Tells everyone who watches.
    pub fn tell(&mut self, progress: &Progress) {
        for client in self.clients.values_mut().filter(|client| client.watches) {
            client.send_progress(progress);
        }
    }
}

struct Woken {
    signal: bool,
    control: bool,
    units: Vec<usize>,
    clients: Vec<u64>,
}

fn chosen<T>(items: impl Iterator<Item = T>, woken: &[bool]) -> Vec<T> {
    items.zip(woken).filter(|(_, woken)| **woken).map(|(item, _)| item).collect()
}
