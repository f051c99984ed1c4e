//! The program as a user calls it.

#[path = "../../../lab-linux/tests/it/aim.rs"]
mod aim;
mod canaries;
mod check;
mod drills;
mod environments;
mod files;
mod idle;
mod kills;
mod lab;
#[path = "../../../lab-linux/tests/it/machine_state.rs"]
mod machine_state;
mod planted;
mod program;
mod reach;
mod timers;
#[path = "../../../lab-linux/tests/it/usage.rs"]
mod usage;
mod vault;

/// The environment of the labs that are compared with the machine before them.
const OURS: &str = "-victim";
