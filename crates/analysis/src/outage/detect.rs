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

/// A loss on a platform, as it is observed.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub platform: &'a Platform,
    pub loss: Loss,
    pub observation: &'a Observation,
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
pub fn by_those_in_front(scene: Scene<'_>, component: &str) -> Option<Pause> {
    path::in_front_of(scene.platform, component)
        .into_iter()
        .map(|(name, proxy)| by_proxy(scene, name, proxy, component))
        .reduce(Pause::and)
}

fn by_proxy(scene: Scene<'_>, name: &Name, proxy: &Component, component: &str) -> Pause {
    let product = proxy.product.get().map_or("", String::as_str);
    let timers = Timers { name, component: proxy, product };
    match check_of(proxy, component) {
        Some(check) if checks_actively(proxy, check) => {
            Pause::active(actively(scene, &timers, check, component))
        }
        None if supports(proxy, Feature::PassiveHealthChecks) == Some(false)
            || timers.value("max-fails").is_none() =>
        {
            Pause::active(Bound::unknown(format!(
                "how `{name}` notices that a member of `{component}` is gone"
            )))
        }
        _ => Pause::passive(passively(scene, &timers, component)),
    }
}

fn actively(scene: Scene<'_>, timers: &Timers<'_>, check: &HealthCheck, component: &str) -> Bound {
    match timers.check(check) {
        Some(numbers) => {
            numbers.down(scene.loss == Loss::Process).or_shorter(retried(scene, timers, component))
        }
        None => Bound::unknown(format!("how often `{}` checks `{component}`", timers.name)),
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

/// The last of the retries goes to another member, the others wait for the
/// connection timeout or a second, whichever is shorter (`option redispatch`). What comes in time, the client does not notice.
fn retried(scene: Scene<'_>, timers: &Timers<'_>, component: &str) -> Option<Bound> {
    let stated = |route: &Route| route.retries.as_ref()?.attempts.get()?.max;
    let retries = routes_to(timers.component, component)
        .find_map(stated)
        .or_else(|| timers.value("retries").map(|value| value.number))?;
    let connect = timers.value("connect-timeout")?.number;
    let pause = match scene.loss {
        Loss::Process => retries.saturating_sub(1) * connect.min(RETRY_PAUSE_MS),
        Loss::Silent => retries * connect,
    };
    let reason = format!(
        "`{}` asks another member of `{component}` after {pause} ms ({retries} retries)",
        timers.name
    );
    let in_time = pause + ANSWER_MS_MAX <= scene.observation.request_timeout_ms;
    (retries > 0 && in_time).then(|| Bound::because(pause, reason))
}

/// What is left of a client's patience after a retry must suffice for the answer itself.
const ANSWER_MS_MAX: u64 = 400;

/// HAProxy manual, `retries`: a second between tries, or the connection timeout where it is shorter.
const RETRY_PAUSE_MS: u64 = 1_000;

/// A refused connection is passed on at once. A silent one costs the connection timeout; only where
/// that is shorter than the client's patience does the request reach another member in time, and
/// only then does the proxy learn of the loss, because a client that leaves first counts as no failure.
fn passively(scene: Scene<'_>, timers: &Timers<'_>, component: &str) -> Bound {
    let name = timers.name;
    if scene.loss == Loss::Process {
        return Bound::because(
            0,
            format!("`{name}` passes refused requests to another member of `{component}`"),
        );
    }
    let Some(connect) = timers.value("connect-timeout") else {
        return Bound::unknown(format!("`timers.connect-timeout` of `{name}`"));
    };
    let patience = scene.observation.request_timeout_ms;
    if connect.number < patience {
        return Bound::because(connect.number, connect.reason);
    }
    let reason =
        format!("{}: requests wait no longer, so they fail while the member is away", connect.reason);
    let missing = format!("`timers.connect-timeout` of `{name}` below {patience} ms");
    match scene.observation.held_ms {
        Some(held) => Bound::because(held, reason),
        None => Bound { because: vec![reason], ..Bound::unknown(missing) },
    }
}
