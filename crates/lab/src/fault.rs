//! What can be struck in a lab, and the rules that cut its networks.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::blueprint::Blueprint;
use crate::names::{CUT_TABLE, leg, machine_port};
use crate::nft::{Chain, Family, Hook, Policy, Ruleset, Statement, arrives_by, leaves_by};

/// One stroke. Each takes effect at once and is answered with the moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Sends the signal to a process's whole group; `hold` keeps it from being started again.
    KillProcess {
        machine: String,
        process: String,
        signal: i32,
        hold: bool,
    },
    /// Starts a held process, or one that has ended for good.
    StartProcess {
        machine: String,
        process: String,
    },
    /// Loss of power: the link goes first, so that no goodbye leaves; the machine stays down.
    KillMachine {
        machine: String,
    },
    /// The same for all machines of a node at one moment.
    KillMachines {
        machines: Vec<String>,
    },
    /// Shuts a machine down as its administrator would: processes stop, dependents first; it stays down.
    StopMachine {
        machine: String,
    },
    /// Switches a machine on again; its files are those that it had.
    StartMachine {
        machine: String,
    },
    LinkDown {
        machine: String,
    },
    LinkUp {
        machine: String,
    },
    /// Drops every packet from and to the machine, while its link stays up.
    CutMachine {
        machine: String,
    },
    HealMachine {
        machine: String,
    },
    /// Drops every packet between two segments.
    CutSegments {
        one: String,
        other: String,
    },
    HealSegments {
        one: String,
        other: String,
    },
    /// Stops the machine's processes without ending them; its kernel still answers.
    Freeze {
        machine: String,
    },
    Thaw {
        machine: String,
    },
}

/// When a fault took effect, by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Moment {
    pub monotonic_ns: u64,
    pub realtime_ns: u64,
}

/// What is cut at present.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cuts {
    machines: BTreeSet<String>,
    segments: BTreeSet<(String, String)>,
}

impl Cuts {
    pub fn cut_machine(&mut self, machine: &str) {
        self.machines.insert(machine.into());
    }

    /// Whether the router has rules of a cut.
    pub fn concern_router(&self) -> bool {
        !self.segments.is_empty()
    }

    pub fn heal_machine(&mut self, machine: &str) {
        self.machines.remove(machine);
    }

    pub fn cut_segments(&mut self, one: &str, other: &str) {
        self.segments.insert(ordered(one, other));
    }

    pub fn heal_segments(&mut self, one: &str, other: &str) {
        self.segments.remove(&ordered(one, other));
    }

    /// The rules for the box's bridges, whole, because nft applies a ruleset atomically.
    pub fn bridge_ruleset(&self, blueprint: &Blueprint) -> Ruleset {
        let mut ruleset = Ruleset::replacing(Family::Bridge, CUT_TABLE);
        let passing = bridge_chain("passing", Hook::Forward);
        let (arriving, leaving) =
            (bridge_chain("arriving", Hook::Input), bridge_chain("leaving", Hook::Output));
        for chain in [&passing, &arriving, &leaving] {
            ruleset.chain(chain.clone());
        }
        for (index, _) in
            blueprint.machines.iter().enumerate().filter(|(_, m)| self.machines.contains(&m.name))
        {
            let port = machine_port(index);
            ruleset.rule(&passing, vec![arrives_by(&port), Statement::Drop]);
            ruleset.rule(&passing, vec![leaves_by(&port), Statement::Drop]);
            ruleset.rule(&arriving, vec![arrives_by(&port), Statement::Drop]);
            ruleset.rule(&leaving, vec![leaves_by(&port), Statement::Drop]);
        }
        ruleset
    }

    /// The rules for the router; they stand before the filters, so that known connections are cut too.
    pub fn router_ruleset(&self, blueprint: &Blueprint) -> Ruleset {
        let mut ruleset = Ruleset::replacing(Family::Inet, CUT_TABLE);
        let passing = Chain {
            family: Family::Inet,
            table: CUT_TABLE.into(),
            name: "passing".into(),
            kind: "filter",
            hook: Hook::Forward,
            priority: -10,
            policy: Policy::Accept,
        };
        ruleset.chain(passing.clone());
        for (one, other) in &self.segments {
            let (Some(one), Some(other)) = (leg_of(blueprint, one), leg_of(blueprint, other)) else {
                continue;
            };
            ruleset.rule(&passing, vec![arrives_by(&one), leaves_by(&other), Statement::Drop]);
            ruleset.rule(&passing, vec![arrives_by(&other), leaves_by(&one), Statement::Drop]);
        }
        ruleset
    }
}

fn ordered(one: &str, other: &str) -> (String, String) {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    (first.into(), second.into())
}

fn leg_of(blueprint: &Blueprint, segment: &str) -> Option<String> {
    blueprint.segments.iter().position(|candidate| candidate.name == segment).map(leg)
}

fn bridge_chain(name: &str, hook: Hook) -> Chain {
    let (family, table) = (Family::Bridge, CUT_TABLE.into());
    Chain { family, table, name: name.into(), kind: "filter", hook, priority: 0, policy: Policy::Accept }
}
