//! Facts about products, clouds and laws, each with its source and the date on which it was checked.
//!
//! Every table is a data file that is parsed when it is first asked for. What a table does not
//! hold is unknown: no function here guesses.

mod actions;
mod availability;
mod balancers;
mod distributions;
mod entry;
mod images;
mod instance_types;
mod laws;
mod lifetimes;
mod movers;
mod ports;
mod products;
mod recovery;
mod regimes;
mod regions;
mod removals;
mod schemas;
mod stores;
mod table;
mod timers;
mod topologies;
mod vocabulary;

pub use actions::{Action, action, actions};
pub use availability::{Availability, AvailabilityBasis, availabilities, availability};
pub use balancers::{Balancer, Feature, Support, balancer, balancers};
pub use distributions::{Package, distribution_lifetime, distribution_package, packages};
pub use entry::{CatalogEntry, Cited, entries, entry};
pub use images::image_product;
pub use instance_types::{InstanceType, instance_type, instance_types};
pub use laws::{Bloc, Residency, ResidencyRule, Retention, blocs, lies_in, residency, retention, retentions};
pub use lifetimes::{Extension, Lifetime, Phase, lifetime, lifetimes};
pub use movers::{Mover, Moves, mover, movers};
pub use ports::{Port, PortRole, Transport, peers, ports};
pub use products::{Product, is_product, product, product_names, products};
pub use recovery::{Duration, Rate, duration, durations, rate, rates};
pub use regimes::{Control, Regime, controls_of, regime, regimes, regimes_of};
pub use regions::{Region, region, regions};
pub use removals::{Removal, removal, removals};
pub use schemas::{
    Field, KindStatus, ServedKind, Shape, Type, annotations, deprecated, kind_status, metadata,
};
pub use stores::{ArchiveLog, Store, store, stores};
pub use timers::{Timer, Unit, timer, timers};
pub use topologies::{Actor, Follower, Loss, Quorum, Replication, Topology, Voters, topologies, topology};
pub use vocabulary::{Found, Meaning, Wording, is_term, meanings, wordings};
