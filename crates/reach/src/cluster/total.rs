//! How many connections are allowed, without looking at every pair.
//!
//! Most rules mean few pods, and a few rules mean very many. Pods that the far-reaching rules cannot tell apart make a
//! class, and one question answers a pair of classes. The pairs that some narrow rule names are then asked one by one,
//! and what the classes said of them is taken back.

use std::collections::HashMap;

use sehat_platform::inventory::network::Tier;

use super::Cluster;
use super::hash::mix;
use super::judge::{Cause, Judge};
use super::pods::number;
use super::policies::{Policies, Rule, Way};
use super::sets::Set;
use super::space::meet;

/// The number of allowed (pair, port), and a digest over every pair, port range and deciding rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    pub connections: u64,
    pub digest: u64,
}

/// What one pair of pods contributes, before their names are mixed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Share {
    ports: u64,
    witness: u64,
}

/// Which pods cannot be told apart by far-reaching rules.
struct Classes {
    /// By workload.
    of: Vec<u32>,
    /// One of its workloads, their number, and the sum of their names' hashes.
    all: Vec<Class>,
}

struct Class {
    first: u32,
    size: u64,
    names: u64,
    network: u32,
}

/// Far-reaching sets, by their number among the shared ones.
struct Wide(Vec<bool>);

impl Cluster<'_> {
    /// Counts what is allowed between all pods; a pod with itself is left out.
    pub fn total(&self) -> Total {
        self.total_with(&Wide::choose(self))
    }

    /// The same sum with no set taken as far-reaching, which asks more and must give the same.
    pub fn total_of_pairs(&self) -> Total {
        self.total_with(&Wide(vec![false; self.policies.sets.shared.len()]))
    }

    fn total_with(&self, wide: &Wide) -> Total {
        let names: Vec<u64> = (0..self.pods.len()).map(|at| self.pods.name_hash(at)).collect();
        let of_way = |way| classes(self, wide, way, &names);
        let (clients, servers) = std::thread::scope(|scope| {
            let clients = scope.spawn(|| of_way(Way::Out));
            let servers = of_way(Way::In);
            (clients.join(), servers)
        });
        let clients = clients.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let base = Base::new(self, wide, &clients, &servers);
        let mut total = base.total;
        let pairs =
            Pairs { cluster: self, wide, base: &base, clients: &clients, servers: &servers, names: &names };
        for part in pairs.in_parts() {
            total.connections = total.connections.wrapping_add(part.connections);
            total.digest = total.digest.wrapping_add(part.digest);
        }
        total
    }
}

impl Wide {
    /// A set is far-reaching where asking its pairs one by one would cost more than the pods are many.
    fn choose(cluster: &Cluster<'_>) -> Self {
        let policies = &cluster.policies;
        let mut users = vec![0_u64; policies.sets.shared.len()];
        for rule in &policies.rules {
            let policy = &policies.all[rule.policy as usize];
            let governed = policies.sets.members(policy.subject).len() as u64;
            for at in policies.peers(rule).iter().filter_map(|set| set.shared) {
                users[at as usize] += governed;
            }
        }
        let limit = 2 * cluster.pods.len() as u64;
        let sizes = policies.sets.shared.iter().map(|set| policies.sets.members(*set).len() as u64);
        Self(users.iter().zip(sizes).map(|(users, size)| users * size > limit).collect())
    }

    fn has(&self, set: Set) -> bool {
        set.shared.is_some_and(|at| self.0[at as usize])
    }

    fn names(&self, policies: &Policies<'_>, rule: &Rule<'_>) -> bool {
        rule.every_peer || policies.peers(rule).iter().any(|set| self.has(*set))
    }

    fn means(&self, policies: &Policies<'_>, rule: &Rule<'_>, workload: u32) -> bool {
        let sets = || policies.peers(rule).iter().filter(|set| self.has(**set));
        rule.every_peer || sets().any(|set| policies.sets.holds(*set, workload))
    }
}

/// Pods are alike where the same far-reaching rules govern them and mean them, and names of ports mean the same.
fn classes(cluster: &Cluster<'_>, wide: &Wide, way: Way, names: &[u64]) -> Classes {
    let policies = &cluster.policies;
    let marks = marks(cluster, wide);
    let far: Vec<bool> = policies.rules.iter().map(|rule| wide.names(policies, rule)).collect();
    let names_ports = policies.rules.iter().zip(&far).any(|(rule, far)| *far && rule.names_ports);
    let mut known: HashMap<Vec<u64>, u32> = HashMap::new();
    let mut classes = Classes { of: Vec::with_capacity(names.len()), all: Vec::new() };
    let mut key: Vec<u64> = Vec::new();
    for (workload, name) in names.iter().enumerate() {
        let at = number(workload);
        key.clear();
        let mut selected = false;
        for policy in policies.governing(at, way) {
            let judged = &policies.all[*policy as usize];
            let rules = policies.rules_of(*policy, way);
            key.extend(rules.filter(|rule| far[*rule as usize]).map(u64::from));
            // Which policy denies what no rule allows is not asked, because only allowed connections are counted.
            selected |= judged.tier() == Tier::Namespace;
        }
        key.extend([u64::MAX, u64::from(selected), u64::from(cluster.pods.network_of(at))]);
        key.extend(marks[workload].iter().map(|set| u64::from(*set)));
        if names_ports && way == Way::In {
            key.extend(port_names(&cluster.pods.workloads[workload].pod));
        }
        let class = if let Some(class) = known.get(&key) {
            *class
        } else {
            let class = number(classes.all.len());
            classes.all.push(Class { first: at, size: 0, names: 0, network: cluster.pods.network_of(at) });
            known.insert(key.clone(), class);
            class
        };
        let entry = &mut classes.all[class as usize];
        entry.size += 1;
        entry.names = entry.names.wrapping_add(name_at(*name, way));
        classes.of.push(class);
    }
    classes
}

/// Which far-reaching sets hold each workload.
fn marks(cluster: &Cluster<'_>, wide: &Wide) -> Vec<Vec<u32>> {
    let mut marks = vec![Vec::new(); cluster.pods.len()];
    let sets = &cluster.policies.sets;
    for (at, set) in sets.shared.iter().enumerate().filter(|(at, _)| wide.0[*at]) {
        for workload in sets.members(*set) {
            marks[*workload as usize].push(number(at));
        }
    }
    marks
}

fn port_names(pod: &sehat_platform::inventory::workload::Pod) -> impl Iterator<Item = u64> {
    pod.ports().filter_map(|port| {
        let name = port.name.as_ref()?;
        let place = super::space::place(port.protocol, port.number)?;
        Some(super::hash::hash_of(&[name]) ^ u64::from(place))
    })
}

/// The same name counts otherwise as client and as server.
const fn name_at(name: u64, way: Way) -> u64 {
    match way {
        Way::Out => name,
        Way::In => mix(name) | 1,
    }
}

/// What far-reaching rules say between classes.
struct Base {
    /// By client class: its row, where anything may leave.
    rows: Vec<Option<u32>>,
    columns: Vec<Option<u32>>,
    width: usize,
    /// Row by row; empty where they are too many to be kept, and are asked again.
    shares: Vec<Share>,
    /// The sum over classes; of a pod with itself too, which is taken back with the pairs.
    total: Total,
}

/// More are not kept, because they would take more memory than the files.
const SHARES_MAX: usize = 1 << 22;

impl Base {
    fn new(cluster: &Cluster<'_>, wide: &Wide, clients: &Classes, servers: &Classes) -> Self {
        let mut asker = Asker::new(cluster);
        let rows = live(&mut asker, wide, clients, Way::Out);
        let columns = live(&mut asker, wide, servers, Way::In);
        let width = columns.iter().flatten().count();
        let keeps = rows.iter().flatten().count().saturating_mul(width) <= SHARES_MAX;
        let mut base = Self { rows, columns, width, shares: Vec::new(), total: Total::default() };
        for (client, _) in clients.all.iter().zip(&base.rows).filter(|(_, row)| row.is_some()) {
            for (server, _) in servers.all.iter().zip(&base.columns).filter(|(_, column)| column.is_some()) {
                let share = asker.base(wide, client, server);
                base.total.add(
                    share,
                    client.size.wrapping_mul(server.size),
                    client.names.wrapping_mul(server.names),
                );
                if keeps {
                    base.shares.push(share);
                }
            }
        }
        base
    }

    /// Returns what was summed for a pair of these classes.
    fn share(
        &self,
        asker: &mut Asker<'_, '_>,
        wide: &Wide,
        client: (u32, &Class),
        server: (u32, &Class),
    ) -> Share {
        match (self.rows[client.0 as usize], self.columns[server.0 as usize]) {
            (Some(row), Some(column)) => {
                let kept = self.shares.get(row as usize * self.width + column as usize);
                kept.copied().unwrap_or_else(|| asker.base(wide, client.1, server.1))
            }
            _ => Share::default(),
        }
    }
}

/// Numbers the classes that far-reaching rules, or the lack of rules, let do anything.
fn live(asker: &mut Asker<'_, '_>, wide: &Wide, classes: &Classes, way: Way) -> Vec<Option<u32>> {
    let mut next = 0..;
    let alive = classes.all.iter().map(|class| asker.may_pass(wide, class.first, way));
    alive.map(|alive| if alive { next.next() } else { None }).collect()
}

impl Total {
    fn add(&mut self, share: Share, pairs: u64, names: u64) {
        self.connections = self.connections.wrapping_add(share.ports.wrapping_mul(pairs));
        self.digest = self.digest.wrapping_add(names.wrapping_mul(share.witness));
    }

    fn take(&mut self, share: Share, names: u64) {
        self.connections = self.connections.wrapping_sub(share.ports);
        self.digest = self.digest.wrapping_sub(names.wrapping_mul(share.witness));
    }
}

/// Asks about one pair after the other.
struct Asker<'c, 'a> {
    cluster: &'c Cluster<'a>,
    out: Judge,
    into: Judge,
}

impl<'c, 'a> Asker<'c, 'a> {
    fn new(cluster: &'c Cluster<'a>) -> Self {
        Self { cluster, out: Judge::default(), into: Judge::default() }
    }

    /// Returns whether any far-reaching rule, or the lack of one, lets anything pass.
    fn may_pass(&mut self, wide: &Wide, workload: u32, way: Way) -> bool {
        let policies = &self.cluster.policies;
        self.out.ask(policies, (policies.governing(workload, way), way), None, |_, _| false);
        let open = self.out.said.iter().any(|said| said.allowed);
        let mut rules = policies.governing(workload, way).iter().flat_map(|at| policies.rules_of(*at, way));
        open || rules.any(|rule| wide.names(policies, &policies.rules[rule as usize]))
    }

    /// Asks far-reaching rules alone.
    fn base(&mut self, wide: &Wide, client: &Class, server: &Class) -> Share {
        if client.network != server.network {
            return Share::default();
        }
        let policies = &self.cluster.policies;
        self.ask(client.first, server.first, |rule, workload| wide.means(policies, rule, workload))
    }

    fn ask(&mut self, client: u32, server: u32, means: impl Fn(&Rule<'a>, u32) -> bool) -> Share {
        let policies = &self.cluster.policies;
        let pod = Some(&self.cluster.pods.workloads[server as usize].pod);
        self.out.ask(policies, (policies.governing(client, Way::Out), Way::Out), pod, |_, rule| {
            means(rule, server)
        });
        if !self.out.said.iter().any(|said| said.allowed) {
            return Share::default();
        }
        self.into.ask(policies, (policies.governing(server, Way::In), Way::In), pod, |_, rule| {
            means(rule, client)
        });
        self.common()
    }

    /// What both ends allow.
    fn common(&self) -> Share {
        let mut share = Share::default();
        for out in self.out.said.iter().filter(|said| said.allowed) {
            for into in self.into.said.iter().filter(|said| said.allowed) {
                let Some(both) = meet(out.span, into.span) else { continue };
                share.ports += u64::from(both.1 - both.0) + 1;
                let span = mix((u64::from(both.0) << 32) | u64::from(both.1));
                let causes = self.number(out.cause).rotate_left(7) ^ self.number(into.cause);
                share.witness = share.witness.wrapping_add(mix(span ^ causes));
            }
        }
        share
    }

    fn number(&self, cause: Cause) -> u64 {
        match cause {
            Cause::Rule(rule) => self.cluster.policies.rules[rule as usize].hash,
            Cause::NoRule(policy) => self.cluster.policies.all[policy as usize].hash,
            Cause::Open => 0,
        }
    }
}

/// The pairs that narrow rules name, and each pod with itself.
struct Pairs<'c, 'a> {
    cluster: &'c Cluster<'a>,
    wide: &'c Wide,
    base: &'c Base,
    clients: &'c Classes,
    servers: &'c Classes,
    names: &'c [u64],
}

/// Below this many workloads a second core does not pay.
const CHUNK_MIN: usize = 1024;

impl Pairs<'_, '_> {
    fn in_parts(&self) -> Vec<Total> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from).min(8);
        let count = self.names.len();
        let chunk = count.div_ceil(cores).max(CHUNK_MIN);
        let starts: Vec<usize> = (0..count).step_by(chunk).collect();
        std::thread::scope(|scope| {
            let parts: Vec<_> = starts
                .iter()
                .skip(1)
                .map(|start| scope.spawn(move || self.part(*start..(*start + chunk).min(count))))
                .collect();
            let mut totals = vec![self.part(0..chunk.min(count))];
            for part in parts {
                totals.push(part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            totals
        })
    }

    /// Corrects the pairs whose client, or whose server if no rule of the client names it, is in the range.
    fn part(&self, range: std::ops::Range<usize>) -> Total {
        let mut total = Total::default();
        let mut asker = Asker::new(self.cluster);
        // Which workload was last to meet another one, so that a pair that two rules name is asked once.
        let mut met = vec![u32::MAX; self.names.len()];
        for at in range.clone().map(number) {
            self.take_back(&mut total, &mut asker, at, at);
            met[at as usize] = at;
            self.narrow(at, Way::Out, |server| {
                if std::mem::replace(&mut met[server as usize], at) != at {
                    self.correct(&mut total, &mut asker, at, server);
                }
            });
        }
        met.fill(u32::MAX);
        for at in range.map(number) {
            met[at as usize] = at;
            self.narrow(at, Way::In, |client| {
                if std::mem::replace(&mut met[client as usize], at) != at && !self.names_narrowly(client, at)
                {
                    self.correct(&mut total, &mut asker, client, at);
                }
            });
        }
        total
    }

    /// Calls with every workload that a narrow set of the rules of `at` holds.
    fn narrow(&self, at: u32, way: Way, mut call: impl FnMut(u32)) {
        let policies = &self.cluster.policies;
        for policy in policies.governing(at, way) {
            for rule in policies.rules_of(*policy, way) {
                let rule = &policies.rules[rule as usize];
                for set in policies.peers(rule).iter().filter(|set| !self.wide.has(**set)) {
                    policies.sets.members(*set).iter().for_each(|other| call(*other));
                }
            }
        }
    }

    /// Returns whether a narrow rule of the client names the server, so that the client's turn asks the pair.
    fn names_narrowly(&self, client: u32, server: u32) -> bool {
        let policies = &self.cluster.policies;
        let mut rules =
            policies.governing(client, Way::Out).iter().flat_map(|at| policies.rules_of(*at, Way::Out));
        rules.any(|rule| {
            let mut peers = policies.peers(&policies.rules[rule as usize]).iter();
            peers.any(|set| !self.wide.has(*set) && policies.sets.holds(*set, server))
        })
    }

    fn correct(&self, total: &mut Total, asker: &mut Asker<'_, '_>, client: u32, server: u32) {
        self.take_back(total, asker, client, server);
        if self.cluster.pods.network_of(client) != self.cluster.pods.network_of(server) {
            return;
        }
        let policies = &self.cluster.policies;
        let share = asker.ask(client, server, |rule, workload| policies.means(rule, workload));
        total.add(share, 1, self.both_names(client, server));
    }

    fn take_back(&self, total: &mut Total, asker: &mut Asker<'_, '_>, client: u32, server: u32) {
        let class = |classes: &'_ Classes, at: u32| classes.of[at as usize];
        let (from, to) = (class(self.clients, client), class(self.servers, server));
        let ends = ((from, &self.clients.all[from as usize]), (to, &self.servers.all[to as usize]));
        let share = self.base.share(asker, self.wide, ends.0, ends.1);
        total.take(share, self.both_names(client, server));
    }

    fn both_names(&self, client: u32, server: u32) -> u64 {
        let name = |at: u32, way| name_at(self.names[at as usize], way);
        name(client, Way::Out).wrapping_mul(name(server, Way::In))
    }
}
