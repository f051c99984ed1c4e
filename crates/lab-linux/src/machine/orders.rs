//! What the box orders of a machine: commands, strokes, rules, doors.

use std::net::SocketAddrV4;
use std::os::fd::OwnedFd;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use sehat_lab::supervise::Event;

use super::init::{Init, Role};
use super::spawn::{Standard, command, start, start_work};
use super::{door, network};
use crate::clock;
use crate::error::{Error, Result};
use crate::messages::{self, FromMachine, Order, ToMachine};

impl Init {
    /// Reads what the box says; false when it has gone.
    pub fn listen(&mut self) -> Result<bool> {
        let alive = self.channel.fill()?;
        while let Some(message) = self.channel.next()? {
            self.obey(message)?;
        }
        Ok(alive)
    }

    fn obey(&mut self, message: ToMachine) -> Result<()> {
        match message {
            ToMachine::Linked => Ok(()),
            ToMachine::Remote { name, ready } => self.feed(Event::Remote { name, ready }),
            ToMachine::Order { number, order } => self.order(number, order),
            ToMachine::Forget { number } => {
                self.end_exec(number);
                Ok(())
            }
        }
    }

    fn order(&mut self, number: u64, order: Order) -> Result<()> {
        let answer = match order {
            Order::Stop => {
                self.stop_asked_by = Some(number);
                return self.feed(Event::Stop);
            }
            Order::Exec(command) => return self.exec(number, &command),
            Order::Kill { process, signal, hold } => self.kill(&process, signal, hold),
            Order::Release { process } => self.release(process),
            Order::Ruleset { text } => network::apply_ruleset(&text),
            Order::Door { target } => self.open_door(target),
        };
        match answer {
            Ok(()) => self.channel.send(&FromMachine::Done { number, moment: clock::now() }),
            Err(error) => self.channel.send(&FromMachine::Failed { number, reason: error.chain() }),
        }
    }

    fn kill(&mut self, process: &str, signal: i32, hold: bool) -> Result<()> {
        if hold {
            self.feed(Event::Hold { process: process.into() })?;
        }
        if self.signal(process, signal) {
            return Ok(());
        }
        Err(Error::Refused(format!("no process `{process}` runs on this machine")))
    }

    fn release(&mut self, process: String) -> Result<()> {
        if self.supervisor.process(&process).is_none() {
            return Err(Error::Refused(format!("this machine has no process `{process}`")));
        }
        self.feed(Event::Release { process })
    }

    fn open_door(&mut self, target: SocketAddrV4) -> Result<()> {
        for listener in self.channel.take_files(1) {
            let pid = start_work(move || door::serve(&listener.into(), target))?;
            self.children.insert(pid, Role::Door);
        }
        Ok(())
    }

    fn exec(&mut self, number: u64, asked: &messages::Command) -> Result<()> {
        let files = self.channel.take_files(3);
        match start_exec(asked, files) {
            Ok(pid) => {
                self.children.insert(pid, Role::Exec { number });
                Ok(())
            }
            Err(error) => self.channel.send(&FromMachine::Failed { number, reason: error.chain() }),
        }
    }

    fn end_exec(&self, number: u64) {
        for (pid, role) in &self.children {
            if matches!(role, Role::Exec { number: one } if *one == number) {
                let _ = killpg(*pid, Signal::SIGKILL);
            }
        }
    }
}

fn start_exec(asked: &messages::Command, files: Vec<OwnedFd>) -> Result<Pid> {
    let Ok([input, output, error]) = <[OwnedFd; 3]>::try_from(files) else {
        return Err(Error::Refused("a command came without its three files".into()));
    };
    let command = command(&asked.words, &asked.user, &asked.environment)?;
    start(command, Standard { input: input.into(), output: output.into(), error: error.into() })
}
