//! Proves that each redundant component on a journey has somebody who sees a loss and something
//! that carries requests past it.
//!
//! Three cases need one. A component that users reach first and that has several instances: an
//! address must move between them (keepalived), or something must stand in front. A store with one
//! writer whose product promotes nobody by itself: a manager must. A store whose clients follow a
//! member only through a proxy: a proxy must be declared.
//!
//! Who acts by itself, and how clients follow, is the catalog's knowledge of product and topology.
//! Managed components are the provider's matter, and in a Kubernetes cluster a Service leads past
//! lost pods. Judged where an availability or a failover is promised; in a document that promises
//! neither, in production.
//!
//! Unknown: several members of a store without a stated topology; several instances of a service
//! that others use with nothing between.
//!
//! Source: RFC 5798 for moving addresses; the products' manuals, as the catalog's `topology/`
//! entries cite them.

mod prose;

use std::collections::BTreeMap;

use sehat_analysis::{names, one_or_many, path, survival};
use sehat_catalog::{self as catalog, Cited};
use sehat_diagnostic::Origin;
use sehat_platform::component::{Component, Kind, Topology};
use sehat_platform::{Name, Platform};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule, promise};

const NAME: &str = "failover-actor-named";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Each failover names the mechanism that detects the loss and moves the role, the address or the clients.",
    severity: Severity::High,
    hygiene: false,
    source: "RFC 5798; catalog topology entries",
    file: include_str!("failover_actor_named.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

fn judge(context: &Context<'_>) -> Outcome {
    let platform = context.platform;
    if !promise::asks_for_survival(context) {
        return Outcome::default();
    }
    let mut needed: BTreeMap<Name, Origin> = BTreeMap::new();
    for journey in platform.journeys.values() {
        for (name, origin) in path::required(platform, journey) {
            needed.entry(name).or_insert(origin);
        }
    }
    let redundant = needed.iter().filter(|(name, _)| platform.instances_of(name).count() > 1);
    redundant
        .filter_map(|(name, origin)| judge_component(platform, name, &needed, origin))
        .collect::<Vec<_>>()
        .into()
}

fn judge_component(
    platform: &Platform,
    name: &Name,
    needed: &BTreeMap<Name, Origin>,
    origin: &Origin,
) -> Option<Finding> {
    let component = platform.components.get(name)?;
    if component.cluster.get().is_some()
        || component.namespace.get().is_some()
        || component.beside.get().is_some()
    {
        return None;
    }
    let finding = if component.kind.get().is_some_and(|kind| kind.stores()) {
        unpromoted(name, component).or_else(|| unfollowed(platform, name, component))
    } else if is_entry(platform, name) {
        unmoved(platform, name, component)
    } else {
        undirected(platform, name, component, needed)
    };
    finding.map(|finding| finding.at(origin, "needed here"))
}

/// Users meet it first, and nothing that the document knows stands before it.
fn is_entry(platform: &Platform, name: &str) -> bool {
    let first = platform.journeys.values().filter_map(|journey| journey.through.first()?.get());
    first.into_iter().any(|first| first == name) && path::in_front_of(platform, name).is_empty()
}

fn unmoved(platform: &Platform, name: &Name, component: &Component) -> Option<Finding> {
    let failover = component.failover.as_ref();
    let moves = failover.is_some_and(|failover| {
        let named = failover.by.get().is_some()
            || failover.address.get().is_some()
            || failover.through.get().is_some();
        named && failover.automatic.get() != Some(&false)
    });
    if moves {
        return None;
    }
    let count = platform.instances_of(name).count();
    Some(
        Finding::broken(NAME, Severity::High, name)
            .says(format!(
                "`{name}` has {count} instances, and nothing moves the users' address when one dies"
            ))
            .witness(format!("users whose address leads to the dead one of {count} get no answer"))
            .repair("state `failover: { by: keepalived, address: ... }`, or put a managed balancer in front")
            .at(failover.map(|failover| &failover.meta.origin), "names nobody who acts by itself")
            .at(component.replicas.origin().unwrap_or(&component.meta.origin), "several instances here"),
    )
}

/// One writer, and no product or manager that makes another.
fn unpromoted(name: &Name, component: &Component) -> Option<Finding> {
    let Some(topology) = component.topology.get() else { return Some(no_topology(name, component)) };
    let failover = component.failover.as_ref();
    let by_person = failover.is_some_and(|failover| failover.automatic.get() == Some(&false));
    let named = failover.is_some_and(|failover| failover.by.get().is_some()) && !by_person;
    let row = survival::topology_entry(component);
    let alone = row.map_or(*topology == Topology::PrimaryReplica, |row| {
        row.actor == catalog::Actor::Nobody && row.writers == "one"
    });
    if !alone || named {
        return None;
    }
    let place = failover.map(|failover| &failover.meta.origin).or_else(|| component.topology.origin());
    Some(
        Finding::broken(NAME, Severity::High, name)
            .says(format!("nothing makes a replica of `{name}` the writer when the writer dies"))
            .witness(row.map_or_else(String::new, |row| {
                format!("catalog {}: {}", row.id(), row.note.unwrap_or("no failover of its own"))
            }))
            .repair(
                "name the manager in `failover: { by: ... }`, or take a topology that fails over by itself",
            )
            .at(place.unwrap_or(&component.meta.origin), "stated here"),
    )
}

fn no_topology(name: &Name, component: &Component) -> Finding {
    Finding::unknown(NAME, Severity::Medium, name)
        .says(format!("nothing says how the members of `{name}` relate, so it is unknown who takes over"))
        .witness("`topology` is missing")
        .repair("state `topology`")
        .at(component.replicas.origin().unwrap_or(&component.meta.origin), "several members here")
}

/// Clients follow a member only through a proxy, and none is declared.
fn unfollowed(platform: &Platform, name: &Name, component: &Component) -> Option<Finding> {
    let row = survival::topology_entry(component)?;
    let failover = component.failover.as_ref();
    let carried =
        failover.is_some_and(|failover| failover.through.get().is_some() || failover.address.get().is_some());
    let needs_proxy = matches!(row.follower, catalog::Follower::Proxy | catalog::Follower::Nothing);
    if !needs_proxy || carried {
        return None;
    }
    let clients: Vec<(&Name, &Component)> = path::direct_clients(platform, name);
    let (_, first) = clients.first()?;
    Some(
        Finding::broken(NAME, Severity::High, name)
            .says(format!(
                "{} {} `{name}` directly, and nothing leads them past a lost member",
                names(clients.iter().map(|(name, _)| name.as_str())),
                one_or_many(clients.len(), "uses", "use")
            ))
            .witness(format!(
                "catalog {}: clients follow {}",
                row.id(),
                if row.follower == catalog::Follower::Proxy { "through a proxy" } else { "nobody" }
            ))
            .repair(format!("put a proxy in front and state `uses: {{ {name}: {{ through: ... }} }}`"))
            .at(&first.uses[name].meta.origin, "used directly here")
            .at(component.topology.origin(), "topology stated here"),
    )
}

/// Services that others call by one address.
fn undirected(
    platform: &Platform,
    name: &Name,
    component: &Component,
    needed: &BTreeMap<Name, Origin>,
) -> Option<Finding> {
    let called = !matches!(component.kind.get(), Some(Kind::Worker | Kind::Job));
    let mut clients = path::direct_clients(platform, name);
    clients.retain(|(client, _)| needed.contains_key(*client));
    let (_, first) = clients.first().filter(|_| called && component.failover.is_none())?;
    Some(
        Finding::unknown(NAME, Severity::Medium, name)
            .says(format!(
                "nothing says what leads {} past a lost instance of `{name}`",
                names(clients.iter().map(|(name, _)| name.as_str()))
            ))
            .witness("neither a balancer nor a mechanism of the clients is stated")
            .repair(format!("state `through` of the use, or a balancer's route to `{name}`, or `failover`"))
            .at(&first.uses[name].meta.origin, "used directly here"),
    )
}
