//! The box: one outer set of namespaces in which a whole lab lives and with which it dies.

mod birth;
mod clients;
mod faults;
mod machines;
mod run;
mod setup;

pub use birth::main;
