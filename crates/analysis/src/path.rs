//! Which components a journey needs, and how it comes to them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use sehat_diagnostic::Origin;
use sehat_platform::component::Component;
use sehat_platform::journey::Journey;
use sehat_platform::{Name, Platform};

/// Returns the components that must work for the journey, each with the place that says so.
///
/// They are those that the request passes through, and what these need in turn; an optional use
/// is no need. Names that lead nowhere are left out: the resolver reports them.
pub fn required(platform: &Platform, journey: &Journey) -> BTreeMap<Name, Origin> {
    let mut found: BTreeMap<Name, Origin> = BTreeMap::new();
    let stated = journey.through.iter();
    let mut open: Vec<(Name, Origin)> = stated
        .filter_map(|name| Some((name.get()?.clone(), name.origin().unwrap_or(&journey.meta.origin).clone())))
        .collect();
    while let Some((name, origin)) = open.pop() {
        let Some(component) = platform.components.get(&name) else { continue };
        if let Entry::Vacant(entry) = found.entry(name) {
            open.extend(
                direct_needs(component).into_iter().map(|(name, origin)| (name.clone(), origin.clone())),
            );
            entry.insert(origin);
        }
    }
    found
}

/// Returns only the names of [`required`].
pub fn required_names<'a>(platform: &'a Platform, journey: &'a Journey) -> BTreeSet<&'a Name> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Name> = journey.through.iter().filter_map(|name| name.get()).collect();
    while let Some(name) = open.pop() {
        let Some((name, component)) = platform.components.get_key_value(name) else { continue };
        if found.insert(name) {
            open.extend(direct_needs(component).into_iter().map(|(name, _)| name));
        }
    }
    found
}

/// Returns the names of everything that any journey needs.
pub fn required_by_any(platform: &Platform) -> BTreeSet<&Name> {
    platform.journeys.values().flat_map(|journey| required_names(platform, journey)).collect()
}

/// What one component cannot work without.
fn direct_needs(component: &Component) -> Vec<(&Name, &Origin)> {
    let mut needs = Vec::new();
    for (server, stated) in component.uses.iter().filter(|(_, stated)| stated.optional.get() != Some(&true)) {
        needs.push((server, &stated.meta.origin));
        needs.extend(stated.through.get().map(|between| (between, &stated.meta.origin)));
    }
    if let Some(storage) = &component.storage {
        needs.extend(storage.on.get().map(|below| (below, &storage.meta.origin)));
    }
    if let Some(failover) = &component.failover {
        needs.extend(failover.through.get().map(|proxy| (proxy, &failover.meta.origin)));
    }
    needs
}

/// Returns the components that stand between users or other components and `component`: the
/// balancers that route to it and the proxies through which it is used.
pub fn in_front_of<'a>(platform: &'a Platform, component: &str) -> Vec<(&'a Name, &'a Component)> {
    let uses = platform.components.values().filter_map(|client| client.uses.get(component)?.through.get());
    let carried = platform.components.get(component).and_then(|c| c.failover.as_ref()?.through.get());
    let between: BTreeSet<&Name> = uses.chain(carried).collect();
    let proxies = platform.components.iter().filter(|(name, _)| name.as_str() != component);
    proxies.filter(|(name, proxy)| between.contains(name) || routes_to(proxy, component)).collect()
}

pub fn routes_to(proxy: &Component, component: &str) -> bool {
    proxy.routes.values().any(|route| route.to.get().is_some_and(|to| to == component))
}

/// Returns the components that use `component` without anything between.
pub fn direct_clients<'a>(platform: &'a Platform, component: &str) -> Vec<(&'a Name, &'a Component)> {
    platform
        .components
        .iter()
        .filter(|(_, client)| client.uses.get(component).is_some_and(|stated| stated.through.get().is_none()))
        .collect()
}
