//! Breaks what runs, measures from the client's side what follows, and holds it against prediction and promise.
//!
//! A drill waits for steady state, strikes, observes, heals, waits for recovery, collects and judges. It talks to a
//! [`Running`] platform and knows nothing of how that is made.

mod judge;
mod kind;
mod ledger;
mod measure;
mod outage;
mod pace;
mod perform;
pub mod reachability;
mod repeat;
mod rng;
mod running;
mod target;

pub use judge::{Case, Change, judge, seconds};
pub use kind::{Drill, SELF_TESTS};
pub use ledger::{data_lost_ms, lost_entries};
pub use measure::{Kept, Measured, Observed, measure};
pub use outage::{Outage, outage};
pub use pace::{Pace, REQUEST_LIMIT_MS, SPACING_MS};
pub use perform::{Performed, Setup, perform};
pub use repeat::{Spread, spread};
pub use rng::Rng;
pub use running::{
    Alert, Entry, Failure, Host, JourneyState, LedgerEnd, LedgerPlace, Moment, Part, Progress, Restored,
    Running, Sample, Stroke,
};
pub use target::{Target, candidates, choose, nameable};
