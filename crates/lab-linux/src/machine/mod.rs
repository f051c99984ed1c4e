//! A machine: an own set of namespaces, a root, and a first process that watches over the others.

mod door;
mod files;
mod init;
mod log;
pub mod network;
mod orders;
mod probe;
mod root;
mod spawn;

pub use init::main;
pub use root::{Layers, become_machine, make_file_system, write_system_files};
pub use spawn::command;
