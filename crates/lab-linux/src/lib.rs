//! Performs what the lab asks for, on Linux: namespaces, links, mounts, processes.

#![cfg(target_os = "linux")]
