//! The parts of the guest against real servers, on the loopback interface of this machine.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod configs;
mod mariadb;
mod real;
mod redis;
