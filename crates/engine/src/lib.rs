//! What Sehat knows of one server product: its configuration, start, health, failover, backup.
//!
//! Each module takes the facts that its product needs and returns what the machine must hold. Numbers come in with the
//! facts; what stands here as a constant says why it is one.

pub mod alertmanager;
pub mod contents;
pub mod dnsmasq;
pub mod exporters;
pub mod haproxy;
pub mod keepalived;
pub mod mariadb;
pub mod nginx;
pub mod prometheus;
#[cfg(test)]
mod real;
pub mod redis;
pub mod sentinel;
pub mod ssh;
pub mod vault;
pub mod write;
