//! What a drill asks of a running platform, wherever it runs.

use std::fmt;
use std::net::Ipv4Addr;

use sehat_platform::Name;
use sehat_verdict::drill::RestoreRecord;

use crate::reachability::{Cell, Probed};

/// A platform that runs: a lab, and nothing that people depend on.
///
/// All times are nanoseconds of one clock that never goes back.
pub trait Running {
    fn now_ns(&self) -> u64;

    /// Sleeps. An error means that the drill was asked to end.
    fn wait_until(&mut self, ns: u64) -> Result<(), Failure>;

    /// Returns every instance that runs, also those that were struck.
    fn parts(&mut self) -> Result<Vec<Part>, Failure>;

    /// Returns the instance of the component that takes the writes, or holds the address, at present.
    fn leader(&mut self, component: &str) -> Result<Name, Failure>;

    /// Strikes or heals, and returns the moment at which it took effect.
    fn strike(&mut self, stroke: &Stroke) -> Result<Moment, Failure>;

    /// Starts every journey of the platform, one request each `spacing_ms`, through the front door.
    fn start_journeys(&mut self, spacing_ms: u64, limit_ms: u64) -> Result<(), Failure>;

    fn journeys(&mut self) -> Result<JourneyState, Failure>;

    /// Ends the journeys and returns what the clients saw.
    fn stop_journeys(&mut self) -> Result<Vec<(Name, Vec<Sample>)>, Failure>;

    /// Starts a writer to the store that numbers its writes and remembers which were acknowledged.
    fn start_ledger(&mut self, component: &str, place: &LedgerPlace) -> Result<(), Failure>;

    /// Ends the writer, and asks the store which of the acknowledged writes it lacks.
    fn stop_ledger(&mut self, component: &str) -> Result<LedgerEnd, Failure>;

    /// Returns the alerts that reached the receiver since `since_ns`.
    fn alerts(&mut self, since_ns: u64) -> Result<Vec<Alert>, Failure>;

    /// Returns the names of alerts that fire at present.
    fn alarms(&mut self) -> Result<Vec<String>, Failure>;

    /// Returns how many bytes of log a restore would have to replay at present, where that is known.
    fn log_bytes(&mut self, _component: &str) -> Option<u64> {
        None
    }

    /// Brings back the state directly before the stroke that destroyed data, and switches over to it.
    fn restore(&mut self, component: &str) -> Result<Restored, Failure> {
        Err(Failure::new(format!("restore `{component}`"), "nothing here can restore it"))
    }

    /// Sends real packets from every client of the cells, and returns what came of each, in their order.
    fn probe(&mut self, cells: &[Cell], silence_ms: u64) -> Result<Vec<Probed>, Failure>;

    /// Hears how the drill goes.
    fn tell(&mut self, progress: &Progress);
}

/// What runs could not do what the drill asked for: no word about the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub doing: String,
    pub reason: String,
}

impl Failure {
    pub fn new(doing: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { doing: doing.into(), reason: reason.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "cannot {}: {}", self.doing, self.reason)
    }
}

impl std::error::Error for Failure {}

/// When something took effect, by the clock of measurements and by that of people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    pub monotonic_ns: u64,
    pub realtime_ns: u64,
}

/// An instance as it is at present.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    pub instance: Name,
    pub machine: Name,
    /// It serves, by its own meaning of that.
    pub ready: bool,
    /// Why it is not ready.
    pub reason: Option<String>,
}

/// A fault or its heal, in words of the platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stroke {
    /// Kills the instance's server and keeps it down.
    KillInstance {
        instance: Name,
    },
    StartInstance {
        instance: Name,
    },
    /// Loss of power: no goodbye leaves.
    KillMachine {
        machine: Name,
    },
    StartMachine {
        machine: Name,
    },
    /// Nothing passes between the segment and the others.
    CutSegment {
        segment: Name,
    },
    JoinSegment {
        segment: Name,
    },
    /// Nothing passes from or to the machine.
    CutMachine {
        machine: Name,
    },
    JoinMachine {
        machine: Name,
    },
    /// Drops a table of the store that the ledger and the journeys write to.
    DropTable {
        component: Name,
    },
}

impl Stroke {
    /// Returns what undoes it; a dropped table only comes back by a restore.
    pub fn heal(&self) -> Option<Self> {
        match self.clone() {
            Self::KillInstance { instance } => Some(Self::StartInstance { instance }),
            Self::KillMachine { machine } => Some(Self::StartMachine { machine }),
            Self::CutSegment { segment } => Some(Self::JoinSegment { segment }),
            Self::CutMachine { machine } => Some(Self::JoinMachine { machine }),
            _ => None,
        }
    }
}

/// How the journeys go at present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JourneyState {
    pub requests: u64,
    pub failed: u64,
    pub last_good_ns: u64,
    pub last_failed_ns: u64,
}

/// One request as the client saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    pub start_ns: u64,
    pub end_ns: u64,
    /// Answered in time, with a status below 500.
    pub good: bool,
}

/// Where a ledger's writer runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerPlace {
    /// On a machine that no fault strikes, reaching the store as its clients do.
    Client,
    /// On the machine of this instance, writing to it alone.
    Beside { instance: Name },
}

/// One write as the writer saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub number: u64,
    pub start_ns: u64,
    pub end_ns: u64,
    pub acknowledged: bool,
}

/// What became of a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerEnd {
    pub component: Name,
    pub entries: Vec<Entry>,
    /// Numbers that were acknowledged and are not in the store; absent where the store could not be asked.
    pub lost: Option<Vec<u64>>,
}

/// An alert that arrived at the receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    pub name: String,
    pub arrived_ns: u64,
    /// When the platform's own monitoring noticed, by the clock of people.
    pub started_realtime_ns: u64,
}

/// A restore that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Restored {
    pub record: RestoreRecord,
    /// Bytes that had to be moved, which the prediction needs.
    pub bytes: Option<u64>,
    /// When the restored state served again.
    pub at: Moment,
}

/// How a drill goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    Steady,
    Struck {
        what: String,
    },
    Healed,
    Recovered {
        after_ms: u64,
    },
    NotRecovered {
        waiting_for: String,
    },
    Restored {
        ms: u64,
    },
    Verifying {
        component: Name,
    },
    Probing {
        cells: usize,
        machines: usize,
    },
    /// Cells whose outcome surprised are asked again, more patiently.
    Again {
        cells: usize,
    },
    /// A step of a restore begins.
    Restoring {
        step: String,
    },
    /// An alert of before still fires, so a new one of the same kind will not be seen.
    Alarmed {
        alerts: Vec<String>,
    },
    /// What runs took long to do what it was asked for, so moments came later than planned.
    Late {
        doing: String,
        ms: u64,
    },
}

/// A machine that can be probed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Host {
    pub name: Name,
    pub address: Ipv4Addr,
    /// Addresses that it may take over.
    pub virtual_addresses: Vec<Ipv4Addr>,
    pub segment: Name,
}
