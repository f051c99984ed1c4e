//! Performs what the lab asks for, on Linux: namespaces, links, mounts, processes.

#![cfg(target_os = "linux")]

mod accounts;
mod authority;
mod boxed;
mod capabilities;
mod cgroup;
mod channel;
mod clock;
mod doctor;
mod error;
mod lab;
mod machine;
mod messages;
mod mounts;
mod netlink;
pub mod paths;
mod process;
pub mod root;
mod secrets;
mod state;
mod up;
mod work;

pub use doctor::{Check, CheckState, check_blueprint, doctor};
pub use error::{Error, Result};
pub use lab::{Lab, OUTPUT_BYTES_MAX, Output};
pub use messages::Command;
pub use up::Layers;

/// Runs a hidden command of the program and returns its exit code; `None` where it is no hidden command.
///
/// The program calls this first of all, because these commands must run in a single thread.
pub fn main_hidden(args: &[String]) -> Option<i32> {
    match args.get(1).map(String::as_str) {
        Some(state::BOX_COMMAND) => Some(boxed::main()),
        Some("lab-machine") => Some(machine::main(args.get(2))),
        Some(work::COMMAND) => Some(work::main()),
        _ => None,
    }
}
