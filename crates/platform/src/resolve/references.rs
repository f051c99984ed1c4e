//! Every name that an entry mentions must be one that the document has.

use std::collections::BTreeSet;

use sehat_diagnostic::Diagnostic;

use crate::filter::Peer;
use crate::{Draft, Fact, Name};

/// Names that may be mentioned, by what they are.
struct Known<'a> {
    components: BTreeSet<&'a str>,
    segments: BTreeSet<&'a str>,
    places: BTreeSet<&'a str>,
    data: BTreeSet<&'a str>,
    secrets: BTreeSet<&'a str>,
}

pub fn check(draft: &Draft) -> Vec<Diagnostic> {
    let known = known(draft);
    let mut found = Vec::new();
    components(draft, &known, &mut found);
    others(draft, &known, &mut found);
    found
}

fn known(draft: &Draft) -> Known<'_> {
    let mut places: BTreeSet<&str> =
        draft.sites.keys().chain(draft.pools.keys()).map(String::as_str).collect();
    for site in draft.sites.values() {
        for (name, zone) in &site.zones {
            places.insert(name);
            places.extend(zone.nodes.keys().map(String::as_str));
        }
    }
    Known {
        components: draft.components.keys().map(String::as_str).collect(),
        segments: draft.segments.keys().map(String::as_str).collect(),
        places,
        data: draft.data.keys().map(String::as_str).collect(),
        secrets: draft.secrets.keys().map(String::as_str).collect(),
    }
}

fn components(draft: &Draft, known: &Known<'_>, found: &mut Vec<Diagnostic>) {
    for component in draft.components.values() {
        one(&component.segment, "segment", &known.segments, found);
        many(&component.on, "site, zone, node or pool", &known.places, found);
        one(&component.beside, "component", &known.components, found);
        one(&component.part_of, "component", &known.components, found);
        one(&component.cluster, "component", &known.components, found);
        many(&component.holds, "data class", &known.data, found);
        many(&component.scrapes, "component", &known.components, found);
        many(&component.collects, "component", &known.components, found);
        for (name, uses) in &component.uses {
            let target = Fact::stated(name.clone(), uses.meta.origin.clone());
            one(&target, "component", &known.components, found);
            one(&uses.through, "component", &known.components, found);
            one(&uses.secret, "secret", &known.secrets, found);
            listener(draft, name, &uses.listener, found);
        }
        for route in component.routes.values() {
            one(&route.to, "component", &known.components, found);
            if let Some(target) = route.to.get() {
                listener(draft, target, &route.listener, found);
            }
        }
        if let Some(backup) = &component.backup {
            let copies = [&backup.full, &backup.incremental, &backup.snapshot, &backup.archive];
            many(&backup.to, "component", &known.components, found);
            copies
                .into_iter()
                .flatten()
                .for_each(|copy| many(&copy.to, "component", &known.components, found));
            backup.log.iter().for_each(|log| many(&log.to, "component", &known.components, found));
        }
        if let Some(failover) = &component.failover {
            one(&failover.through, "component", &known.components, found);
        }
    }
}

fn others(draft: &Draft, known: &Known<'_>, found: &mut Vec<Diagnostic>) {
    let parties: BTreeSet<&str> = known.components.union(&known.segments).copied().collect();
    for class in draft.data.values() {
        many(&class.archive, "component", &known.components, found);
    }
    for journey in draft.journeys.values() {
        many(&journey.through, "component", &known.components, found);
    }
    for filter in draft.filters.values() {
        many(&filter.on, "component or segment", &parties, found);
        for opening in filter.ingress.iter().chain(&filter.egress) {
            for peer in &opening.peers {
                if let (Some(Peer::Named(name)), Some(origin)) = (peer.get(), peer.origin()) {
                    one(&Fact::stated(name.clone(), origin.clone()), "component or segment", &parties, found);
                }
            }
        }
    }
    for segment in draft.segments.values() {
        one(&segment.within, "segment", &known.segments, found);
        many(&segment.zones, "zone", &known.places, found);
    }
    for secret in draft.secrets.values() {
        many(&secret.for_, "component", &known.components, found);
        one(&secret.from, "component", &known.components, found);
    }
    for access in draft.access.values() {
        many(&access.through, "component", &known.components, found);
        many(&access.to, "component or segment", &parties, found);
    }
    many(&draft.alerts.by, "component", &known.components, found);
    for pool in draft.pools.values() {
        one(&pool.segment, "segment", &known.segments, found);
        many(&pool.zones, "zone", &known.places, found);
        many(&pool.workers, "component", &known.components, found);
    }
}

fn listener(draft: &Draft, component: &str, name: &Fact<Name>, found: &mut Vec<Diagnostic>) {
    if let Some(target) = draft.components.get(component) {
        let listeners: BTreeSet<&str> = target.listens.keys().map(String::as_str).collect();
        one(name, "listener", &listeners, found);
    }
}

fn many(names: &[Fact<Name>], what: &str, known: &BTreeSet<&str>, found: &mut Vec<Diagnostic>) {
    for name in names {
        one(name, what, known, found);
    }
}

/// Nobody reads so many errors.
const HELPED_MAX: usize = 1000;

fn one(name: &Fact<Name>, what: &str, known: &BTreeSet<&str>, found: &mut Vec<Diagnostic>) {
    let (Some(value), Some(origin)) = (name.get(), name.origin()) else { return };
    if known.contains(value.as_str()) {
        return;
    }
    // Each search looks at all names, so that a document of nothing but errors would take minutes.
    let near =
        if found.len() < HELPED_MAX { sehat_diagnostic::nearest(value, known.iter().copied()) } else { None };
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("the document names no {what} yet: add one"),
        None => format!("known here: {}", some_of(known)),
    };
    found.push(
        Diagnostic::error("unknown-name", format!("there is no {what} `{value}`"))
            .at(origin, "named here")
            .help(help),
    );
}

fn some_of(known: &BTreeSet<&str>) -> String {
    let shown: Vec<String> = known.iter().take(8).map(|name| format!("`{name}`")).collect();
    format!("{}{}", shown.join(", "), if known.len() > 8 { ", …" } else { "" })
}
