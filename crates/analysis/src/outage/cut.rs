//! A segment that is cut off from the others, and what follows when it is joined again.

use std::collections::BTreeSet;

use sehat_platform::{Name, Platform};

use super::Observation;
use super::bound::Bound;
use super::detect::{check_of, checks_actively};
use super::takeover;
use super::timers::Timers;

/// Returns nothing where no request of the journey crosses the border of the segment.
pub fn of_segment(
    platform: &Platform,
    required: &BTreeSet<&Name>,
    segment: &str,
    observation: &Observation,
) -> Option<Bound> {
    let cut = match observation.held_ms {
        Some(held) => Bound::of(held, "the cut lasts"),
        None => Bound::unknown("how long the segment is cut off"),
    };
    after(platform, required, segment, observation).map(|after| cut.then(after))
}

/// What passes from the end of the cut until requests go through again.
pub fn after(
    platform: &Platform,
    required: &BTreeSet<&Name>,
    segment: &str,
    observation: &Observation,
) -> Option<Bound> {
    let inside = |name: &Name| {
        let component = platform.components.get(name);
        component.is_some_and(|component| component.segment.get().is_some_and(|stated| stated == segment))
    };
    required.iter().find(|name| inside(name))?;
    let seen = required.iter().flat_map(|proxy| required.iter().map(move |server| (proxy, server)));
    let back = seen
        .filter(|(proxy, server)| inside(proxy) != inside(server))
        .filter_map(|(proxy, server)| readmitted(platform, proxy, server))
        .fold(Bound::none(), Bound::or_longer);
    Some(back.then(callers(platform, required, &inside, observation)))
}

/// The time until a proxy that saw its servers vanish sends requests to them again.
fn readmitted(platform: &Platform, proxy: &str, server: &str) -> Option<Bound> {
    let component = platform.components.get(proxy)?;
    let routed = component.routes.values().any(|route| route.to.get().is_some_and(|to| to == server));
    if !routed {
        return None;
    }
    let product = component.product.get().map_or("", String::as_str);
    let timers = Timers { name: proxy, component, product };
    match check_of(component, server) {
        Some(check) if checks_actively(component, check) => Some(match timers.check(check) {
            Some(numbers) => numbers.up(),
            None => Bound::unknown(format!("how often `{proxy}` checks `{server}`")),
        }),
        _ => Some(timers.ms("fail-timeout")),
    }
}

/// Clients that hang in an answer that will not come return at their own limit.
fn callers(
    platform: &Platform,
    required: &BTreeSet<&Name>,
    inside: &impl Fn(&Name) -> bool,
    observation: &Observation,
) -> Bound {
    let components = required.iter().filter_map(|name| platform.components.get_key_value(*name));
    let uses = components.flat_map(|(client, component)| {
        component.uses.iter().map(move |(server, stated)| (client, server, stated))
    });
    uses.filter(|(client, server, _)| inside(server) != inside(client))
        .filter_map(|(client, server, stated)| takeover::hang(client, server, stated, observation))
        .fold(Bound::none(), Bound::or_longer)
}
