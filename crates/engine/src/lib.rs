//! What Sehat knows of one server product: its configuration, start, health, failover, backup.

pub mod contents;
