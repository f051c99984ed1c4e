//! The box's view of its machines: makes them, links them, hears them, notices their end.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{fchown, lchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::mount::MsFlags;
use nix::sched::CloneFlags;
use nix::unistd::Pid;
use sehat_lab::plan::MachinePlan;
use sehat_lab::status::{MachineState, ProcessState, ProcessStatus, Progress};

use super::run::{Lab, Waiting};
use super::setup;
use crate::cgroup;
use crate::channel::Channel;
use crate::error::{Doing, Error, Result};
use crate::machine::{Layers, become_machine};
use crate::messages::{FromMachine, Order, Reply, ToMachine};
use crate::mounts;
use crate::netlink::{Peer, Port};
use crate::process::{Side, fork_into};

/// A first process that does not read for this long is given up.
const SEND_LIMIT: Duration = Duration::from_secs(5);

/// One machine, up or down.
pub struct Unit {
    pub plan: MachinePlan,
    pub state: MachineState,
    pub pid: Option<Pid>,
    pub channel: Option<Channel>,
    pub statuses: BTreeMap<String, ProcessStatus>,
    /// Why it could not be made.
    pub broken: Option<String>,
    upper_is_mounted: bool,
}

impl Unit {
    pub fn new(plan: MachinePlan) -> Self {
        let statuses = plan.instances.iter().flat_map(|instance| &instance.contents.processes);
        let statuses = statuses.map(|process| (process.name.clone(), waiting())).collect();
        Self {
            plan,
            state: MachineState::Down,
            pid: None,
            channel: None,
            statuses,
            broken: None,
            upper_is_mounted: false,
        }
    }

    pub fn is_ready(&self) -> bool {
        self.state == MachineState::Up && self.statuses.values().all(|one| one.state == ProcessState::Ready)
    }

    fn layers(&self) -> Layers {
        let seeds = self.plan.seeds.iter().map(|name| setup::seed(name));
        Layers {
            lower: seeds.chain([setup::ROOT.to_string()]).collect(),
            upper: Path::new(setup::UPPER).join(&self.plan.name),
            target: Path::new(setup::TARGETS).join(&self.plan.name),
            program: setup::PROGRAM.into(),
            tools: setup::ROOT.into(),
        }
    }

    fn send(&mut self, message: &ToMachine, files: &[BorrowedFd<'_>]) -> Result<()> {
        let down = || Error::Refused(format!("the machine `{}` is down", self.plan.name));
        self.channel.as_ref().ok_or_else(down)?.send_with(message, files)
    }
}

fn waiting() -> ProcessStatus {
    ProcessStatus { state: ProcessState::Waiting, restart_count: 0, reason: None }
}

impl Lab {
    pub fn start_all(&mut self) {
        for unit in 0..self.units.len() {
            if let Err(error) = self.start_machine(unit) {
                self.machine_broke(unit, &error.chain());
            }
        }
    }

    pub fn start_machine(&mut self, index: usize) -> Result<()> {
        let logs = open_logs(&self.units[index].plan, self.birth.caller)?;
        self.mount_upper(index)?;
        let pid = self.fork_machine(index)?;
        let unit = &mut self.units[index];
        unit.pid = Some(pid);
        unit.state = MachineState::Starting;
        unit.broken = None;
        for status in unit.statuses.values_mut() {
            *status = waiting();
        }
        cgroup::join(&self.cgroups, Some(&self.units[index].plan.name), pid)?;
        self.link_machine(index, pid)?;
        let logs: Vec<_> = logs.iter().map(AsFd::as_fd).collect();
        self.units[index].send(&ToMachine::Linked, &logs)
    }

    /// The upper layer outlives the machine, as a disk does.
    fn mount_upper(&mut self, index: usize) -> Result<()> {
        let unit = &mut self.units[index];
        if !unit.upper_is_mounted {
            let path = unit.layers().upper;
            let options = format!("mode=755,size={}", unit.plan.limits.upper_bytes_max);
            mounts::tmpfs(&path, &options, MsFlags::empty())?;
            unit.upper_is_mounted = true;
        }
        Ok(())
    }

    fn fork_machine(&mut self, index: usize) -> Result<Pid> {
        let (own, theirs) = Channel::pair()?;
        own.limit_sending(SEND_LIMIT)?;
        let namespaces = CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS;
        match fork_into(namespaces)? {
            Side::Parent(pid) => {
                self.units[index].channel = Some(own);
                Ok(pid)
            }
            Side::Child => {
                let unit = &self.units[index];
                let Err(error) = become_machine(&unit.plan, &unit.layers(), &theirs);
                let _ = theirs.send(&FromMachine::Broken { reason: error.chain() });
                std::process::exit(1)
            }
        }
    }

    fn link_machine(&mut self, index: usize, pid: Pid) -> Result<()> {
        for link in &self.units[index].plan.links {
            let port = Port { name: &link.port, bridge: &link.bridge };
            // What a machine that ended just now has left is in the way.
            self.netlink.remove(port.name)?;
            self.netlink.add_cable(&port, &Peer { name: &link.name, hardware: link.hardware, pid })?;
        }
        Ok(())
    }

    pub fn hear_machine(&mut self, index: usize) {
        let mut messages = Vec::new();
        let unit = &mut self.units[index];
        let Some(channel) = unit.channel.as_mut() else { return };
        let alive = channel.fill().unwrap_or(false);
        while let Ok(Some(message)) = channel.next::<FromMachine>() {
            messages.push(message);
        }
        if !alive {
            unit.channel = None;
        }
        for message in messages {
            self.take_from_machine(index, message);
        }
    }

    fn take_from_machine(&mut self, index: usize, message: FromMachine) {
        match message {
            FromMachine::Up => self.machine_is_up(index),
            FromMachine::Broken { reason } => self.machine_broke(index, &reason),
            FromMachine::Process { process, status } => self.process_changed(index, process, status),
            FromMachine::Done { number, moment } => self.answer(number, &Reply::Struck(moment)),
            FromMachine::Ended { number, code } => self.answer(number, &Reply::Ended { code }),
            FromMachine::Failed { number, reason } => self.answer(number, &Reply::Failed { reason }),
        }
    }

    fn machine_is_up(&mut self, index: usize) {
        self.units[index].state = MachineState::Up;
        let machine = self.units[index].plan.name.clone();
        self.tell(&Progress::MachineUp { machine });
        self.tell_ready_processes(index);
        self.open_doors(index);
        self.cut_again(index);
        self.check_ready();
    }

    /// A machine that comes up learns which processes of the others are ready already.
    fn tell_ready_processes(&mut self, index: usize) {
        let mut ready = Vec::new();
        for unit in &self.units {
            let of_unit = unit.statuses.iter().filter(|(_, status)| status.state == ProcessState::Ready);
            ready.extend(of_unit.map(|(process, _)| format!("{}/{process}", unit.plan.name)));
        }
        ready.retain(|name| waits_for(&self.units[index].plan, name));
        for name in ready {
            let _ = self.units[index].send(&ToMachine::Remote { name, ready: true }, &[]);
        }
    }

    fn open_doors(&mut self, index: usize) {
        let name = self.units[index].plan.name.clone();
        for (door, listener) in self.birth.blueprint.front_doors.iter().zip(&self.doors) {
            if door.through == name {
                let order = Order::Door { target: door.target };
                let _ = self.units[index].send(&ToMachine::Order { number: 0, order }, &[listener.as_fd()]);
            }
        }
    }

    /// A router that was away comes back with the cuts that have not been healed.
    fn cut_again(&mut self, index: usize) {
        if self.units[index].plan.forwards && self.cuts.concern_router() {
            let text = self.cuts.router_ruleset(&self.birth.blueprint).to_json();
            let order = Order::Ruleset { text };
            let _ = self.units[index].send(&ToMachine::Order { number: 0, order }, &[]);
        }
    }

    fn process_changed(&mut self, index: usize, process: String, status: ProcessStatus) {
        let ready = status.state == ProcessState::Ready;
        let unit = &mut self.units[index];
        let before = unit.statuses.insert(process.clone(), status.clone());
        let machine = unit.plan.name.clone();
        if before.is_none_or(|before| (before.state == ProcessState::Ready) != ready) {
            self.tell_dependents(&format!("{machine}/{process}"), ready);
        }
        self.tell(&Progress::Process { machine, process, status });
        self.check_ready();
    }

    fn tell_dependents(&mut self, name: &str, ready: bool) {
        for unit in self.units.iter_mut().filter(|unit| waits_for(&unit.plan, name)) {
            let _ = unit.send(&ToMachine::Remote { name: name.into(), ready }, &[]);
        }
    }

    fn check_ready(&mut self) {
        let ready = self.units.iter().all(Unit::is_ready);
        if ready && !self.ready {
            self.tell(&Progress::Ready);
        }
        self.ready = ready;
    }

    fn machine_broke(&mut self, index: usize, reason: &str) {
        let machine = &self.units[index].plan.name;
        let text = format!("the machine `{machine}` could not be made: {reason}");
        self.tell(&Progress::Broken { text: text.clone() });
        self.units[index].broken = Some(text);
    }

    /// The first process of a machine is gone, and with it all others; the box has collected it.
    pub fn machine_ended(&mut self, index: usize) {
        let unit = &mut self.units[index];
        unit.pid = None;
        unit.channel = None;
        unit.state = MachineState::Down;
        let mut were_ready = Vec::new();
        for (process, status) in &mut unit.statuses {
            if status.state == ProcessState::Ready {
                were_ready.push(format!("{}/{process}", unit.plan.name));
            }
            status.state = ProcessState::Stopped;
        }
        for link in &self.units[index].plan.links {
            let _ = self.netlink.remove(&link.port);
        }
        for name in were_ready {
            self.tell_dependents(&name, false);
        }
        self.forget_orders(index);
        self.check_ready();
        let machine = self.units[index].plan.name.clone();
        self.tell(&Progress::MachineDown { machine });
    }

    fn forget_orders(&mut self, index: usize) {
        let lost: Vec<u64> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.unit == index)
            .map(|(number, _)| *number)
            .collect();
        let reason = format!("the machine `{}` went down", self.units[index].plan.name);
        for number in lost {
            self.answer(number, &Reply::Failed { reason: reason.clone() });
        }
    }

    /// Gives an order whose answer goes to a client.
    pub fn order(&mut self, client: u64, index: usize, order: Order, files: &[BorrowedFd<'_>]) -> Result<()> {
        self.numbers += 1;
        let number = self.numbers;
        self.units[index].send(&ToMachine::Order { number, order }, files)?;
        self.waiting.insert(number, Waiting { client, unit: index });
        Ok(())
    }

    fn answer(&mut self, number: u64, reply: &Reply) {
        if let Some(waiting) = self.waiting.remove(&number) {
            self.reply(waiting.client, reply);
        }
    }

    pub fn unit_index(&self, machine: &str) -> Result<usize> {
        let found = self.units.iter().position(|unit| unit.plan.name == machine);
        found.ok_or_else(|| {
            let names: Vec<_> = self.units.iter().map(|unit| unit.plan.name.as_str()).collect();
            Error::Refused(format!("there is no machine `{machine}`; the machines are {}", names.join(", ")))
        })
    }
}

fn waits_for(plan: &MachinePlan, name: &str) -> bool {
    let mut processes = plan.instances.iter().flat_map(|instance| &instance.contents.processes);
    processes.any(|process| process.after.iter().any(|after| after == name))
}

fn open_logs(plan: &MachinePlan, owner: Option<(u32, u32)>) -> Result<Vec<File>> {
    let folder: PathBuf = Path::new(setup::LOGS).join(&plan.name);
    mounts::make_folder(&folder)?;
    give(&folder, owner)?;
    let processes = plan.instances.iter().flat_map(|instance| &instance.contents.processes);
    processes.map(|process| open_log(&folder.join(format!("{}.log", process.name)), owner)).collect()
}

fn open_log(path: &Path, owner: Option<(u32, u32)>) -> Result<File> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let file = file.doing(|| format!("open {}", path.display()))?;
    if let Some((user, group)) = owner {
        fchown(&file, Some(user), Some(group)).doing(|| format!("give {} to its user", path.display()))?;
    }
    Ok(file)
}

fn give(path: &Path, owner: Option<(u32, u32)>) -> Result<()> {
    let Some((user, group)) = owner else { return Ok(()) };
    lchown(path, Some(user), Some(group)).doing(|| format!("give {} to its user", path.display()))
}
