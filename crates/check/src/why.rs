//! Which parts cost a journey its availability, and what is the smallest change that keeps the promise.

use sehat_analysis::availability::{self, Contribution, Interval};
use sehat_analysis::survival;
use sehat_platform::journey::Journey;
use sehat_platform::{Draft, Duration, Fact, Name, Platform, Range, Share, resolve};

use crate::promise;
use crate::rules::availability::slo_composition::{WINDOW_DEFAULT, losses, pauses};

/// The reasons behind one promised availability.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    pub environment: Option<Name>,
    pub journey: Name,
    pub promised: Share,
    pub window: Duration,
    pub predicted: Interval,
    /// The dearest first.
    pub contributions: Vec<Contribution>,
    pub repair: Repair,
}

/// The smallest change of one number of instances.
#[derive(Clone, Debug, PartialEq)]
pub enum Repair {
    /// Even the low end keeps the promise.
    Kept,
    /// This many more instances of a component keep it.
    More { component: Name, instances: u64, low: f64 },
    /// No single component's number does; this one helps most.
    NotAlone { component: Option<Name>, low: f64 },
}

/// More than this many further instances are no small change.
const MORE_MAX: u64 = 3;

/// Returns the reasons for every journey with a promised availability.
pub fn why(environments: &[Platform]) -> Vec<Why> {
    environments
        .iter()
        .flat_map(|platform| platform.journeys.iter().filter_map(move |entry| of_journey(platform, entry)))
        .collect()
}

fn of_journey(platform: &Platform, (name, journey): (&Name, &Journey)) -> Option<Why> {
    let objective = promise::availability(platform, journey)?;
    let promised = objective.at_least.copied()?;
    let survival = survival::survival(platform, journey);
    let pauses = pauses(&survival, &losses(platform, journey, &survival));
    let predicted = availability::compose(platform, &survival, &pauses).interval;
    let repair = if predicted.low >= promised.0 {
        Repair::Kept
    } else {
        smallest(platform, name, promised, survival.groups.iter().map(|group| &group.component))
    };
    Some(Why {
        environment: platform.environment.clone(),
        journey: name.clone(),
        promised,
        window: objective.window.copied().unwrap_or(WINDOW_DEFAULT),
        predicted,
        contributions: availability::contributions(platform, &survival, &pauses),
        repair,
    })
}

/// Tries one more instance of each component, then two, then three.
fn smallest<'a>(
    platform: &Platform,
    journey: &Name,
    promised: Share,
    components: impl Iterator<Item = &'a Name>,
) -> Repair {
    let mut names: Vec<&Name> = components.collect();
    names.sort();
    names.dedup();
    let mut best: (Option<Name>, f64) = (None, 0.0);
    for instances in 1..=MORE_MAX {
        for name in &names {
            let Some(low) = low_with(platform, journey, name, instances) else { continue };
            if low >= promised.0 {
                return Repair::More { component: (*name).clone(), instances, low };
            }
            if low > best.1 {
                best = (Some((*name).clone()), low);
            }
        }
    }
    Repair::NotAlone { component: best.0, low: best.1 }
}

/// Returns the low end with more instances of one component.
fn low_with(platform: &Platform, journey: &Name, component: &Name, more: u64) -> Option<f64> {
    let mut draft: Draft = platform.draft.clone();
    let changed = draft.components.get_mut(component)?;
    let count = changed.replicas.copied()?;
    let range = Range { min: count.min + more, max: count.max.map(|max| max + more) };
    changed.replicas = Fact::assumed(range, "what if");
    // Addresses that were stated one by one would be too few.
    changed.addresses.clear();
    let (platform, _) = resolve(draft);
    let journey = platform.journeys.get(journey)?;
    let survival = survival::survival(&platform, journey);
    let pauses = pauses(&survival, &losses(&platform, journey, &survival));
    Some(availability::compose(&platform, &survival, &pauses).interval.low)
}
