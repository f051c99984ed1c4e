//! The rules about copies, over what existing files state.

pub mod covers;
pub mod log;
pub mod offsite;
mod stores;
