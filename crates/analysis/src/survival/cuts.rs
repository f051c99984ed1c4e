//! Minimal cut sets: the smallest losses that end a journey.

use std::collections::BTreeSet;

use sehat_platform::Name;

use super::{Group, Survival};

/// Elements that end the journey when all of them are lost, and no fewer of them do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cut {
    /// Indices into the elements, in order.
    pub elements: Vec<usize>,
    /// Components that fail by it.
    pub components: BTreeSet<Name>,
}

impl Survival {
    /// Returns the minimal cut sets of at most `size_max` elements, in order.
    ///
    /// A journey dies when one of its groups does, so its cut sets are the groups' cut sets
    /// without those that contain another.
    pub fn minimal_cuts(&self, size_max: usize) -> Vec<Cut> {
        let mut cuts: Vec<Cut> = Vec::new();
        for group in &self.groups {
            for elements in group_cuts(group, size_max) {
                add(&mut cuts, elements, &group.component);
            }
        }
        cuts.sort_by(|a, b| (a.elements.len(), &a.elements).cmp(&(b.elements.len(), &b.elements)));
        let sets: Vec<Vec<usize>> = cuts.iter().map(|cut| cut.elements.clone()).collect();
        cuts.retain(|cut| {
            !sets.iter().any(|other| other.len() < cut.elements.len() && is_subset(other, &cut.elements))
        });
        cuts
    }
}

fn add(cuts: &mut Vec<Cut>, elements: Vec<usize>, component: &Name) {
    match cuts.iter_mut().find(|cut| cut.elements == elements) {
        Some(cut) => {
            cut.components.insert(component.clone());
        }
        None => cuts.push(Cut { elements, components: BTreeSet::from([component.clone()]) }),
    }
}

/// The members that an element takes with it, as bits.
struct Reach {
    element: usize,
    members: Bits,
}

fn group_cuts(group: &Group, size_max: usize) -> Vec<Vec<usize>> {
    let deadly = group.members.len() + 1 - group.needed.min(group.members.len());
    let reaches = reaches(group);
    let mut cuts = Vec::new();
    let nothing = Bits::empty(group.members.len());
    extend(&reaches, &nothing, &mut Vec::new(), deadly, size_max, &mut cuts);
    cuts
}

/// Grows the set by later elements only, each of which must take a further member with it.
fn extend(
    reaches: &[Reach],
    lost: &Bits,
    chosen: &mut Vec<usize>,
    deadly: usize,
    left: usize,
    cuts: &mut Vec<Vec<usize>>,
) {
    let widest = reaches.iter().map(|reach| reach.members.count()).max().unwrap_or(0);
    if left == 0 || lost.count() + left * widest < deadly {
        return;
    }
    for (position, reach) in reaches.iter().enumerate() {
        let more = lost.with(&reach.members);
        if more.count() == lost.count() {
            continue;
        }
        chosen.push(reach.element);
        if more.count() >= deadly {
            let mut cut = chosen.clone();
            cut.sort_unstable();
            cuts.push(cut);
        } else {
            extend(&reaches[position + 1..], &more, chosen, deadly, left - 1, cuts);
        }
        chosen.pop();
    }
}

fn reaches(group: &Group) -> Vec<Reach> {
    let elements: BTreeSet<usize> =
        group.members.iter().flat_map(|member| member.elements.iter().copied()).collect();
    elements
        .into_iter()
        .map(|element| {
            let mut members = Bits::empty(group.members.len());
            for (position, member) in group.members.iter().enumerate() {
                if member.elements.contains(&element) {
                    members.insert(position);
                }
            }
            Reach { element, members }
        })
        .collect()
}

fn is_subset(small: &[usize], large: &[usize]) -> bool {
    small.iter().all(|element| large.contains(element))
}

/// A set of small numbers.
#[derive(Clone)]
struct Bits(Vec<u64>);

impl Bits {
    fn empty(length: usize) -> Self {
        Self(vec![0; length.div_ceil(64)])
    }

    fn insert(&mut self, position: usize) {
        self.0[position / 64] |= 1 << (position % 64);
    }

    fn with(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }

    fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
}
