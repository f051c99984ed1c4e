//! Which pods selectors select. What several rules select alike is found once.

use sehat_platform::Cidr;
use sehat_platform::inventory::Selector;
use sehat_platform::inventory::network::{PeerKind, Subject};

use super::hash::{FastMap, hash_of, mix};
use super::pods::{Pods, number};

/// A run of workloads in ascending order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Set {
    start: u32,
    len: u32,
    /// Its number among the larger sets; none where it is small and of one rule's own.
    pub shared: Option<u32>,
}

/// Every set that rules name.
#[derive(Default)]
pub(crate) struct Sets {
    members: Vec<u32>,
    /// The larger ones, each once.
    pub shared: Vec<Set>,
}

impl Sets {
    pub fn members(&self, set: Set) -> &[u32] {
        &self.members[set.start as usize..(set.start + set.len) as usize]
    }

    pub fn holds(&self, set: Set, workload: u32) -> bool {
        let members = self.members(set);
        match members.len() {
            0 => false,
            1..=4 => members.contains(&workload),
            _ => members.binary_search(&workload).is_ok(),
        }
    }

    fn add(&mut self, workloads: impl Iterator<Item = u32>) -> Set {
        let start = number(self.members.len());
        self.members.extend(workloads);
        Set { start, len: number(self.members.len()) - start, shared: None }
    }
}

/// What a set is named by, apart from places in files.
#[derive(Clone, Copy)]
struct Asked<'a> {
    scope: Scope<'a>,
    pods: Option<&'a Selector>,
}

#[derive(Clone, Copy)]
enum Scope<'a> {
    One(u32),
    Selected(&'a Selector),
}

/// Finds sets, and remembers the larger ones.
pub(crate) struct Finder<'p, 'a> {
    pods: &'p Pods<'a>,
    pub sets: Sets,
    known: FastMap<u64, Vec<(Asked<'a>, Set)>>,
}

/// A list this short is searched at once; looking it up again would cost more.
const SHORT: usize = 4;

impl<'p, 'a> Finder<'p, 'a> {
    pub fn new(pods: &'p Pods<'a>) -> Self {
        Self { pods, sets: Sets::default(), known: FastMap::default() }
    }

    /// Returns the workloads that a policy governs.
    pub fn subject(&mut self, namespace: &str, subject: &'a Subject) -> Set {
        match subject {
            Subject::Own(pods) => self.own(namespace, Some(pods)),
            Subject::Namespaces(namespaces, pods) => {
                self.find(Asked { scope: Scope::Selected(namespaces), pods: Some(pods) })
            }
        }
    }

    /// Returns the workloads that a peer means. A block means those whose address is known and lies in it.
    pub fn peer(&mut self, namespace: &str, peer: &'a PeerKind) -> Set {
        match peer {
            PeerKind::Pods { namespaces: Some(namespaces), pods } => {
                self.find(Asked { scope: Scope::Selected(namespaces), pods: pods.as_ref() })
            }
            PeerKind::Pods { namespaces: None, pods: Some(pods) } => self.own(namespace, Some(pods)),
            PeerKind::Block { cidr, except } if self.pods.any_address => self.block(cidr, except),
            _ => Set::default(),
        }
    }

    fn own(&mut self, namespace: &str, pods: Option<&'a Selector>) -> Set {
        match self.pods.namespace(namespace) {
            Some(one) => self.find(Asked { scope: Scope::One(one), pods }),
            None => Set::default(),
        }
    }

    fn block(&mut self, cidr: &Cidr, except: &[Cidr]) -> Set {
        let lies_in = |at: &u32| {
            let addresses = &self.pods.workloads[*at as usize].pod.addresses;
            addresses.iter().any(|address| in_block(cidr, except, *address))
        };
        let found: Vec<u32> = (0..number(self.pods.len())).filter(lies_in).collect();
        let set = self.sets.add(found.into_iter());
        self.share(set)
    }

    fn find(&mut self, asked: Asked<'a>) -> Set {
        let candidates = asked.pods.and_then(|selector| self.pods.candidates(selector));
        if let Some(few) = candidates.filter(|list| list.len() <= SHORT) {
            let found = few.iter().copied().filter(|at| asked.selects(self.pods, *at));
            return self.sets.add(found);
        }
        let key = asked.hash();
        let known = self.known.get(&key).and_then(|list| list.iter().find(|(known, _)| known.means(&asked)));
        if let Some((_, set)) = known {
            return *set;
        }
        let found = asked.search(self.pods, candidates);
        let set = self.sets.add(found.into_iter());
        let set = self.share(set);
        self.known.entry(key).or_default().push((asked, set));
        set
    }

    fn share(&mut self, set: Set) -> Set {
        if set.len as usize <= SHORT {
            return set;
        }
        let set = Set { shared: Some(number(self.sets.shared.len())), ..set };
        self.sets.shared.push(set);
        set
    }

    /// Takes over what another finder found, and returns how its sets are called here.
    pub fn adopt(&mut self, other: Finder<'p, 'a>) -> impl Fn(Set) -> Set + use<'p, 'a> {
        let moved = number(self.sets.members.len());
        self.sets.members.extend_from_slice(&other.sets.members);
        let mut names: Vec<Option<Set>> = vec![None; other.sets.shared.len()];
        let mut theirs: Vec<_> = other
            .known
            .into_iter()
            .flat_map(|(key, list)| list.into_iter().map(move |one| (key, one)))
            .collect();
        theirs.sort_unstable_by_key(|(_, (_, set))| set.start);
        for (key, (asked, set)) in theirs {
            let Some(at) = set.shared else { continue };
            let known =
                self.known.get(&key).and_then(|list| list.iter().find(|(known, _)| known.means(&asked)));
            let name = if let Some((_, known)) = known {
                *known
            } else {
                let set = self.share(Set { start: set.start + moved, ..set });
                self.known.entry(key).or_default().push((asked, set));
                set
            };
            names[at as usize] = Some(name);
        }
        for (at, set) in other.sets.shared.iter().enumerate() {
            if names[at].is_none() {
                names[at] = Some(self.share(Set { start: set.start + moved, ..*set }));
            }
        }
        move |set: Set| match set.shared {
            Some(at) => names[at as usize].unwrap_or_default(),
            None => Set { start: set.start + moved, ..set },
        }
    }
}

pub(crate) fn in_block(cidr: &Cidr, except: &[Cidr], address: std::net::IpAddr) -> bool {
    cidr.contains(&address) && !except.iter().any(|hole| hole.contains(&address))
}

impl<'a> Asked<'a> {
    fn selects(&self, pods: &Pods<'a>, at: u32) -> bool {
        let namespace = pods.namespace_of[at as usize];
        let in_scope = match self.scope {
            Scope::One(one) => one == namespace,
            Scope::Selected(selector) => selector.selects(&pods.namespaces[namespace as usize].labels),
        };
        in_scope && self.pods.is_none_or(|selector| selector.selects(&pods.workloads[at as usize].pod.labels))
    }

    fn search(&self, pods: &Pods<'a>, candidates: Option<&[u32]>) -> Vec<u32> {
        if let Some(candidates) = candidates {
            return candidates.iter().copied().filter(|at| self.selects(pods, *at)).collect();
        }
        let namespaces = match self.scope {
            Scope::One(one) => vec![one],
            Scope::Selected(selector) => pods.selected_namespaces(selector),
        };
        let inside = namespaces.iter().flat_map(|at| &pods.namespaces[*at as usize].members).copied();
        let selector = self.pods.filter(|selector| !selector.is_empty());
        let mut found: Vec<u32> = match selector {
            None => inside.collect(),
            Some(selector) => {
                inside.filter(|at| selector.selects(&pods.workloads[*at as usize].pod.labels)).collect()
            }
        };
        found.sort_unstable();
        found
    }

    fn hash(&self) -> u64 {
        let scope = match self.scope {
            Scope::One(one) => mix(u64::from(one)),
            Scope::Selected(selector) => selector_hash(selector),
        };
        mix(scope) ^ self.pods.map_or(1, selector_hash).rotate_left(17)
    }

    fn means(&self, other: &Self) -> bool {
        let scope = match (self.scope, other.scope) {
            (Scope::One(one), Scope::One(other)) => one == other,
            (Scope::Selected(one), Scope::Selected(other)) => same(one, other),
            _ => false,
        };
        scope
            && match (self.pods, other.pods) {
                (None, None) => true,
                (Some(one), Some(other)) => same(one, other),
                _ => false,
            }
    }
}

fn selector_hash(selector: &Selector) -> u64 {
    let labels = selector.labels.iter().map(|(key, value)| hash_of(&[key, &value.value]));
    let expressions = selector.expressions.iter().map(|expression| {
        let values = expression.values.iter().map(|value| hash_of(&[value]));
        values
            .fold(hash_of(&[&expression.key.value]) ^ expression.operator as u64, |sum, next| mix(sum) ^ next)
    });
    labels.chain(expressions).fold(0, |sum, next| mix(sum.wrapping_add(next)))
}

/// Two selectors ask for the same, wherever they stand.
fn same(one: &Selector, other: &Selector) -> bool {
    let labels = one.labels.len() == other.labels.len()
        && one.labels.iter().zip(&other.labels).all(|(a, b)| a.0 == b.0 && a.1.value == b.1.value);
    labels
        && one.expressions.len() == other.expressions.len()
        && one
            .expressions
            .iter()
            .zip(&other.expressions)
            .all(|(a, b)| a.key.value == b.key.value && a.operator == b.operator && a.values == b.values)
}
