//! How those in front of a component notice that a member of it is gone.

use sehat_catalog::{self as catalog, Feature};
use sehat_platform::component::{Component, HealthCheck, Route};
use sehat_platform::{Name, Platform};

use super::Observation;
use super::bound::Bound;
use super::timers::Timers;
use crate::path;

/// What happened to the member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The process ended: its machine refuses connections at once.
    Process,
    /// Nothing answers, not even a refusal.
    Silent,
}

/// What it takes until requests go to the survivors. Active detection begins with the loss;
/// passive detection only when requests come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pause {
    pub active: Bound,
    pub passive: Bound,
}

impl Pause {
    pub fn none() -> Self {
        Self { active: Bound::none(), passive: Bound::none() }
    }

    pub fn active(active: Bound) -> Self {
        Self { active, passive: Bound::none() }
    }

    pub fn passive(passive: Bound) -> Self {
        Self { active: Bound::none(), passive }
    }

    /// Active detections run side by side; passive ones meet the same request one after the other.
    pub fn and(self, other: Self) -> Self {
        Self { active: self.active.or_longer(other.active), passive: self.passive.then(other.passive) }
    }

    pub fn bound(self) -> Bound {
        self.active.then(self.passive)
    }
}

/// Returns the pause until everything in front of `component` leaves out the lost member.
pub fn by_those_in_front(
    platform: &Platform,
    component: &str,
    loss: Loss,
    observation: &Observation,
) -> Option<Pause> {
    path::in_front_of(platform, component)
        .into_iter()
        .map(|(name, proxy)| by_proxy(name, proxy, component, loss, observation))
        .reduce(Pause::and)
}

fn by_proxy(name: &Name, proxy: &Component, component: &str, loss: Loss, observation: &Observation) -> Pause {
    let product = proxy.product.get().map_or("", String::as_str);
    let timers = Timers { name, component: proxy, product };
    match check_of(proxy, component) {
        Some(check) if checks_actively(proxy, check) => match timers.check(check) {
            Some(numbers) => Pause::active(numbers.down()),
            None => Pause::active(Bound::unknown(format!("how often `{name}` checks `{component}`"))),
        },
        None if supports(proxy, Feature::PassiveHealthChecks) == Some(false)
            || timers.value("max-fails").is_none() =>
        {
            Pause::active(Bound::unknown(format!(
                "how `{name}` notices that a member of `{component}` is gone"
            )))
        }
        _ => Pause::passive(passive(&timers, component, loss, observation)),
    }
}

pub fn check_of<'a>(proxy: &'a Component, component: &str) -> Option<&'a HealthCheck> {
    routes_to(proxy, component).find_map(|route| route.check.as_ref())
}

fn routes_to<'a>(proxy: &'a Component, component: &str) -> impl Iterator<Item = &'a Route> {
    proxy.routes.values().filter(move |route| route.to.get().is_some_and(|to| to == component))
}

/// A check is made as it is stated, else in the best way that the product has.
pub fn checks_actively(proxy: &Component, check: &HealthCheck) -> bool {
    check.active.copied().unwrap_or_else(|| supports(proxy, Feature::ActiveHealthChecks) != Some(false))
}

fn supports(proxy: &Component, feature: Feature) -> Option<bool> {
    let version = proxy.version.get().map(String::as_str);
    catalog::balancer(proxy.product.get()?)?.supports(feature, version)
}

/// A refused connection is passed on at once. A silent one costs the connection timeout; only where
/// that is shorter than the client's patience does the request reach another member in time, and
/// only then does the proxy learn of the loss, because a client that leaves first counts as no failure.
fn passive(timers: &Timers<'_>, component: &str, loss: Loss, observation: &Observation) -> Bound {
    if loss == Loss::Process {
        return Bound::because(
            0,
            format!("`{}` passes refused requests to another member of `{component}`", timers.name),
        );
    }
    let Some(connect) = timers.value("connect-timeout") else {
        return Bound::unknown(format!("`timers.connect-timeout` of `{}`", timers.name));
    };
    if connect.number < observation.request_timeout_ms {
        return Bound::because(connect.number, connect.reason);
    }
    let reason = format!(
        "{}: longer than a request waits, so requests fail as long as the member is away",
        connect.reason
    );
    match observation.held_ms {
        Some(held) => Bound::because(held, reason),
        None => Bound {
            because: vec![reason],
            ..Bound::unknown(format!(
                "`timers.connect-timeout` of `{}` below {} ms",
                timers.name, observation.request_timeout_ms
            ))
        },
    }
}
