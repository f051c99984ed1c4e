//! The few rtnetlink requests that a lab needs; a request is a header, a fixed part and attributes.

use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, OwnedFd};

use ipnet::Ipv4Net;
use nix::errno::Errno;
use nix::libc;
use nix::net::if_::if_nametoindex;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
};
use nix::unistd::Pid;

use crate::error::{Doing, Error, Result};

/// Linux: `include/uapi/linux/veth.h` and `if_link.h`.
const VETH_INFO_PEER: u16 = 1;
const IFLA_BR_MCAST_SNOOPING: u16 = 23;
const IFLA_INET6_ADDR_GEN_MODE: u16 = 8;
const NO_ADDRESS: u8 = 1;
const AF_INET6: u16 = 10;

/// A socket of the network namespace in which it was opened.
pub struct Netlink {
    socket: OwnedFd,
    sequence: u32,
}

/// One end of a cable.
pub struct Port<'a> {
    pub name: &'a str,
    pub bridge: &'a str,
}

/// The other end of it, in the namespace of a process.
pub struct Peer<'a> {
    pub name: &'a str,
    pub hardware: [u8; 6],
    pub pid: Pid,
}

impl Netlink {
    pub fn open() -> Result<Self> {
        let kind = SockType::Raw;
        let socket = socket(AddressFamily::Netlink, kind, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkRoute)
            .doing(|| "open a netlink socket".into())?;
        Ok(Self { socket, sequence: 0 })
    }

    /// A switch without multicast snooping, because nothing in a lab queries for group members.
    pub fn add_bridge(&mut self, name: &str) -> Result<()> {
        let mut request = new_link(libc::IFF_UP);
        request.text(libc::IFLA_IFNAME, name);
        request.nested(libc::IFLA_LINKINFO, |info| {
            info.text(libc::IFLA_INFO_KIND, "bridge");
            info.nested(libc::IFLA_INFO_DATA, |data| data.attribute(IFLA_BR_MCAST_SNOOPING, &[0]));
        });
        self.perform(request, || format!("add the bridge {name}"))
    }

    pub fn add_cable(&mut self, port: &Port<'_>, peer: &Peer<'_>) -> Result<()> {
        let master = index_of(port.bridge)?;
        let mut request = new_link(libc::IFF_UP);
        request.text(libc::IFLA_IFNAME, port.name);
        request.attribute(libc::IFLA_MASTER, &master.to_ne_bytes());
        request.nested(libc::IFLA_LINKINFO, |info| {
            info.text(libc::IFLA_INFO_KIND, "veth");
            info.nested(libc::IFLA_INFO_DATA, |data| {
                data.nested(VETH_INFO_PEER, |end| {
                    end.bytes.extend(link_part(0, 0, 0));
                    end.text(libc::IFLA_IFNAME, peer.name);
                    end.attribute(libc::IFLA_ADDRESS, &peer.hardware);
                    end.attribute(libc::IFLA_NET_NS_PID, &peer.pid.as_raw().to_ne_bytes());
                });
            });
        });
        self.perform(request, || format!("add the cable of {}", port.name))
    }

    pub fn set_up(&mut self, name: &str, up: bool) -> Result<()> {
        let flags = if up { libc::IFF_UP } else { 0 };
        let mut request = Request::new(libc::RTM_NEWLINK, 0);
        request.bytes.extend(link_part(index_of(name)?, flags, libc::IFF_UP));
        self.perform(request, || format!("switch the link {name}"))
    }

    /// The lab speaks IPv4 only, so the link gives itself no address. The kernel's setting that does the
    /// same is not used: writing it turns in a circle while other links are being changed.
    pub fn leave_without_ipv6(&mut self, name: &str) -> Result<()> {
        let mut request = Request::new(libc::RTM_NEWLINK, 0);
        request.bytes.extend(link_part(index_of(name)?, 0, 0));
        request.nested(libc::IFLA_AF_SPEC, |families| {
            families.nested(AF_INET6, |settings| settings.attribute(IFLA_INET6_ADDR_GEN_MODE, &[NO_ADDRESS]));
        });
        self.perform(request, || format!("keep IPv6 from {name}"))
    }

    /// Removes a link with its other end; nothing where there is none.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        let Ok(index) = index_of(name) else { return Ok(()) };
        let mut request = Request::new(libc::RTM_DELLINK, 0);
        request.bytes.extend(link_part(index, 0, 0));
        match self.perform(request, || format!("remove the link {name}")) {
            Err(_) if index_of(name).is_err() => Ok(()),
            result => result,
        }
    }

    pub fn add_address(&mut self, link: &str, address: Ipv4Net) -> Result<()> {
        let mut request = Request::new(libc::RTM_NEWADDR, libc::NLM_F_CREATE | libc::NLM_F_REPLACE);
        let (family, index) = (AF_INET, index_of(link)?);
        request.bytes.extend([family, address.prefix_len(), 0, 0]);
        request.bytes.extend(index.to_ne_bytes());
        request.attribute(libc::IFA_LOCAL, &address.addr().octets());
        request.attribute(libc::IFA_ADDRESS, &address.addr().octets());
        request.attribute(libc::IFA_BROADCAST, &address.broadcast().octets());
        self.perform(request, || format!("give {link} the address {address}"))
    }

    pub fn add_default_route(&mut self, gateway: Ipv4Addr) -> Result<()> {
        let mut request = Request::new(libc::RTM_NEWROUTE, libc::NLM_F_CREATE | libc::NLM_F_REPLACE);
        let (table, protocol) = (libc::RT_TABLE_MAIN, libc::RTPROT_STATIC);
        request.bytes.extend([AF_INET, 0, 0, 0, table, protocol, libc::RT_SCOPE_UNIVERSE, libc::RTN_UNICAST]);
        request.bytes.extend(0_u32.to_ne_bytes());
        request.attribute(libc::RTA_GATEWAY, &gateway.octets());
        self.perform(request, || format!("route through {gateway}"))
    }

    fn perform(&mut self, request: Request, doing: impl Fn() -> String) -> Result<()> {
        self.sequence += 1;
        let bytes = request.finish(self.sequence);
        let kernel = NetlinkAddr::new(0, 0);
        sendto(self.socket.as_raw_fd(), &bytes, &kernel, MsgFlags::empty()).doing(&doing)?;
        let mut answer = [0; 8192];
        let length = recv(self.socket.as_raw_fd(), &mut answer, MsgFlags::empty()).doing(&doing)?;
        // An acknowledgement is a header of 16 bytes and the negated error number.
        let code =
            answer[..length].get(16..20).and_then(|bytes| bytes.try_into().ok()).map(i32::from_ne_bytes);
        match code {
            Some(0) => Ok(()),
            Some(code) => Err(Errno::from_raw(-code)).doing(doing),
            None => Err(Error::Refused(format!("the kernel's answer is too short: {}", doing()))),
        }
    }
}

const AF_INET: u8 = 2;

fn index_of(name: &str) -> Result<u32> {
    if_nametoindex(name).doing(|| format!("find the link {name}"))
}

fn new_link(flags: libc::c_int) -> Request {
    let mut request = Request::new(libc::RTM_NEWLINK, libc::NLM_F_CREATE | libc::NLM_F_EXCL);
    request.bytes.extend(link_part(0, flags, flags));
    request
}

/// `struct ifinfomsg`.
fn link_part(index: u32, flags: libc::c_int, changed: libc::c_int) -> [u8; 16] {
    let mut part = [0; 16];
    part[4..8].copy_from_slice(&index.to_ne_bytes());
    part[8..12].copy_from_slice(&flags.to_ne_bytes());
    part[12..16].copy_from_slice(&changed.to_ne_bytes());
    part
}

struct Request {
    kind: u16,
    flags: libc::c_int,
    bytes: Vec<u8>,
}

impl Request {
    fn new(kind: u16, flags: libc::c_int) -> Self {
        Self { kind, flags, bytes: Vec::new() }
    }

    fn attribute(&mut self, kind: u16, value: &[u8]) {
        let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
        self.bytes.extend(length.to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn text(&mut self, kind: u16, value: &str) {
        let mut bytes = value.as_bytes().to_vec();
        bytes.push(0);
        self.attribute(kind, &bytes);
    }

    fn nested(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) {
        let mut inner = Self::new(0, 0);
        fill(&mut inner);
        self.attribute(kind, &inner.bytes);
    }

    /// `struct nlmsghdr` and the rest.
    fn finish(self, sequence: u32) -> Vec<u8> {
        let flags = self.flags | libc::NLM_F_REQUEST | libc::NLM_F_ACK;
        let length = u32::try_from(self.bytes.len() + 16).unwrap_or(u32::MAX);
        let mut message = length.to_ne_bytes().to_vec();
        message.extend(self.kind.to_ne_bytes());
        message.extend(u16::try_from(flags).unwrap_or_default().to_ne_bytes());
        message.extend(sequence.to_ne_bytes());
        message.extend(0_u32.to_ne_bytes());
        message.extend(self.bytes);
        message
    }
}
