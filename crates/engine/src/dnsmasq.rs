//! dnsmasq: the resolver of a platform whose document names one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::contents::{Contents, File, Opening, Party, Probe, Process, Protocol};
use crate::write::{Lines, Quoting};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub address: Ipv4Addr,
    /// Names and the addresses that they stand for.
    pub names: BTreeMap<String, BTreeSet<Ipv4Addr>>,
    /// Where other names are asked for; none are known without one.
    pub upstreams: Vec<Ipv4Addr>,
    pub cached_names_max: u32,
}

const CONFIG: &str = "/etc/dnsmasq-sehat.conf";
const HOSTS: &str = "/etc/dnsmasq-sehat.hosts";
/// The port of DNS (RFC 1035).
const PORT: u16 = 53;
/// dnsmasq only reads two files before it answers.
const READY_MS_MAX: u64 = 5_000;

pub fn contents(input: &Input) -> Contents {
    let config_option = format!("--conf-file={CONFIG}");
    let process = Process::new("dnsmasq", "root", &["dnsmasq", "--keep-in-foreground", &config_option])
        .before(&["dnsmasq", "--test", &config_option])
        .ready(Probe::Tcp { port: PORT }, READY_MS_MAX);
    Contents {
        packages: ["dnsmasq-base".to_owned()].into(),
        files: vec![File::plain(CONFIG, config(input)), File::plain(HOSTS, hosts(input))],
        processes: vec![process],
        ..Contents::default()
    }
}

pub fn openings() -> Vec<Opening> {
    let udp = Opening { protocol: Protocol::Udp, port: Some(PORT), to: Party::Clients };
    vec![udp, Opening::tcp(PORT, Party::Clients)]
}

fn config(input: &Input) -> String {
    let lines = Lines::new()
        .line(["user=dnsmasq"])
        .line(["no-resolv"])
        .line(["no-hosts"])
        .line(["bind-interfaces"])
        .line([format!("listen-address=127.0.0.1,{}", input.address)])
        .line([format!("addn-hosts={HOSTS}")])
        .line([format!("cache-size={}", input.cached_names_max)]);
    let upstream = |lines: Lines, address: &Ipv4Addr| lines.line([format!("server={address}")]);
    input.upstreams.iter().fold(lines, upstream).text(Quoting::Double)
}

fn hosts(input: &Input) -> String {
    let pairs = input.names.iter().flat_map(|(name, addresses)| {
        addresses.iter().map(move |address| [address.to_string(), name.clone()])
    });
    pairs.fold(Lines::new(), Lines::line).text(Quoting::Double)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolver() -> Input {
        let address = Ipv4Addr::new(192, 168, 40, 2);
        Input {
            address,
            names: [("records.local".to_owned(), [address].into())].into(),
            upstreams: vec![Ipv4Addr::new(192, 168, 40, 1)],
            cached_names_max: 1000,
        }
    }

    #[test]
    fn a_resolver() {
        insta::assert_snapshot!(contents(&resolver()).files[0].text);
    }

    #[test]
    fn dnsmasq_takes_it() {
        let Some(root) = crate::real::root("dnsmasq") else { return };
        let config_option = format!("--conf-file={CONFIG}");
        root.accepts(&contents(&resolver()), &["dnsmasq", "--test", &config_option], "syntax check OK");
    }
}
