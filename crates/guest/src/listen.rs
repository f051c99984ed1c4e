//! Helper listeners, so that the prober can judge ports that are allowed but that no server listens on now. They answer
//! a datagram with itself, and note every arrival, also the first packet of a connection whose source is not who it says.

mod first_packets;

use std::collections::BTreeSet;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::{Deserialize, Serialize};

use crate::log::Lines;
use crate::{Failure, signal};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Listen {
    pub tcp: BTreeSet<u16>,
    pub udp: BTreeSet<u16>,
    /// One `Arrived` per line.
    pub log_path: Option<PathBuf>,
}

/// What `listen` prints as its first line, once every listener is open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Listening {
    pub tcp: BTreeSet<u16>,
    pub udp: BTreeSet<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrived {
    pub protocol: super::probe::Protocol,
    pub port: u16,
    pub from: SocketAddr,
    /// What the datagram said.
    pub text: Option<String>,
}

/// How often the request to end is looked at.
const LOOK_MS: u16 = 100;

struct Open {
    tcp: Vec<(u16, TcpListener)>,
    udp: Vec<(u16, UdpSocket)>,
    /// Sees every TCP packet that the machine's filter let in.
    raw: Option<OwnedFd>,
    lines: Option<Lines>,
}

pub fn run(config: &Listen) -> Result<(), Failure> {
    signal::watch()?;
    let open = Open::new(config)?;
    let text = serde_json::to_string(&open.listening()).map_err(|error| Failure::new(error.to_string()))?;
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}")?;
    output.flush()?;
    drop(output);
    while !signal::stopped() {
        open.turn()?;
    }
    Ok(())
}

impl Open {
    /// Opens what is free. A port that is taken has a server of its own, which the prober asks then.
    fn new(config: &Listen) -> Result<Self, Failure> {
        let any = |port: &u16| (Ipv4Addr::UNSPECIFIED, *port);
        let tcp: Vec<_> =
            config.tcp.iter().filter_map(|port| Some((*port, TcpListener::bind(any(port)).ok()?))).collect();
        let udp: Vec<_> =
            config.udp.iter().filter_map(|port| Some((*port, UdpSocket::bind(any(port)).ok()?))).collect();
        tcp.iter().try_for_each(|(_, listener)| listener.set_nonblocking(true))?;
        udp.iter().try_for_each(|(_, socket)| socket.set_nonblocking(true))?;
        let lines = config.log_path.as_deref().map(Lines::open).transpose()?;
        Ok(Self { tcp, udp, raw: first_packets::open(), lines })
    }

    fn listening(&self) -> Listening {
        Listening {
            tcp: self.tcp.iter().map(|(port, _)| *port).collect(),
            udp: self.udp.iter().map(|(port, _)| *port).collect(),
        }
    }

    fn turn(&self) -> Result<(), Failure> {
        let descriptors = self.tcp.iter().map(|(_, listener)| listener.as_fd());
        let descriptors = descriptors.chain(self.udp.iter().map(|(_, socket)| socket.as_fd()));
        let descriptors = descriptors.chain(self.raw.iter().map(AsFd::as_fd));
        let mut polled: Vec<PollFd<'_>> =
            descriptors.map(|descriptor| PollFd::new(descriptor, PollFlags::POLLIN)).collect();
        match poll(&mut polled, PollTimeout::from(LOOK_MS)) {
            Err(nix::errno::Errno::EINTR) | Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        for (port, listener) in &self.tcp {
            self.accept(*port, listener)?;
        }
        self.udp.iter().try_for_each(|(port, socket)| self.answer(*port, socket))?;
        self.raw.iter().flat_map(first_packets::read).try_for_each(|arrived| self.note(&arrived))
    }

    fn accept(&self, port: u16, listener: &TcpListener) -> Result<(), Failure> {
        while let Ok((_, from)) = listener.accept() {
            self.note(&Arrived { protocol: super::probe::Protocol::Tcp, port, from, text: None })?;
        }
        Ok(())
    }

    fn answer(&self, port: u16, socket: &UdpSocket) -> Result<(), Failure> {
        let mut buffer = [0; 512];
        while let Ok((count, from)) = socket.recv_from(&mut buffer) {
            // An answer that cannot be sent is what the prober then finds.
            let _ = socket.send_to(&buffer[..count], from);
            let text = Some(String::from_utf8_lossy(&buffer[..count]).into_owned());
            self.note(&Arrived { protocol: super::probe::Protocol::Udp, port, from, text })?;
        }
        Ok(())
    }

    fn note(&self, arrived: &Arrived) -> Result<(), Failure> {
        self.lines.as_ref().map_or(Ok(()), |lines| lines.write(arrived))
    }
}
