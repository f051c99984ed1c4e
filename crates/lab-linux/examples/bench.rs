//! Figures for `make bench`: linked machines beside the same made by hand, and what an idle lab uses.
//!
//! `bench machines ROOT` makes machines from the root file system ROOT, `bench idle LAB` watches a lab that runs.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and fails on what it cannot do"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, setns};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, recv, sendto, setsockopt, socket,
    sockopt::ReceiveTimeout,
};
use nix::sys::time::TimeVal;
use sehat_engine::contents::Contents;
use sehat_lab::Blueprint;
use sehat_lab::blueprint::{Allowed, Instance, Limits, Machine, Protocol, Router, Segment};
use sehat_lab::fault::Fault;
use sehat_lab_linux::{Lab, Layers};

#[path = "../tests/it/usage.rs"]
mod usage;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    // The box and its machines run this very program.
    if let Some(code) = sehat_lab_linux::main_hidden(&args) {
        std::process::exit(code);
    }
    match args.iter().map(String::as_str).collect::<Vec<_>>()[1..] {
        ["machines", root] => machines(root),
        ["idle", lab] => idle(lab),
        _ => panic!("bench machines ROOT, bench idle LAB"),
    }
}

const TEN: u8 = 10;

fn machines(root: &str) {
    let lab = Lab::open("bench", "empty");
    let layers = Layers { root: root.into(), seeds: BTreeMap::new() };
    lab.down().unwrap();
    let runs = std::env::var("SEHAT_BENCH_RUNS").map_or(21, |text| text.parse().unwrap());
    let ten: Vec<f64> = (0..runs).map(|_| ten(&lab, &layers)).collect();
    lab.up(&blueprint(2), &layers, &mut |_| {}).unwrap();
    let hand = ByHand::new();
    let (mut linked, mut by_hand, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        let (one, other) = (again(&lab), hand.machine());
        linked.push(one);
        by_hand.push(other);
        ratios.push(one / other);
    }
    drop(hand);
    lab.down().unwrap();
    line("a linked machine that answers ping", &linked, "ms; goal 15 ms");
    line("the same by unshare, ip and nsenter", &by_hand, "ms");
    line("ratio of the two, each pair in turn", &ratios, "");
    line("ten linked machines and a router, from nothing", &ten, "ms; goal 150 ms");
}

fn line(what: &str, values: &[f64], unit: &str) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (least, most) = (sorted[0], sorted[sorted.len() - 1]);
    println!("{what}: {:.2} (n {}, {least:.2} to {most:.2}) {unit}", sorted[sorted.len() / 2], sorted.len());
}

/// Machines on one segment that may ping each other, and the router.
fn blueprint(count: u8) -> Blueprint {
    let network = |text: &str| BTreeSet::from([text.parse().unwrap()]);
    let machine = |index: u8| Machine {
        name: format!("m-{index}"),
        node: "n".into(),
        zone: "z".into(),
        segment: "s".into(),
        address: address(index),
        virtual_addresses: BTreeSet::new(),
        instances: vec![Instance { name: format!("m-{index}"), contents: Contents::default() }],
        limits: Limits::default(),
        seeds: Vec::new(),
    };
    Blueprint {
        platform: "bench".into(),
        environment: "empty".into(),
        router: Router { name: "router".into(), limits: Limits::default() },
        segments: vec![Segment {
            name: "s".into(),
            cidr: "192.168.20.0/24".parse().unwrap(),
            gateway: Ipv4Addr::new(192, 168, 20, 1),
            faces_internet: false,
        }],
        machines: (0..count).map(machine).collect(),
        names: BTreeMap::new(),
        front_doors: Vec::new(),
        allowed: vec![Allowed {
            clients: network("192.168.20.0/24"),
            servers: network("192.168.20.0/24"),
            protocol: Protocol::Icmp,
            ports: None,
        }],
        seeds: Vec::new(),
        differs: Vec::new(),
    }
}

const fn address(index: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 168, 20, 10 + index)
}

/// From nothing until nine machines and the router have answered the tenth.
fn ten(lab: &Lab, layers: &Layers) -> f64 {
    let blueprint = blueprint(TEN);
    let start = Instant::now();
    lab.start(&blueprint, layers).unwrap();
    let first = first_process("bench-empty", "m-0");
    let answer = in_network_of(first, || {
        (1..TEN).for_each(|index| ping(address(index)));
        ping(Ipv4Addr::new(192, 168, 20, 1));
        start.elapsed()
    });
    lab.down().unwrap();
    answer.as_secs_f64() * 1e3
}

/// A machine that lost its power comes back, which makes everything but its disk anew.
fn again(lab: &Lab) -> f64 {
    lab.strike(Fault::KillMachine { machine: "m-1".into() }).unwrap();
    thread::sleep(Duration::from_millis(50));
    let first = first_process("bench-empty", "m-0");
    in_network_of(first, || {
        let start = Instant::now();
        lab.strike(Fault::StartMachine { machine: "m-1".into() }).unwrap();
        ping(address(1));
        start.elapsed()
    })
    .as_secs_f64()
        * 1e3
}

/// Waits for the first process of a machine.
fn first_process(lab: &str, machine: &str) -> i32 {
    let group = format!("/sehat/{lab}");
    loop {
        let found = fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let found = found.into_iter().find(|pid: &i32| {
            let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
            let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.contains("lab-machine")
                && groups.lines().any(|one| one.contains(&group) && one.ends_with(&format!("/{machine}")))
        });
        if let Some(pid) = found {
            return pid;
        }
        thread::sleep(Duration::from_micros(500));
    }
}

/// Does something in the network of a process.
fn in_network_of<T: Send>(pid: i32, work: impl FnOnce() -> T + Send) -> T {
    let network = File::open(format!("/proc/{pid}/ns/net")).unwrap();
    thread::scope(|scope| {
        let thread = scope.spawn(move || {
            setns(network, CloneFlags::CLONE_NEWNET).unwrap();
            // Whoever is asked for too early would be looked for again only after a second.
            for link in ["eth0", "br0"] {
                let _ = fs::write(format!("/proc/sys/net/ipv4/neigh/{link}/retrans_time_ms"), "2");
            }
            work()
        });
        thread.join().unwrap()
    })
}

/// Asks an address, again and again, until it has answered.
fn ping(address: Ipv4Addr) {
    let socket = loop {
        let made = socket(AddressFamily::Inet, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::Icmp);
        if let Ok(socket) = made {
            break socket;
        }
    };
    setsockopt(&socket, ReceiveTimeout, &TimeVal::new(0, 500)).unwrap();
    // An echo request of ICMP with its checksum; one number is enough, as one process asks.
    let request = [8, 0, 0xf7, 0xff, 0, 0, 0, 0];
    let target = SockaddrIn::new(
        address.octets()[0],
        address.octets()[1],
        address.octets()[2],
        address.octets()[3],
        0,
    );
    let mut answer = [0; 256];
    let limit = Instant::now() + Duration::from_secs(20);
    while Instant::now() < limit {
        use std::os::fd::AsRawFd;
        let _ = sendto(socket.as_raw_fd(), &request, &target, MsgFlags::empty());
        if let Ok(length) = recv(socket.as_raw_fd(), &mut answer, MsgFlags::empty()) {
            let source = IpAddr::from([answer[12], answer[13], answer[14], answer[15]]);
            if length >= 28 && answer[20] == 0 && source == IpAddr::V4(address) {
                return;
            }
        }
    }
    panic!("{address} does not answer");
}

/// A network with a bridge, into which machines are linked by programs, as a person would do it.
struct ByHand {
    switch: Child,
}

impl ByHand {
    fn new() -> Self {
        let switch =
            Command::new("unshare").args(["--net", "sleep", "600"]).stdin(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(100));
        shell(&format!(
            "nsenter -t {} -n sh -c 'ip link add br0 type bridge; ip address add 10.9.9.1/24 dev br0; ip link set br0 up'",
            switch.id()
        ));
        Self { switch }
    }

    /// Namespaces, a cable, an address and a route, by six programs; until it answers.
    fn machine(&self) -> f64 {
        let switch = i32::try_from(self.switch.id()).unwrap();
        let start = Instant::now();
        let mut outer = Command::new("unshare")
            .args(["--net", "--pid", "--fork", "--mount", "--ipc", "--uts", "--kill-child", "sleep", "600"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let children = format!("/proc/{0}/task/{0}/children", outer.id());
        let pid = loop {
            let text = fs::read_to_string(&children).unwrap_or_default();
            if let Some(pid) = text.split_whitespace().next() {
                break pid.to_owned();
            }
        };
        shell(&format!(
            "nsenter -t {switch} -n ip link add v master br0 up type veth peer name eth0 netns {pid}; \
             nsenter -t {pid} -n sh -c 'ip link set lo up; ip address add 10.9.9.2/24 dev eth0; \
             ip link set eth0 up; ip route add default via 10.9.9.1'"
        ));
        let taken = in_network_of(switch, || {
            ping(Ipv4Addr::new(10, 9, 9, 2));
            start.elapsed()
        });
        outer.kill().unwrap();
        outer.wait().unwrap();
        shell(&format!("nsenter -t {switch} -n ip link del v 2>/dev/null || true"));
        taken.as_secs_f64() * 1e3
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        let _ = self.switch.kill();
        let _ = self.switch.wait();
    }
}

fn shell(text: &str) {
    assert!(Command::new("sh").args(["-c", text]).status().unwrap().success(), "{text}");
}

const WATCHED: Duration = Duration::from_secs(30);

fn idle(lab: &str) {
    let (start, before) = (Instant::now(), usage::of_lab(lab));
    assert!(before.all.count > 0, "the lab `{lab}` does not run");
    thread::sleep(WATCHED);
    let (passed, after) = (start.elapsed(), usage::of_lab(lab));
    let share = |before: usage::Usage, after: usage::Usage| {
        after.time.saturating_sub(before.time).as_secs_f64() / passed.as_secs_f64() * 100.0
    };
    let mib = |bytes: u64| bytes >> 20;
    println!(
        "Sehat's own {} processes at idle, {} s: {:.2} % of a core; goal 1 %",
        after.own.count,
        passed.as_secs(),
        share(before.own, after.own)
    );
    println!("their memory, shared pages once: {} MiB; goal 60 MiB", mib(after.own.memory_bytes));
    println!(
        "the whole lab, {} processes: {} MiB; goal 4096 MiB; {:.1} % of a core",
        after.all.count,
        mib(after.all.memory_bytes),
        share(before.all, after.all)
    );
}
