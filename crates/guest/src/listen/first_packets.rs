//! First packets of TCP connections, seen after the machine's filter and before any server. A packet with a spoofed source
//! never becomes a connection, and the machine that really has the address ends the attempt at once.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, setsockopt, socket, sockopt,
};

use super::Arrived;
use crate::probe::Protocol;

/// Room for the packets of a busy server between two looks.
const BUFFER_BYTES: usize = 4 * 1024 * 1024;
/// The flags SYN and ACK of a TCP header (RFC 9293, 3.1).
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

/// Returns nothing where this process may not see packets.
pub fn open() -> Option<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let raw = socket(AddressFamily::Inet, SockType::Raw, flags, SockProtocol::Tcp).ok()?;
    setsockopt(&raw, sockopt::RcvBuf, &BUFFER_BYTES).ok()?;
    Some(raw)
}

/// Reads all packets that wait, and returns those that begin a connection.
pub fn read(raw: &OwnedFd) -> Vec<Arrived> {
    let mut arrived = Vec::new();
    let mut buffer = [0; 128];
    // A longer packet is cut off, and its headers are whole.
    while let Ok(count) = recv(raw.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
        arrived.extend(first_packet(&buffer[..count]));
    }
    arrived
}

fn first_packet(bytes: &[u8]) -> Option<Arrived> {
    let header_bytes = usize::from(bytes.first()? & 0x0f) * 4;
    let tcp = bytes.get(header_bytes..)?;
    let source: [u8; 4] = bytes.get(12..16)?.try_into().ok()?;
    let flags = *tcp.get(13)?;
    if flags & (SYN | ACK) != SYN || source[0] == 127 {
        return None;
    }
    let port = |at: usize| Some(u16::from_be_bytes([*tcp.get(at)?, *tcp.get(at + 1)?]));
    let from = SocketAddr::from((Ipv4Addr::from(source), port(0)?));
    Some(Arrived { protocol: Protocol::Tcp, port: port(2)?, from, text: None })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(flags: u8) -> Vec<u8> {
        let mut bytes = vec![0; 40];
        bytes[0] = 0x45;
        bytes[12..16].copy_from_slice(&[10, 0, 9, 9]);
        bytes[20..24].copy_from_slice(&[0x9c, 0x40, 0x0c, 0xea]);
        bytes[33] = flags;
        bytes
    }

    #[test]
    fn only_the_first_packet_counts() {
        let arrived = first_packet(&packet(SYN)).unwrap();
        assert_eq!((arrived.port, arrived.from), (3306, "10.0.9.9:40000".parse().unwrap()));
        assert_eq!(first_packet(&packet(SYN | ACK)), None);
        assert_eq!(first_packet(&packet(ACK)), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_packet_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = first_packet(&bytes);
        }
    }
}
