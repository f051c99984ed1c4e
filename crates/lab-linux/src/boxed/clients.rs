//! The box's side of the control socket.

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use sehat_lab::status::{
    FrontDoorStatus, InstanceStatus, MachineState, MachineStatus, ProcessState, Progress, Status,
};

use super::machines::Unit;
use super::run::Lab;
use crate::cgroup;
use crate::channel::Channel;
use crate::error::{Doing, Error, Result};
use crate::messages::{Command, Order, Reply, Request, ToMachine};

/// A client that does not read for this long is given up.
const SEND_LIMIT: Duration = Duration::from_secs(2);

pub struct Client {
    pub channel: Channel,
    pub watches: bool,
    lost: bool,
}

impl Client {
    pub fn new(stream: UnixStream) -> Result<Self> {
        stream.set_nonblocking(false).doing(|| "prepare a client's socket".into())?;
        let channel = Channel::new(stream);
        channel.limit_sending(SEND_LIMIT)?;
        Ok(Self { channel, watches: false, lost: false })
    }

    pub fn send_progress(&mut self, progress: &Progress) {
        self.lost |= self.channel.send(&Reply::Progress(progress.clone())).is_err();
        self.watches &= !self.lost;
    }
}

impl Lab {
    pub fn hear_client(&mut self, number: u64) {
        let Some(client) = self.clients.get_mut(&number) else { return };
        let alive = client.channel.fill().unwrap_or(false) && !client.lost;
        while let Some(client) = self.clients.get_mut(&number) {
            match client.channel.next::<Request>() {
                Ok(Some(request)) => self.serve(number, request),
                Ok(None) => break,
                Err(error) => self.reply(number, &Reply::Failed { reason: error.chain() }),
            }
        }
        if !alive {
            self.client_has_gone(number);
        }
    }

    fn serve(&mut self, client: u64, request: Request) {
        let result = match request {
            Request::Status => {
                let status = self.status();
                self.reply(client, &Reply::Status(status));
                Ok(())
            }
            Request::Watch => {
                self.watch(client);
                Ok(())
            }
            Request::Exec { machine, command } => self.exec(client, &machine, command),
            Request::Strike { fault } => self.strike(client, &fault),
        };
        if let Err(error) = result {
            self.reply(client, &Reply::Failed { reason: error.chain() });
        }
    }

    pub fn reply(&mut self, client: u64, reply: &Reply) {
        if let Some(client) = self.clients.get_mut(&client) {
            client.lost |= client.channel.send(reply).is_err();
        }
    }

    fn watch(&mut self, number: u64) {
        let Some(client) = self.clients.get_mut(&number) else { return };
        client.watches = true;
        for progress in self.units.iter().flat_map(present) {
            client.send_progress(&progress);
        }
        if self.ready {
            client.send_progress(&Progress::Ready);
        }
    }

    fn exec(&mut self, client: u64, machine: &str, command: Command) -> Result<()> {
        let files =
            self.clients.get_mut(&client).map(|client| client.channel.take_files(3)).unwrap_or_default();
        let unit = self.unit_index(machine)?;
        if files.len() < 3 {
            return Err(Error::Refused("a command came without its three files".into()));
        }
        let files: Vec<_> = files.iter().map(AsFd::as_fd).collect();
        self.order(client, unit, Order::Exec(command), &files)
    }

    /// What it started ends with it.
    fn client_has_gone(&mut self, client: u64) {
        self.clients.remove(&client);
        let started: Vec<(u64, usize)> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.client == client)
            .map(|(number, waiting)| (*number, waiting.unit))
            .collect();
        for (number, unit) in started {
            self.waiting.remove(&number);
            if let Some(channel) = &self.units[unit].channel {
                let _ = channel.send(&ToMachine::Forget { number });
            }
        }
    }

    fn status(&self) -> Status {
        let blueprint = &self.birth.blueprint;
        let doors = blueprint.front_doors.iter().zip(&self.birth.ports);
        Status {
            platform: blueprint.platform.clone(),
            environment: blueprint.environment.clone(),
            ready: self.ready,
            machines: self.units.iter().map(|unit| self.machine_status(unit)).collect(),
            front_doors: doors
                .map(|(door, port)| FrontDoorStatus {
                    name: door.name.clone(),
                    port: *port,
                    target: door.target,
                })
                .collect(),
            notes: self.birth.notes.clone(),
        }
    }

    fn machine_status(&self, unit: &Unit) -> MachineStatus {
        let name = unit.plan.name.clone();
        let placed = self.birth.blueprint.machine(&name);
        let place =
            |of: fn(&sehat_lab::blueprint::Machine) -> &String| placed.map(of).cloned().unwrap_or_default();
        MachineStatus {
            node: place(|machine| &machine.node),
            zone: place(|machine| &machine.zone),
            segment: place(|machine| &machine.segment),
            address: unit
                .plan
                .links
                .first()
                .map_or(std::net::Ipv4Addr::UNSPECIFIED, |link| link.address.addr()),
            state: unit.state,
            instances: instances(unit),
            memory_bytes: cgroup::memory_bytes(&self.cgroups, &name),
            name,
        }
    }
}

/// How a machine stands, as if it had just come to that.
fn present(unit: &Unit) -> Vec<Progress> {
    let machine = &unit.plan.name;
    let up = match unit.state {
        MachineState::Starting => None,
        MachineState::Up | MachineState::Frozen => Some(Progress::MachineUp { machine: machine.clone() }),
        MachineState::Down => Some(Progress::MachineDown { machine: machine.clone() }),
    };
    let broken = unit.broken.iter().map(|text| Progress::Broken { text: text.clone() });
    let processes = unit.statuses.iter().map(|(process, status)| {
        let (machine, process, status) = (machine.clone(), process.clone(), status.clone());
        Progress::Process { machine, process, status }
    });
    broken.into_iter().chain(up).chain(processes).collect()
}

fn instances(unit: &Unit) -> Vec<InstanceStatus> {
    let instances = unit.plan.instances.iter().map(|instance| {
        let names = instance.contents.processes.iter().map(|process| &process.name);
        let processes = names.filter_map(|name| Some((name.clone(), unit.statuses.get(name)?.clone())));
        let processes: std::collections::BTreeMap<_, _> = processes.collect();
        let ready = processes.values().all(|status| status.state == ProcessState::Ready);
        InstanceStatus { name: instance.name.clone(), ready, processes }
    });
    instances.collect()
}
