//! Faults take effect, and their healing too.

use std::time::{Duration, Instant};

use sehat_lab::fault::Fault;
use sehat_lab::status::MachineState;

use crate::harness::Test;
use crate::life::{Running, knock};

pub const TESTS: &[Test] = &[
    ("a_killed_process_comes_back", a_killed_process_comes_back),
    ("a_held_process_stays_away", a_held_process_stays_away),
    ("a_killed_machine_keeps_its_files", a_killed_machine_keeps_its_files),
    ("a_stopped_machine_ends_its_processes", a_stopped_machine_ends_its_processes),
    ("a_machine_is_linked_soon", a_machine_is_linked_soon),
    ("links_and_cuts", links_and_cuts),
    ("a_frozen_machine_answers_nothing", a_frozen_machine_answers_nothing),
];

const FROM_EDGE: [&str; 5] = ["curl", "-s", "-m", "0.3", "http://192.168.20.11:8080/"];

fn serves(lab: &Running) -> bool {
    lab.0.run("edge", &FROM_EDGE).unwrap().code == 0
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(10), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn kill(hold: bool) -> Fault {
    Fault::KillProcess { machine: "web-1".into(), process: "nginx".into(), signal: 9, hold }
}

fn a_killed_process_comes_back() {
    let lab = Running::clinic("clinic");
    let moment = lab.0.strike(kill(false)).unwrap();
    assert!(moment.monotonic_ns > 0 && moment.realtime_ns > moment.monotonic_ns);
    wait_until("the restart", || {
        lab.0.status().unwrap().machines[3].instances[0].processes["nginx"].restart_count == 1
    });
    wait_until("the answer", || serves(&lab));
    wait_until("readiness", || lab.0.status().unwrap().ready);
}

fn a_held_process_stays_away() {
    let lab = Running::clinic("clinic");
    lab.0.strike(kill(true)).unwrap();
    std::thread::sleep(Duration::from_millis(600));
    assert!(!serves(&lab));
    assert!(lab.0.strike(kill(false)).is_err(), "it does not run");
    lab.0.strike(Fault::StartProcess { machine: "web-1".into(), process: "nginx".into() }).unwrap();
    wait_until("the answer", || serves(&lab));
}

fn a_killed_machine_keeps_its_files() {
    let lab = Running::clinic("clinic");
    let machine = || "web-1".to_string();
    lab.run("web-1", &["sh", "-c", "echo kept > /srv/mark; echo lost > /run/mark"]);
    lab.0.strike(Fault::KillMachine { machine: machine() }).unwrap();
    assert_eq!(lab.0.status().unwrap().machines[3].state, MachineState::Down);
    assert!(!serves(&lab));
    assert!(lab.0.run("web-1", &["true"]).unwrap_err().to_string().contains("`web-1` is down"));
    lab.0.strike(Fault::StartMachine { machine: machine() }).unwrap();
    wait_until("the answer", || serves(&lab));
    assert_eq!(lab.run("web-1", &["cat", "/srv/mark"]), "kept\n");
    assert_ne!(lab.0.run("web-1", &["cat", "/run/mark"]).unwrap().code, 0);
    lab.0.strike(Fault::KillMachines { machines: vec!["client".into(), "web-2".into()] }).unwrap();
    lab.0.strike(Fault::StartMachine { machine: "client".into() }).unwrap();
    lab.0.strike(Fault::StartMachine { machine: "web-2".into() }).unwrap();
    wait_until("the client", || lab.0.status().unwrap().ready);
    assert!(knock(&lab.0).ends_with("edge\n"), "the front door is open again");
}

fn a_stopped_machine_ends_its_processes() {
    let lab = Running::clinic("clinic");
    let web = || "web-1".to_string();
    lab.0.strike(Fault::StopMachine { machine: web() }).unwrap();
    wait_until("the end", || lab.0.status().unwrap().machines[3].state == MachineState::Down);
    lab.0.strike(Fault::StartMachine { machine: web() }).unwrap();
    wait_until("the answer", || serves(&lab));
}

#[expect(clippy::print_stderr, reason = "the times are the test's report")]
fn a_machine_is_linked_soon() {
    let lab = Running::clinic("clinic");
    let web = || "web-2".to_string();
    let mut times: Vec<f64> = (0..11)
        .map(|_| {
            lab.0.strike(Fault::KillMachine { machine: web() }).unwrap();
            let start = Instant::now();
            lab.0.strike(Fault::StartMachine { machine: web() }).unwrap();
            // The first answer comes after the machine has its network and its filters.
            lab.run("web-2", &["true"]);
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    eprintln!(
        "  a linked machine that runs a command: median {:.1} ms, from {:.1} to {:.1}",
        times[5], times[0], times[10]
    );
}

fn links_and_cuts() {
    let lab = Running::clinic("clinic");
    let web = || "web-1".to_string();
    let segments = || ("dmz".to_string(), "application".to_string());
    let ((one, other), (first, second)) = (segments(), segments());
    let pairs = [
        (Fault::LinkDown { machine: web() }, Fault::LinkUp { machine: web() }),
        (Fault::CutMachine { machine: web() }, Fault::HealMachine { machine: web() }),
        (Fault::CutSegments { one, other }, Fault::HealSegments { one: first, other: second }),
    ];
    for (fault, heal) in pairs {
        assert!(serves(&lab), "before {fault:?}");
        lab.0.strike(fault.clone()).unwrap();
        assert!(!serves(&lab), "during {fault:?}");
        lab.0.strike(heal).unwrap();
        wait_until("the answer", || serves(&lab));
    }
}

fn a_frozen_machine_answers_nothing() {
    let lab = Running::clinic("clinic");
    lab.0.strike(Fault::Freeze { machine: "web-1".into() }).unwrap();
    assert!(!serves(&lab));
    lab.run("edge", &["ping", "-c1", "-W1", "192.168.20.11"]);
    lab.0.strike(Fault::Thaw { machine: "web-1".into() }).unwrap();
    assert!(serves(&lab));
    // A frozen machine is in nobody's way: the lab goes down with it.
    lab.0.strike(Fault::Freeze { machine: "web-1".into() }).unwrap();
}
