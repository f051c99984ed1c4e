//! What a drill strikes, chosen by the seed.

use std::collections::BTreeSet;
use std::fmt;

use sehat_analysis::outage::Fault;
use sehat_analysis::path;
use sehat_platform::component::Topology;
use sehat_platform::{Kind, Name, Platform};

use crate::{Drill, Part, Rng};

/// A part of the platform, as the drill means it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Instance(Name),
    Node(Name),
    /// Its leader, which is only known when the fault is struck.
    Leader(Name),
    Segment(Name),
    /// Its data.
    Store(Name),
    /// The platform as a whole.
    Everything,
}

impl Target {
    /// Returns the name that a user chooses it by.
    pub fn name(&self) -> &str {
        match self {
            Self::Instance(name)
            | Self::Node(name)
            | Self::Leader(name)
            | Self::Segment(name)
            | Self::Store(name) => name,
            Self::Everything => "",
        }
    }

    /// Returns the fault whose outcome is predicted.
    pub fn fault(&self) -> Option<Fault> {
        match self.clone() {
            Self::Instance(instance) => Some(Fault::KillInstance { instance }),
            Self::Node(node) => Some(Fault::KillNode { node }),
            Self::Leader(component) => Some(Fault::KillLeader { component }),
            Self::Segment(segment) => Some(Fault::CutSegment { segment }),
            Self::Store(component) => Some(Fault::DropTable { component }),
            Self::Everything => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instance(name) => write!(formatter, "instance {name}"),
            Self::Node(name) => write!(formatter, "node {name}"),
            Self::Leader(name) => write!(formatter, "leader of {name}"),
            Self::Segment(name) => write!(formatter, "segment {name}"),
            Self::Store(name) => write!(formatter, "table of {name}"),
            Self::Everything => formatter.write_str("nothing"),
        }
    }
}

/// Returns everything that the drill may strike: what runs and what a journey needs. In the order of names.
pub fn candidates(platform: &Platform, drill: Drill, parts: &[Part]) -> Vec<Target> {
    let view = View::new(platform, parts);
    match drill {
        Drill::KillInstance => view.instances().map(Target::Instance).collect(),
        Drill::KillNode => view.nodes().into_iter().map(Target::Node).collect(),
        Drill::KillLeader => view.components(has_leader).into_iter().map(Target::Leader).collect(),
        Drill::CutLeader => view.components(is_sentinel).into_iter().map(Target::Leader).collect(),
        Drill::CutSegment => view.segments().into_iter().map(Target::Segment).collect(),
        Drill::DropTable => view.components(is_restorable).into_iter().map(Target::Store).collect(),
        Drill::Reachability | Drill::NoFault => vec![Target::Everything],
    }
}

/// Returns everything that a user may name for the drill: also what no journey needs, and the holders of moving addresses.
pub fn nameable(platform: &Platform, drill: Drill, parts: &[Part]) -> Vec<Target> {
    match drill {
        Drill::KillInstance => {
            let running: BTreeSet<&Name> = parts.iter().map(|part| &part.instance).collect();
            platform
                .instances
                .keys()
                .filter(|name| running.contains(name))
                .cloned()
                .map(Target::Instance)
                .collect()
        }
        Drill::KillLeader => led(platform, parts).into_iter().map(Target::Leader).collect(),
        _ => candidates(platform, drill, parts),
    }
}

/// Chooses one of the candidates by the seed, or the one that the user named.
///
/// # Errors
///
/// Returns what could be named instead.
pub fn choose(candidates: &[Target], drill: Drill, seed: u64, named: Option<&str>) -> Result<Target, String> {
    let chosen = match named {
        Some(name) => candidates.iter().find(|target| target.name() == name),
        None => Rng::of(seed, &["target", drill.name()]).pick(candidates),
    };
    chosen.cloned().ok_or_else(|| {
        let others: Vec<&str> =
            candidates.iter().map(Target::name).filter(|other| !other.is_empty()).collect();
        match (named, others.is_empty()) {
            (Some(name), false) => {
                format!("{} cannot strike `{name}`; it can strike {}", drill.name(), others.join(", "))
            }
            _ => format!("nothing that runs and that a journey needs can be struck by {}", drill.name()),
        }
    })
}

/// Stores with a ledger in which a loss would be one of data.
pub fn stores(platform: &Platform, parts: &[Part]) -> BTreeSet<Name> {
    View::new(platform, parts).components(is_database)
}

/// Components of which one instance takes the writes or holds the address.
pub fn led(platform: &Platform, parts: &[Part]) -> BTreeSet<Name> {
    View::new(platform, parts).components(|component| has_leader(component) || moves_address(component))
}

fn moves_address(component: &sehat_platform::Component) -> bool {
    component.failover.as_ref().is_some_and(|failover| failover.address.get().is_some())
}

fn has_leader(component: &sehat_platform::Component) -> bool {
    matches!(
        component.topology.get(),
        Some(Topology::Galera | Topology::Sentinel | Topology::PrimaryReplica | Topology::ReplicaSet)
    )
}

fn is_sentinel(component: &sehat_platform::Component) -> bool {
    component.topology.get() == Some(&Topology::Sentinel)
}

fn is_database(component: &sehat_platform::Component) -> bool {
    component.kind.get() == Some(&Kind::Database)
}

fn is_restorable(component: &sehat_platform::Component) -> bool {
    is_database(component) && component.backup.is_some()
}

/// What runs, as far as journeys need it.
struct View<'a> {
    platform: &'a Platform,
    needed: BTreeSet<Name>,
    running: BTreeSet<&'a str>,
}

impl<'a> View<'a> {
    fn new(platform: &'a Platform, parts: &'a [Part]) -> Self {
        let journeys = platform.journeys.values();
        let needed = journeys.flat_map(|journey| path::required(platform, journey).into_keys()).collect();
        Self { platform, needed, running: parts.iter().map(|part| part.instance.as_str()).collect() }
    }

    fn instances(&self) -> impl Iterator<Item = Name> + '_ {
        let all = self.platform.instances.iter();
        let chosen = all.filter(|(name, instance)| {
            self.running.contains(name.as_str()) && self.needed.contains(&instance.component)
        });
        chosen.map(|(name, _)| name.clone())
    }

    fn nodes(&self) -> BTreeSet<Name> {
        self.instances().filter_map(|name| self.platform.machine_of(&name)?.node.clone()).collect()
    }

    fn segments(&self) -> BTreeSet<Name> {
        self.instances().filter_map(|name| self.platform.machine_of(&name)?.segment.clone()).collect()
    }

    fn components(&self, holds: fn(&sehat_platform::Component) -> bool) -> BTreeSet<Name> {
        let components = self.instances().map(|name| self.platform.instances[&name].component.clone());
        components.filter(|name| self.platform.components.get(name).is_some_and(holds)).collect()
    }
}
