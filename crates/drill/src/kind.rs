//! The drills by name.

/// What is done to the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drill {
    KillInstance,
    KillNode,
    KillLeader,
    CutSegment,
    DropTable,
    Reachability,
    /// Nothing is struck: whatever is measured then is an error of the measurement.
    NoFault,
    /// A primary is cut off while it acknowledges writes, then killed: the ledger must show a loss.
    CutLeader,
}

/// Drills that prove the measurement itself; `all` leaves them out.
pub const SELF_TESTS: [Drill; 2] = [Drill::NoFault, Drill::CutLeader];

impl Drill {
    /// Every drill of `all`, in the order in which they run.
    pub const ALL: [Self; 6] = [
        Self::KillInstance,
        Self::KillNode,
        Self::KillLeader,
        Self::CutSegment,
        Self::DropTable,
        Self::Reachability,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::KillInstance => "kill-instance",
            Self::KillNode => "kill-node",
            Self::KillLeader => "kill-leader",
            Self::CutSegment => "cut-segment",
            Self::DropTable => "drop-table",
            Self::Reachability => "reachability",
            Self::NoFault => "no-fault",
            Self::CutLeader => "cut-leader",
        }
    }

    /// Returns what the drill does, in a line.
    pub fn says(self) -> &'static str {
        match self {
            Self::KillInstance => "kills one process of a component and keeps it down",
            Self::KillNode => "switches off every machine of a node",
            Self::KillLeader => "kills the process that takes the writes",
            Self::CutSegment => "lets nothing pass between a segment and the others",
            Self::DropTable => "drops a table and restores the state before it",
            Self::Reachability => "probes every connection and compares it with what is allowed",
            Self::NoFault => "strikes nothing, and must see no error",
            Self::CutLeader => "cuts a primary off while it acknowledges, then kills it: a loss must show",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().chain(SELF_TESTS).find(|drill| drill.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_drill_is_found_by_its_name() {
        for drill in Drill::ALL.into_iter().chain(SELF_TESTS) {
            assert_eq!(Drill::named(drill.name()), Some(drill));
        }
        assert_eq!(Drill::named("all"), None);
    }
}
