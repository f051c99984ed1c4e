//! The reachability prober: it tries every (server, protocol, port) from this machine, many at once, and prints what came
//! of each.

mod spoof;

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, bind, connect, getsockopt, recv, send, socket,
    sockopt,
};
use serde::{Deserialize, Serialize};

use crate::Failure;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Probes {
    pub cells: Vec<Cell>,
    /// Silence for so long means that the packets, or the answers, were dropped.
    pub silence_ms: u64,
    /// Attempts at the same time.
    pub parallel: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Tcp,
    Udp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cell {
    pub server: Ipv4Addr,
    pub protocol: Protocol,
    pub port: u16,
    /// What a datagram carries; a server that is no helper listener answers only what it understands.
    #[serde(default)]
    pub payload: Option<Vec<u8>>,
    /// A source address that is not this machine's. The packet is only sent; the server's listener tells whether it
    /// arrived, by the text `cell INDEX`.
    #[serde(default)]
    pub spoofed: Option<Ipv4Addr>,
    /// The source port of a packet with a spoofed source, by which its arrival is told from others.
    #[serde(default)]
    pub source_port: Option<u16>,
}

/// What came of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A connection was made, or an answer came.
    Open,
    /// The machine, or a filter on the way, said no.
    Refused,
    /// No way there: a filter or a router said so, or there is no route.
    Unreachable,
    /// Nothing came.
    Silent,
    /// A packet with a spoofed source left.
    Sent,
}

pub fn run(config: &Probes) -> Result<(), Failure> {
    let outcomes = probe(config)?;
    let text = serde_json::to_string(&outcomes).map_err(|error| Failure::new(error.to_string()))?;
    writeln!(std::io::stdout().lock(), "{text}").map_err(Failure::from)
}

/// Returns one outcome per cell, in their order.
pub fn probe(config: &Probes) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes = Vec::with_capacity(config.cells.len());
    let silence = Duration::from_millis(config.silence_ms);
    for (batch_index, batch) in config.cells.chunks(config.parallel.max(1)).enumerate() {
        outcomes.extend(probe_batch(batch_index * config.parallel.max(1), batch, silence)?);
    }
    Ok(outcomes)
}

/// A datagram is sent a second time after half of the silence, because one may be lost without any filter.
struct Attempt {
    socket: Option<OwnedFd>,
    outcome: Option<Outcome>,
    payload: Vec<u8>,
    protocol: Protocol,
}

fn probe_batch(first_index: usize, cells: &[Cell], silence: Duration) -> Result<Vec<Outcome>, Failure> {
    let mut attempts = Vec::new();
    for (offset, cell) in cells.iter().enumerate() {
        attempts.push(begin(cell, &format!("cell {}", first_index + offset))?);
    }
    let start = Instant::now();
    wait(&mut attempts, start + silence / 2)?;
    attempts.iter().for_each(send_again);
    wait(&mut attempts, start + silence)?;
    Ok(attempts.into_iter().map(|attempt| attempt.outcome.unwrap_or(Outcome::Silent)).collect())
}

fn begin(cell: &Cell, label: &str) -> Result<Attempt, Failure> {
    let payload = cell.payload.clone().unwrap_or_else(|| label.as_bytes().to_vec());
    if let Some(source) = cell.spoofed {
        spoof::send(source, cell, &payload)?;
        return Ok(Attempt { socket: None, outcome: Some(Outcome::Sent), payload, protocol: cell.protocol });
    }
    let kind = if cell.protocol == Protocol::Tcp { SockType::Stream } else { SockType::Datagram };
    let socket = socket(AddressFamily::Inet, kind, SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC, None)?;
    bind(socket.as_raw_fd(), &SockaddrIn::new(0, 0, 0, 0, 0))?;
    let server = SockaddrIn::from(SocketAddrV4::new(cell.server, cell.port));
    let mut outcome = settled(connect(socket.as_raw_fd(), &server).err())?;
    if cell.protocol == Protocol::Udp {
        outcome = settled(send(socket.as_raw_fd(), &payload, MsgFlags::empty()).err())?
            .filter(|_| outcome.is_none());
    } else if outcome.is_none() && connected(&socket) {
        outcome = Some(Outcome::Open);
    }
    Ok(Attempt { socket: Some(socket), outcome, payload, protocol: cell.protocol })
}

/// Returns what an error means for the cell, or nothing while it is open.
fn settled(error: Option<Errno>) -> Result<Option<Outcome>, Failure> {
    match error {
        None | Some(Errno::EINPROGRESS | Errno::EAGAIN | Errno::EINTR) => Ok(None),
        Some(Errno::ECONNREFUSED | Errno::ECONNRESET) => Ok(Some(Outcome::Refused)),
        // A filter in this machine that drops what leaves makes the kernel answer EPERM.
        Some(Errno::EHOSTUNREACH | Errno::ENETUNREACH | Errno::EACCES | Errno::EPERM) => {
            Ok(Some(Outcome::Unreachable))
        }
        Some(Errno::ETIMEDOUT) => Ok(Some(Outcome::Silent)),
        Some(error) => Err(Failure::from(error).during("probing")),
    }
}

fn connected(socket: &OwnedFd) -> bool {
    nix::sys::socket::getpeername::<SockaddrIn>(socket.as_raw_fd()).is_ok()
}

fn send_again(attempt: &Attempt) {
    if let (Some(socket), None, Protocol::Udp) = (&attempt.socket, attempt.outcome, attempt.protocol) {
        // What goes wrong here shows as an error of the socket, which is waited for next.
        let _ = send(socket.as_raw_fd(), &attempt.payload, MsgFlags::empty());
    }
}

/// Waits until every attempt is settled or the time is over.
fn wait(attempts: &mut [Attempt], end: Instant) -> Result<(), Failure> {
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let open: Vec<usize> =
            (0..attempts.len()).filter(|index| attempts[*index].outcome.is_none()).collect();
        if left.is_zero() || open.is_empty() {
            return Ok(());
        }
        for index in ready(attempts, &open, left)? {
            attempts[index].outcome = look(&attempts[index])?;
        }
    }
}

fn ready(attempts: &[Attempt], open: &[usize], left: Duration) -> Result<Vec<usize>, Failure> {
    let mut polled = Vec::with_capacity(open.len());
    for index in open {
        if let Some(socket) = &attempts[*index].socket {
            let wanted = if attempts[*index].protocol == Protocol::Tcp {
                PollFlags::POLLOUT
            } else {
                PollFlags::POLLIN
            };
            polled.push(PollFd::new(socket.as_fd(), wanted));
        }
    }
    // Rounded up, so that the loop does not spin in the last millisecond.
    let limit = PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
    match poll(&mut polled, limit) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(error) => return Err(error.into()),
    }
    let woken = |poll: &PollFd<'_>| poll.revents().is_some_and(|events| !events.is_empty());
    Ok(open.iter().zip(&polled).filter(|(_, poll)| woken(poll)).map(|(index, _)| *index).collect())
}

fn look(attempt: &Attempt) -> Result<Option<Outcome>, Failure> {
    let Some(socket) = &attempt.socket else {
        return Ok(attempt.outcome);
    };
    if attempt.protocol == Protocol::Tcp {
        let error = getsockopt(socket, sockopt::SocketError)?;
        return if error == 0 { Ok(Some(Outcome::Open)) } else { settled(Some(Errno::from_raw(error))) };
    }
    match recv(socket.as_raw_fd(), &mut [0; 512], MsgFlags::empty()) {
        Ok(_) => Ok(Some(Outcome::Open)),
        Err(error) => settled(Some(error)),
    }
}

impl Cell {
    pub fn new(server: SocketAddr, protocol: Protocol) -> Option<Self> {
        let IpAddr::V4(address) = server.ip() else {
            return None;
        };
        Some(Self {
            server: address,
            protocol,
            port: server.port(),
            payload: None,
            spoofed: None,
            source_port: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use super::*;

    fn outcomes(cells: Vec<Cell>) -> Vec<Outcome> {
        probe(&Probes { cells, silence_ms: 80, parallel: 2 }).unwrap()
    }

    #[test]
    fn open_refused_and_silent_differ() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
        let echo = UdpSocket::bind("127.0.0.1:0").unwrap();
        let echo_address = echo.local_addr().unwrap();
        std::thread::spawn(move || {
            let mut buffer = [0; 64];
            let (count, from) = echo.recv_from(&mut buffer).unwrap();
            echo.send_to(&buffer[..count], from).unwrap();
        });
        let closed = "127.0.0.1:1".parse().unwrap();
        let cells = [
            Cell::new(listener.local_addr().unwrap(), Protocol::Tcp),
            Cell::new(closed, Protocol::Tcp),
            Cell::new(echo_address, Protocol::Udp),
            Cell::new(closed, Protocol::Udp),
            Cell::new(silent.local_addr().unwrap(), Protocol::Udp),
        ];
        let found = outcomes(cells.into_iter().flatten().collect());
        assert_eq!(
            found,
            [Outcome::Open, Outcome::Refused, Outcome::Open, Outcome::Refused, Outcome::Silent]
        );
    }
}
