//! Filters to allowed connections, each with the entry that allows it.
//!
//! Where a platform states no filter, what is allowed is what is needed and nothing else. Where it
//! states filters, they are taken as they are: both ends must agree, and an access list must let the
//! answers pass too.

mod allowed;
pub mod cluster;
mod connections;
mod decide;
mod end;
mod filters;

pub use allowed::{Allowed, Permit, allowed};
pub use connections::Connection;
pub use decide::{Decision, Outcome, Reach};
pub use end::Party;

use sehat_platform::{Platform, Protocol};

/// Returns what every filter on the way says of one connection, in the order of the way.
pub fn explain(
    platform: &Platform,
    client: &Party,
    server: &Party,
    protocol: Protocol,
    port: u16,
) -> Vec<Decision> {
    Reach::new(platform).explain(client, server, protocol, port)
}
