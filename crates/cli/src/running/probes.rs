//! Real packets between all machines of the lab, and what came of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use sehat_drill::Failure;
use sehat_drill::reachability::{Cell, Probed};
use sehat_guest::listen::{Arrived, Listen};
use sehat_guest::probe::{self, Outcome, Probes};
use sehat_lab::blueprint::Allowed;
use sehat_lab_linux::Lab;
use sehat_platform::{Cidr, Ports, Protocol};
use sehat_reach::Connection;

use super::work::{self, Background};

/// Attempts of one machine at the same time, below the usual limit of open files.
const PARALLEL: usize = 400;
/// Machines that ask at the same time, so that a small host answers in time.
const MACHINES_AT_ONCE: usize = 6;
/// A spoofed packet has arrived by then, or never does.
const ARRIVAL: Duration = Duration::from_millis(300);
/// Spoofed packets leave from these ports, one each.
const SPOOFED_PORT_FIRST: u16 = 20_000;
const SPOOFED_PORT_COUNT: u16 = 40_000;
const ARRIVED_LOG: &str = "arrived.jsonl";

pub fn probe(lab: &Lab, cells: &[Cell], silence_ms: u64) -> Result<Vec<Probed>, Failure> {
    let servers: BTreeSet<&str> = cells.iter().map(|cell| cell.server.as_str()).collect();
    let ports: BTreeSet<(Protocol, u16)> = cells.iter().map(|cell| (cell.protocol, cell.port)).collect();
    // They end when this is dropped.
    let _listeners = all(servers.iter().copied(), servers.len(), |machine| listen(lab, machine, &ports))?;
    let mut outcomes = vec![Probed::Silent; cells.len()];
    ask(lab, cells, silence_ms, &mut outcomes)?;
    spoof(lab, cells, &mut outcomes)?;
    Ok(outcomes)
}

/// Returns the ports that servers listen on for others, on any of the machines.
pub fn listening<'m>(
    lab: &Lab,
    machines: impl Iterator<Item = &'m str>,
) -> Result<BTreeSet<(Protocol, u16)>, Failure> {
    let found = all(machines, MACHINES_AT_ONCE, |machine| {
        let mut ports = BTreeSet::new();
        for (protocol, path) in [(Protocol::Tcp, "/proc/net/tcp"), (Protocol::Udp, "/proc/net/udp")] {
            let table = work::run(lab, machine, &["cat", path])?;
            ports.extend(table.lines().filter_map(|line| Some((protocol, listener(line)?))));
        }
        Ok(ports)
    })?;
    Ok(found.into_iter().flatten().collect())
}

/// Returns a connection of the lab's filters as the platform's word; pings and VRRP have no ports to probe.
pub fn connection(allowed: &Allowed) -> Option<Connection> {
    let protocol = match allowed.protocol {
        sehat_lab::blueprint::Protocol::Tcp => Protocol::Tcp,
        sehat_lab::blueprint::Protocol::Udp => Protocol::Udp,
        sehat_lab::blueprint::Protocol::Icmp | sehat_lab::blueprint::Protocol::Vrrp => return None,
    };
    let (first, last) = allowed.ports.map_or((1, u16::MAX), |ports| (ports.first, ports.last));
    let ranges = |ranges: &BTreeSet<ipnet::Ipv4Net>| ranges.iter().copied().map(Cidr::V4).collect();
    Some(Connection {
        clients: ranges(&allowed.clients),
        servers: ranges(&allowed.servers),
        ports: Ports { protocol, first, last },
    })
}

/// Does the same for several machines, some at a time, and returns the results in their order.
fn all<'m, T: Send>(
    machines: impl Iterator<Item = &'m str>,
    at_once: usize,
    work: impl Fn(&str) -> Result<T, Failure> + Sync,
) -> Result<Vec<T>, Failure> {
    let machines: Vec<&str> = machines.collect();
    let results: Mutex<BTreeMap<usize, Result<T, Failure>>> = Mutex::new(BTreeMap::new());
    let next = std::sync::atomic::AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..at_once.min(machines.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(machine) = machines.get(index) else { return };
                    let result = work(machine);
                    results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(index, result);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).into_values().collect()
}

/// Opens every probed port that has no server of its own, so that only a filter can refuse.
fn listen(lab: &Lab, machine: &str, ports: &BTreeSet<(Protocol, u16)>) -> Result<Background, Failure> {
    let of =
        |protocol| ports.iter().filter(move |(own, _)| *own == protocol).map(|(_, port)| *port).collect();
    let log_path = format!("{}/{ARRIVED_LOG}", work::FOLDER);
    let config =
        Listen { tcp: of(Protocol::Tcp), udp: of(Protocol::Udp), log_path: Some(log_path.clone().into()) };
    let path = work::write_json(lab, machine, "listen.json", &config)?;
    work::run(lab, machine, &["rm", "-f", &log_path])?;
    let doing = |error: std::io::Error| Failure::new(format!("listen on `{machine}`"), error.to_string());
    let (reader, writer) = std::io::pipe().map_err(doing)?;
    let process = Background::start(lab, machine, "listen", &["listen", "--config", &path], Some(writer))?;
    let mut line = String::new();
    BufReader::new(reader).read_line(&mut line).map_err(doing)?;
    if line.is_empty() {
        return Err(Failure::new(format!("listen on `{machine}`"), process.complaint()));
    }
    Ok(process)
}

/// Asks every cell whose source is the client's own.
fn ask(lab: &Lab, cells: &[Cell], silence_ms: u64, outcomes: &mut [Probed]) -> Result<(), Failure> {
    let of_client = by_client(cells, |cell| cell.spoofed.is_none());
    let answers = all(of_client.keys().copied(), MACHINES_AT_ONCE, |client| {
        let own = of_client[client].iter().map(|index| guest_cell(&cells[*index], None));
        run_probes(lab, client, &Probes { cells: own.collect(), silence_ms, parallel: PARALLEL })
    })?;
    for (indices, answers) in of_client.values().zip(answers) {
        for (index, outcome) in indices.iter().zip(answers) {
            outcomes[*index] = match outcome {
                Outcome::Open => Probed::Open,
                Outcome::Refused => Probed::Refused,
                Outcome::Unreachable => Probed::Unreachable,
                Outcome::Silent | Outcome::Sent => Probed::Silent,
            };
        }
    }
    Ok(())
}

fn by_client(cells: &[Cell], wanted: impl Fn(&Cell) -> bool) -> BTreeMap<&str, Vec<usize>> {
    let mut of_client: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, cell) in cells.iter().enumerate().filter(|(_, cell)| wanted(cell)) {
        of_client.entry(&cell.client).or_default().push(index);
    }
    of_client
}

fn guest_cell(cell: &Cell, source_port: Option<u16>) -> probe::Cell {
    let protocol = if cell.protocol == Protocol::Udp { probe::Protocol::Udp } else { probe::Protocol::Tcp };
    probe::Cell {
        server: cell.address,
        protocol,
        port: cell.port,
        payload: None,
        spoofed: cell.spoofed,
        source_port,
    }
}

fn run_probes(lab: &Lab, machine: &str, probes: &Probes) -> Result<Vec<Outcome>, Failure> {
    let path = work::write_json(lab, machine, "probe.json", probes)?;
    let text =
        work::run(lab, machine, &[crate::compose::GUEST_PROGRAM, "guest", "probe", "--config", &path])?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("understand the prober of `{machine}`"), error.to_string()))
}

/// Sends packets with sources that are not the sender's, and looks on the servers for their arrival.
fn spoof(lab: &Lab, cells: &[Cell], outcomes: &mut [Probed]) -> Result<(), Failure> {
    let of_client = by_client(cells, |cell| cell.spoofed.is_some());
    if of_client.is_empty() {
        return Ok(());
    }
    all(of_client.keys().copied(), MACHINES_AT_ONCE, |client| {
        let own = of_client[client].iter().map(|index| guest_cell(&cells[*index], Some(source_port(*index))));
        run_probes(lab, client, &Probes { cells: own.collect(), silence_ms: 0, parallel: PARALLEL })
    })?;
    thread::sleep(ARRIVAL);
    let machines: BTreeSet<&str> = cells.iter().map(|cell| cell.server.as_str()).collect();
    let seen = all(machines.iter().copied(), MACHINES_AT_ONCE, |machine| arrivals(lab, machine))?;
    let seen: BTreeMap<&str, BTreeSet<(u16, SocketAddr)>> = machines.iter().copied().zip(seen).collect();
    for index in of_client.values().flatten() {
        let cell = &cells[*index];
        let source = cell.spoofed.map(|source| SocketAddr::from((source, source_port(*index))));
        let arrived = source.is_some_and(|source| {
            seen.get(cell.server.as_str()).is_some_and(|seen| seen.contains(&(cell.port, source)))
        });
        outcomes[*index] = if arrived { Probed::Open } else { Probed::Silent };
    }
    Ok(())
}

fn source_port(index: usize) -> u16 {
    let offset = index % usize::from(SPOOFED_PORT_COUNT);
    SPOOFED_PORT_FIRST + u16::try_from(offset).unwrap_or(0)
}

/// Returns what reached the machine: the server's port and the source that the packet named. A datagram is noted by the
/// listener; the first packet of a connection shows as one that waits for its client.
fn arrivals(lab: &Lab, machine: &str) -> Result<BTreeSet<(u16, SocketAddr)>, Failure> {
    let log = format!("{}/{ARRIVED_LOG}", work::FOLDER);
    let noted = work::read_lines::<Arrived>(lab, machine, &log)?;
    let mut arrived: BTreeSet<(u16, SocketAddr)> =
        noted.into_iter().map(|one| (one.port, one.from)).collect();
    let table = work::run(lab, machine, &["cat", "/proc/net/tcp"])?;
    arrived.extend(table.lines().filter_map(half_open));
    Ok(arrived)
}

/// The kernel's numbers for a listener, and for a datagram socket without a peer (`tcp_states.h`, `TCP_LISTEN`, `TCP_CLOSE`).
const LISTENING: [&str; 2] = ["0A", "07"];
/// From here on the kernel gives ports to clients (`ip_local_port_range`).
const CLIENT_PORT_FIRST: u16 = 32_768;

/// Returns the port of a line that tells of a listener which others may reach.
fn listener(line: &str) -> Option<u16> {
    let mut words = line.split_whitespace().skip(1);
    let (local, _, state) = (address(words.next()?)?, words.next()?, words.next()?);
    let serves = LISTENING.contains(&state) && !local.ip().is_loopback() && local.port() < CLIENT_PORT_FIRST;
    serves.then(|| local.port())
}

/// The kernel's number for a connection that got its first packet (`tcp_states.h`, `TCP_SYN_RECV`).
const SYN_RECEIVED: &str = "03";

fn half_open(line: &str) -> Option<(u16, SocketAddr)> {
    let mut words = line.split_whitespace().skip(1);
    let (local, remote, state) = (words.next()?, words.next()?, words.next()?);
    if state != SYN_RECEIVED {
        return None;
    }
    Some((address(local)?.port(), address(remote)?))
}

/// Reads `0A01A8C0:1F90`: the address in the machine's order of bytes, the port as a number.
fn address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let address = Ipv4Addr::from(u32::from_str_radix(address, 16).ok()?.to_ne_bytes());
    Some((address, u16::from_str_radix(port, 16).ok()?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_open_connection_is_read_from_the_kernels_table() {
        let line =
            "   3: 0B1EA8C0:0CEA 0B14A8C0:4E20 03 00000000:00000000 01:00000063 00000000     0        0 0 1";
        let expected = (3306, "192.168.20.11:20000".parse().unwrap());
        assert_eq!(half_open(line), Some(expected));
        assert_eq!(half_open(&line.replace(" 03 ", " 0A ")), None);
    }
}
