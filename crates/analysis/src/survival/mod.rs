//! Which losses a journey survives: its parts, how many of each it needs, and its minimal cut sets.

mod cuts;
mod need;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sehat_platform::component::Component;
use sehat_platform::journey::Journey;
use sehat_platform::{Kind, Name, Platform};

pub use cuts::Cut;
pub use need::{has_quorum, needed, topology_entry, voters_elsewhere};

use crate::path;

/// One thing that can be lost as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// A process.
    Instance(Name),
    /// A virtual machine, pod or server with every instance on it.
    Machine(Name),
    Node(Name),
    Zone(Name),
    Segment(Name),
    /// What a provider or another party runs.
    Party(Name),
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = self.parts();
        write!(f, "{kind} `{name}`")
    }
}

impl Element {
    pub fn parts(&self) -> (&'static str, &Name) {
        match self {
            Self::Instance(name) => ("instance", name),
            Self::Machine(name) => ("machine", name),
            Self::Node(name) => ("node", name),
            Self::Zone(name) => ("zone", name),
            Self::Segment(name) => ("segment", name),
            Self::Party(name) => ("party", name),
        }
    }
}

/// Members of one component (of one shard, where it has several), of which some must live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub component: Name,
    /// Counts from 1.
    pub shard: usize,
    pub members: Vec<Member>,
    pub needed: usize,
}

/// One instance with everything whose loss ends it, as indices into the elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub name: Name,
    pub elements: Vec<usize>,
}

/// A journey as groups over shared elements. It lives where every group has enough members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survival {
    /// Sorted, each once.
    pub elements: Vec<Element>,
    pub groups: Vec<Group>,
    /// Components of which nothing says how many instances run.
    pub uncounted: Vec<Name>,
}

/// Returns how the journey depends on instances, machines, nodes, zones and segments.
pub fn survival(platform: &Platform, journey: &Journey) -> Survival {
    of_components(platform, path::required_names(platform, journey))
}

/// Returns the same for components that must all work.
pub fn of_components<'a>(platform: &Platform, components: impl IntoIterator<Item = &'a Name>) -> Survival {
    let mut survival = Survival::default();
    let mut parts = Vec::new();
    for name in components {
        let Some(component) = platform.components.get(name) else { continue };
        let members = members(platform, name, component);
        if members.is_empty() && is_everywhere(component) {
            continue;
        }
        if members.is_empty() {
            survival.uncounted.push(name.clone());
            continue;
        }
        parts.extend(
            shards(component, members)
                .into_iter()
                .zip(1..)
                .map(|(members, shard)| (name, component, shard, members)),
        );
    }
    let mut index: BTreeMap<Element, usize> = parts
        .iter()
        .flat_map(|(_, _, _, members)| members.iter().flat_map(|(_, elements)| elements.iter().cloned()))
        .map(|e| (e, 0))
        .collect();
    index.values_mut().zip(0..).for_each(|(position, number)| *position = number);
    for (name, component, shard, members) in parts {
        let needed = needed(platform, name, component, members.len());
        let members = members
            .into_iter()
            .map(|(name, elements)| Member {
                name,
                elements: elements.iter().map(|element| index[element]).collect(),
            })
            .collect();
        survival.groups.push(Group { component: name.clone(), shard, members, needed });
    }
    survival.elements = index.into_keys().collect();
    survival
}

/// Returns the zones in which components that journeys need have instances. Where it is a single
/// one, the platform has no other to survive in.
pub fn zones_in_use(platform: &Platform) -> BTreeSet<&Name> {
    let needed = path::required_by_any(platform);
    let instances = platform.instances.values().filter(|instance| needed.contains(&instance.component));
    instances.filter_map(|instance| platform.machines.get(&instance.machine)?.zone.as_ref()).collect()
}

/// A mesh runs beside each instance that it serves, and a cluster is its nodes.
fn is_everywhere(component: &Component) -> bool {
    matches!(component.kind.get(), Some(Kind::Mesh | Kind::Cluster))
}

type Placed = (Name, Vec<Element>);

fn members(platform: &Platform, name: &Name, component: &Component) -> Vec<Placed> {
    if component.managed.is_some() || component.external.get() == Some(&true) {
        return vec![(name.clone(), vec![Element::Party(name.clone())])];
    }
    let mut placed: Vec<(usize, Placed)> = platform
        .instances_of(name)
        .map(|(instance, stated)| {
            (stated.index, (instance.clone(), whereabouts(platform, instance, &stated.machine)))
        })
        .collect();
    placed.sort();
    placed.into_iter().map(|(_, placed)| placed).collect()
}

fn whereabouts(platform: &Platform, instance: &Name, machine: &Name) -> Vec<Element> {
    let mut elements = vec![Element::Instance(instance.clone()), Element::Machine(machine.clone())];
    if let Some(stated) = platform.machines.get(machine) {
        elements.extend(stated.node.clone().map(Element::Node));
        elements.extend(stated.zone.clone().map(Element::Zone));
        elements.extend(stated.segment.clone().map(Element::Segment));
    }
    elements
}

/// Splits members into shards: neighbours by index belong together.
fn shards(component: &Component, members: Vec<Placed>) -> Vec<Vec<Placed>> {
    let stated = component.shards.get().map_or(1, |range| range.min.max(1));
    let count = usize::try_from(stated).unwrap_or(1);
    if count < 2 || !members.len().is_multiple_of(count) {
        return vec![members];
    }
    let size = members.len() / count;
    members.chunks(size).map(<[Placed]>::to_vec).collect()
}

impl Survival {
    /// Returns the components that fail when these elements are lost, each once.
    pub fn failing(&self, lost: &[usize]) -> Vec<&Name> {
        let mut failing: Vec<&Name> = self
            .groups
            .iter()
            .filter(|group| group.alive(lost) < group.needed)
            .map(|group| &group.component)
            .collect();
        failing.dedup();
        failing
    }

    pub fn index_of(&self, element: &Element) -> Option<usize> {
        self.elements.binary_search(element).ok()
    }
}

impl Group {
    /// Returns how many members are left when these elements are lost.
    pub fn alive(&self, lost: &[usize]) -> usize {
        self.members
            .iter()
            .filter(|member| !member.elements.iter().any(|element| lost.contains(element)))
            .count()
    }
}

#[cfg(test)]
mod tests;
