//! Strikes faults, each with the moment at which it took effect.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::process::Command;

use nix::sched::CloneFlags;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, chroot};
use sehat_lab::fault::{Fault, Moment};
use sehat_lab::nft::Ruleset;
use sehat_lab::status::MachineState;

use super::run::Lab;
use super::setup;
use crate::cgroup;
use crate::clock;
use crate::error::{Doing, Error, Result};
use crate::machine::network::run_nft;
use crate::messages::{Order, Reply};
use crate::process::{Side, fork_into};

impl Lab {
    pub fn strike(&mut self, client: u64, fault: &Fault) -> Result<()> {
        let moment = match fault {
            Fault::KillProcess { machine, process, signal, hold } => {
                let order = Order::Kill { process: process.clone(), signal: *signal, hold: *hold };
                return self.order(client, self.unit_index(machine)?, order, &[]);
            }
            Fault::StartProcess { machine, process } => {
                let order = Order::Release { process: process.clone() };
                return self.order(client, self.unit_index(machine)?, order, &[]);
            }
            Fault::StopMachine { machine } => {
                return self.order(client, self.unit_index(machine)?, Order::Stop, &[]);
            }
            Fault::CutSegments { one, other } => return self.cut_segments(client, one, other, true),
            Fault::HealSegments { one, other } => return self.cut_segments(client, one, other, false),
            Fault::KillMachine { machine } => self.kill_machines(std::slice::from_ref(machine))?,
            Fault::KillMachines { machines } => self.kill_machines(machines)?,
            Fault::StartMachine { machine } => self.switch_on(machine)?,
            Fault::LinkDown { machine } => self.set_links(machine, false)?,
            Fault::LinkUp { machine } => self.set_links(machine, true)?,
            Fault::CutMachine { machine } => self.cut_machine(machine, true)?,
            Fault::HealMachine { machine } => self.cut_machine(machine, false)?,
            Fault::Freeze { machine } => self.freeze(machine, true)?,
            Fault::Thaw { machine } => self.freeze(machine, false)?,
        };
        self.reply(client, &Reply::Struck(moment));
        Ok(())
    }

    fn kill_machines(&mut self, machines: &[String]) -> Result<Moment> {
        let struck = machines.iter().map(|machine| self.running(machine)).collect::<Result<Vec<_>>>()?;
        for (index, _) in &struck {
            self.thaw_to_die(*index)?;
        }
        // Power is lost before any process can say goodbye to its peers.
        for machine in machines {
            self.set_links(machine, false)?;
        }
        for (index, pid) in &struck {
            // The machine is a child that has not been collected, so the number is still its own.
            let name = &self.units[*index].plan.name;
            kill(*pid, Signal::SIGKILL).doing(|| format!("kill the machine {name}"))?;
        }
        let moment = clock::now();
        for (index, pid) in struck {
            waitpid(pid, None).doing(|| "wait for the end of a machine".into())?;
            self.hear_machine(index);
            self.machine_ended(index);
        }
        Ok(moment)
    }

    fn running(&self, machine: &str) -> Result<(usize, Pid)> {
        let index = self.unit_index(machine)?;
        let down = || Error::Refused(format!("the machine `{machine}` is down already"));
        Ok((index, self.units[index].pid.ok_or_else(down)?))
    }

    fn thaw_to_die(&self, index: usize) -> Result<()> {
        let unit = &self.units[index];
        if unit.state == MachineState::Frozen {
            cgroup::freeze(&self.cgroups, &unit.plan.name, false)?;
        }
        Ok(())
    }

    fn switch_on(&mut self, machine: &str) -> Result<Moment> {
        let index = self.unit_index(machine)?;
        if self.units[index].pid.is_some() {
            return Err(Error::Refused(format!("the machine `{machine}` is up already")));
        }
        self.start_machine(index)?;
        Ok(clock::now())
    }

    fn set_links(&mut self, machine: &str, up: bool) -> Result<Moment> {
        let index = self.unit_index(machine)?;
        for link in &self.units[index].plan.links {
            self.netlink.set_up(&link.port, up)?;
        }
        Ok(clock::now())
    }

    fn cut_machine(&mut self, machine: &str, cut: bool) -> Result<Moment> {
        self.unit_index(machine)?;
        if cut {
            self.cuts.cut_machine(machine);
        } else {
            self.cuts.heal_machine(machine);
        }
        apply_in_box(&self.cuts.bridge_ruleset(&self.birth.blueprint))?;
        Ok(clock::now())
    }

    fn cut_segments(&mut self, client: u64, one: &str, other: &str, cut: bool) -> Result<()> {
        for segment in [one, other] {
            if self.birth.blueprint.segment(segment).is_none() {
                return Err(Error::Refused(format!("there is no segment `{segment}`")));
            }
        }
        if cut {
            self.cuts.cut_segments(one, other);
        } else {
            self.cuts.heal_segments(one, other);
        }
        let text = self.cuts.router_ruleset(&self.birth.blueprint).to_json();
        let router = self.unit_index(&self.birth.blueprint.router.name)?;
        self.order(client, router, Order::Ruleset { text }, &[])
    }

    fn freeze(&mut self, machine: &str, frozen: bool) -> Result<Moment> {
        let index = self.unit_index(machine)?;
        let (from, to) = if frozen {
            (MachineState::Up, MachineState::Frozen)
        } else {
            (MachineState::Frozen, MachineState::Up)
        };
        if self.units[index].state != from {
            return Err(Error::Refused(format!("the machine `{machine}` is not {from:?}").to_lowercase()));
        }
        cgroup::freeze(&self.cgroups, machine, frozen)?;
        self.units[index].state = to;
        Ok(clock::now())
    }
}

/// The box has no programs of its own, so nft runs in the root of its machines.
fn apply_in_box(ruleset: &Ruleset) -> Result<()> {
    let doing = || "cut the bridges".to_string();
    let mut report: File = memfd_create("report", MFdFlags::MFD_CLOEXEC).doing(doing)?.into();
    match fork_into(CloneFlags::empty())? {
        Side::Child => {
            let result = chroot(setup::ROOT)
                .doing(doing)
                .and_then(|()| run_nft("nft", Command::new("/usr/sbin/nft"), &ruleset.to_json()));
            let text = result.as_ref().err().map(Error::chain).unwrap_or_default();
            let _ = report.write_all(text.as_bytes());
            std::process::exit(i32::from(result.is_err()))
        }
        Side::Parent(pid) => match waitpid(pid, None).doing(doing)? {
            WaitStatus::Exited(_, 0) => Ok(()),
            _ => Err(Error::Refused(read_all(&mut report))),
        },
    }
}

fn read_all(file: &mut File) -> String {
    let mut text = String::new();
    let _ = file.rewind();
    let _ = file.read_to_string(&mut text);
    text
}
