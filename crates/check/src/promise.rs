//! Which promises ask for survival, and where they stand.

use sehat_diagnostic::Origin;
use sehat_platform::journey::Journey;
use sehat_platform::objective::{Availability, DurationObjective};
use sehat_platform::{Name, Platform};
use sehat_verdict::Severity;

use crate::Context;

/// Returns the availability that holds for a journey: its own, else the platform's.
pub fn availability<'a>(platform: &'a Platform, journey: &'a Journey) -> Option<&'a Availability> {
    journey.objectives.availability.as_ref().or(platform.objectives.availability.as_ref())
}

/// Returns the longest promised outage of a single failure that holds for a journey.
pub fn failover<'a>(platform: &'a Platform, journey: &'a Journey) -> Option<&'a DurationObjective> {
    journey.objectives.failover.as_ref().or(platform.objectives.failover.as_ref())
}

/// Returns whether failures must be survived in this environment.
///
/// That is so where an availability or a failover is promised. A document that promises neither
/// anywhere is taken at its most serious environment: production, or all where none is named so.
pub fn asks_for_survival(context: &Context<'_>) -> bool {
    if context.environments.iter().any(promises_survival) {
        return promises_survival(context.platform);
    }
    let is_production = |platform: &Platform| platform.environment.as_deref() == Some("production");
    is_production(context.platform) || !context.environments.iter().any(is_production)
}

fn promises_survival(platform: &Platform) -> bool {
    platform.journeys.values().any(|journey| {
        availability(platform, journey).is_some_and(|promise| promise.at_least.get().is_some())
            || failover(platform, journey).is_some_and(|promise| promise.at_most.get().is_some())
    })
}

/// Returns where survival is promised for a journey.
pub fn origin<'a>(platform: &'a Platform, journey: &'a Journey) -> Option<&'a Origin> {
    let share = availability(platform, journey).and_then(|promise| promise.at_least.origin());
    share.or_else(|| failover(platform, journey).and_then(|promise| promise.at_most.origin()))
}

/// A fault that ends every journey is worse than one that ends some.
pub fn severity(platform: &Platform, ended: &[&Name]) -> Severity {
    if ended.len() == platform.journeys.len() { Severity::Critical } else { Severity::High }
}
