//! HTTP/1.1 as far as a lab machine needs it: blocking, bounded, every wait limited.

mod client;
mod message;
mod server;
mod wire;

pub use client::{Client, Outgoing, Reply, SendError};
pub use message::{Request, Response};
pub use server::{Handler, serve, serve_on};
pub use wire::tls_config;
