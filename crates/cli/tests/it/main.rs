//! The program as a user calls it.

mod canaries;
mod check;
mod environments;
mod program;
