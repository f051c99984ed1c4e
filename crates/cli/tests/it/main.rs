//! The program as a user calls it.

mod canaries;
mod check;
mod drills;
mod environments;
mod lab;
mod planted;
mod program;
mod timers;
mod vault;
