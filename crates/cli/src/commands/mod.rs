//! One file per command.

pub mod adopt;
pub mod check;
pub mod down;
pub mod drill;
pub mod evidence;
pub mod exec;
pub mod explain;
pub mod graph;
pub mod kustomize;
pub mod lab;
pub mod logs;
pub mod reach;
pub mod report;
pub mod restore;
pub mod schema;
pub mod status;
pub mod up;
