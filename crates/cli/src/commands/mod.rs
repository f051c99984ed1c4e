//! One file per command.

pub mod check;
pub mod down;
pub mod exec;
pub mod explain;
pub mod lab;
pub mod logs;
pub mod schema;
pub mod status;
pub mod up;
