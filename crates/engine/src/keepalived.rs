//! keepalived: an address that two machines hold in turn (VRRP version 3).

use std::net::Ipv4Addr;

use crate::contents::{Contents, File, Opening, Party, Process, Protocol};
use crate::write::{Blocks, Braces, seconds};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Unique name of the address on the segment, `edge`.
    pub name: String,
    pub interface: String,
    pub virtual_router_id: u8,
    pub address: Ipv4Addr,
    pub prefix_bits: u8,
    /// The highest one holds the address first.
    pub priority: u8,
    /// A machine that comes back takes the address from one that holds it.
    pub preempt: bool,
    pub advertisement_ms: u64,
    /// The address of this machine, and the other ones' where they do not share multicast.
    pub source: Ipv4Addr,
    pub unicast_peers: Vec<Ipv4Addr>,
    pub check: Check,
}

/// A command that says with its exit code whether this machine may hold the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub command: Vec<String>,
    /// Whole seconds; keepalived's scripts know no parts of one.
    pub interval_s: u64,
    pub timeout_s: u64,
    pub fall: u32,
    pub rise: u32,
}

const CONFIG: &str = "/etc/keepalived/keepalived.conf";
/// A keepalived that was killed leaves the address and its pid files behind; with them the next one would not start, or
/// two machines would hold the address.
const CLEAN: &str = "ip address del \"$1\" dev \"$2\" 2>/dev/null; rm -f /run/keepalived/*.pid; true";

pub fn contents(input: &Input) -> Contents {
    let address = format!("{}/{}", input.address, input.prefix_bits);
    let command = ["keepalived", "--dont-fork", "--log-console", "--vrrp", "--use-file", CONFIG];
    let pids = ["--pid=/run/keepalived/parent.pid", "--vrrp_pid=/run/keepalived/vrrp.pid"];
    let command: Vec<&str> = command.into_iter().chain(pids).collect();
    let process = Process::new("keepalived", "root", &command)
        .before(&["sh", "-c", CLEAN, "clean", &address, &input.interface])
        .before(&["mkdir", "-p", "/run/keepalived"]);
    Contents {
        packages: ["keepalived".to_owned(), "iproute2".to_owned()].into(),
        files: vec![File::plain(CONFIG, config(input).text(Braces::Keepalived))],
        processes: vec![process],
        ..Contents::default()
    }
}

pub fn openings() -> Vec<Opening> {
    vec![Opening { protocol: Protocol::Vrrp, port: None, to: Party::Peers }]
}

fn config(input: &Input) -> Blocks {
    let global = Blocks::new()
        .set(["router_id", &input.source.to_string()])
        .set(["vrrp_version", "3"])
        .set(["enable_script_security"])
        // A peer that slept for a moment takes the address and gives it back at once; its late announcement would
        // hold the neighbours for keepalived's own 5 s.
        .set(["vrrp_garp_lower_prio_delay", "1"])
        .set(["script_user", "root"]);
    Blocks::new()
        .block(["global_defs"], global)
        .block(["vrrp_script".to_owned(), check_name(input)], script(&input.check))
        .block(["vrrp_instance", &input.name], instance(input))
}

fn check_name(input: &Input) -> String {
    format!("{}-works", input.name)
}

fn script(check: &Check) -> Blocks {
    Blocks::new()
        .set(["script".to_owned(), check.command.join(" ")])
        .set(["interval".to_owned(), check.interval_s.to_string()])
        .set(["timeout".to_owned(), check.timeout_s.to_string()])
        .set(["fall".to_owned(), check.fall.to_string()])
        .set(["rise".to_owned(), check.rise.to_string()])
        // The address is not held by a machine whose server has not yet answered once.
        .set(["init_fail"])
}

fn instance(input: &Input) -> Blocks {
    let blocks = Blocks::new()
        // Both begin as backup, so that none takes the address before it has heard the other one's priority.
        .set(["state", "BACKUP"])
        .set(["interface", &input.interface])
        .set(["virtual_router_id".to_owned(), input.virtual_router_id.to_string()])
        .set(["priority".to_owned(), input.priority.to_string()])
        .set(["advert_int".to_owned(), seconds(input.advertisement_ms)])
        .extended((!input.preempt).then(|| Blocks::new().set(["nopreempt"])));
    unicast(input, blocks)
        .block(["virtual_ipaddress"], Blocks::new().set([format!("{}/{}", input.address, input.prefix_bits)]))
        .block(["track_script"], Blocks::new().set([check_name(input)]))
}

fn unicast(input: &Input, blocks: Blocks) -> Blocks {
    if input.unicast_peers.is_empty() {
        return blocks;
    }
    let peers = input.unicast_peers.iter().fold(Blocks::new(), |peers, peer| peers.set([peer]));
    blocks.set(["unicast_src_ip".to_owned(), input.source.to_string()]).block(["unicast_peer"], peers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> Input {
        Input {
            name: "edge".to_owned(),
            interface: "eth0".to_owned(),
            virtual_router_id: 51,
            address: Ipv4Addr::new(192, 168, 10, 10),
            prefix_bits: 24,
            priority: 110,
            preempt: false,
            advertisement_ms: 300,
            source: Ipv4Addr::new(192, 168, 10, 11),
            unicast_peers: vec![Ipv4Addr::new(192, 168, 10, 12)],
            check: Check {
                command: ["/bin/true", "edge"].map(str::to_owned).to_vec(),
                interval_s: 1,
                timeout_s: 1,
                fall: 2,
                rise: 1,
            },
        }
    }

    #[test]
    fn one_of_a_pair() {
        insta::assert_snapshot!(contents(&pair()).files[0].text);
    }

    #[test]
    fn keepalived_takes_it() {
        let Some(root) = crate::real::root("keepalived") else { return };
        root.accepts(&contents(&pair()), &["keepalived", "-t", "-f", CONFIG], "");
    }
}
