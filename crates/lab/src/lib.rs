//! The lab as data and as a state machine: (event, now) -> actions. It starts nothing itself.

pub mod blueprint;
pub mod fault;
pub mod filters;
pub mod mistakes;
pub mod names;
pub mod nft;
pub mod plan;
pub mod status;
pub mod supervise;

pub use blueprint::Blueprint;
