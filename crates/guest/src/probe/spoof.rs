//! A single IPv4 packet with a source address of one's choice, for the question whether filters let such a packet pass.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::AsRawFd;

use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, sendto, socket,
};

use super::{Cell, Protocol};
use crate::Failure;

/// Any port above the reserved ones does: nobody answers to it.
const SOURCE_PORT: u16 = 40_000;
/// Numbers of the protocols in an IPv4 header (IANA).
const TCP: u8 = 6;
const UDP: u8 = 17;

pub fn send(source: Ipv4Addr, cell: &Cell, payload: &[u8]) -> Result<(), Failure> {
    let raw = socket(AddressFamily::Inet, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::Raw)
        .map_err(|error| Failure::from(error).during("opening a raw socket"))?;
    let bytes = packet(source, cell, payload);
    let server = SockaddrIn::from(SocketAddrV4::new(cell.server, cell.port));
    match sendto(raw.as_raw_fd(), &bytes, &server, MsgFlags::empty()) {
        // This machine's own filter dropped it, which answers the question too.
        Ok(_) | Err(nix::errno::Errno::EPERM) => Ok(()),
        Err(error) => Err(Failure::from(error).during("sending a packet with a spoofed source")),
    }
}

fn packet(source: Ipv4Addr, cell: &Cell, payload: &[u8]) -> Vec<u8> {
    let (protocol, body) = match cell.protocol {
        Protocol::Tcp => (TCP, syn(source, cell)),
        Protocol::Udp => (UDP, datagram(source, cell, payload)),
    };
    let length = u16::try_from(20 + body.len()).unwrap_or(u16::MAX);
    let [length_high, length_low] = length.to_be_bytes();
    // Version 4, five words of header, time to live 64. The kernel fills in the identification and the checksum.
    let mut bytes = vec![0x45, 0, length_high, length_low, 0, 0, 0, 0, 64, protocol, 0, 0];
    bytes.extend(source.octets());
    bytes.extend(cell.server.octets());
    bytes.extend(body);
    bytes
}

fn datagram(source: Ipv4Addr, cell: &Cell, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap_or(u16::MAX);
    let mut bytes = Vec::new();
    bytes.extend(cell.source_port.unwrap_or(SOURCE_PORT).to_be_bytes());
    bytes.extend(cell.port.to_be_bytes());
    bytes.extend(length.to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(payload);
    with_checksum(bytes, 6, source, cell.server, UDP)
}

fn syn(source: Ipv4Addr, cell: &Cell) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(cell.source_port.unwrap_or(SOURCE_PORT).to_be_bytes());
    bytes.extend(cell.port.to_be_bytes());
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 0]);
    // Five words of header, the SYN flag, a window of 1024, no urgent data.
    bytes.extend([0x50, 0x02, 0x04, 0x00, 0, 0, 0, 0]);
    with_checksum(bytes, 16, source, cell.server, TCP)
}

/// Sets the checksum over the pseudo header of RFC 768 and RFC 9293 and the bytes.
fn with_checksum(
    mut bytes: Vec<u8>,
    place: usize,
    source: Ipv4Addr,
    server: Ipv4Addr,
    protocol: u8,
) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut covered = Vec::new();
    covered.extend(source.octets());
    covered.extend(server.octets());
    covered.extend([0, protocol, length[0], length[1]]);
    covered.extend(&bytes);
    bytes[place..place + 2].copy_from_slice(&checksum(&covered).to_be_bytes());
    bytes
}

fn checksum(bytes: &[u8]) -> u16 {
    let words =
        bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_with_its_checksum_sums_to_nothing() {
        let cell = Cell {
            server: Ipv4Addr::new(10, 0, 0, 2),
            protocol: Protocol::Udp,
            port: 53,
            payload: None,
            spoofed: None,
            source_port: None,
        };
        let source = Ipv4Addr::new(10, 0, 9, 9);
        let bytes = packet(source, &cell, b"cell 3");
        assert_eq!(bytes.len(), 20 + 8 + 6);
        let mut covered = [&source.octets()[..], &cell.server.octets(), &[0, UDP, 0, 14]].concat();
        covered.extend(&bytes[20..]);
        assert_eq!(checksum(&covered), 0);
    }
}
