//! The share of time in which a journey works, as an interval over shared nodes and zones.
//!
//! Elements fail independently of each other; instances do not, because they share machines,
//! nodes, zones and segments. The calculation conditions on what is shared, so that correlated
//! losses count once.

mod contribution;
mod exact;
mod figures;
mod unplaced;

use sehat_platform::{Duration, Platform};

pub use contribution::{Contribution, contributions};
pub use figures::{Figure, figure};

use crate::survival::Survival;

/// A share of time that is known to lie between two numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// The share of time with everything that it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Composition {
    pub interval: Interval,
    /// One per kind of element: the figure and its entry in the catalog.
    pub assumed: Vec<String>,
    /// Elements of which no figure is known; they widen the interval down to zero.
    pub missing: Vec<String>,
}

/// A loss that the journey survives after a pause.
#[derive(Clone, Debug, PartialEq)]
pub struct Pause {
    /// Index of the element.
    pub element: usize,
    pub outage: Duration,
}

/// Composes the shares of the elements into that of the journey.
///
/// A survived loss still costs the time until others have taken over. An element that is away for
/// a share of the time, each time until somebody has acted, pauses the journey once each time.
pub fn compose(platform: &Platform, survival: &Survival, pauses: &[Pause]) -> Composition {
    let worst = unplaced::at_worst(platform, survival);
    let figures: Vec<Figure> = worst.elements.iter().map(|element| figure(platform, element)).collect();
    let low: Vec<f64> = figures.iter().map(|figure| figure.interval.low).collect();
    let high: Vec<f64> = figures.iter().map(|figure| figure.interval.high).collect();
    let waiting: f64 =
        pauses.iter().filter_map(|pause| pause_share(&figures[pause.element], pause.outage)).sum();
    let interval = Interval {
        low: (exact::share(&worst, &low).0 - waiting).clamp(0.0, 1.0),
        high: exact::share(survival, &high[..survival.elements.len()]).1.clamp(0.0, 1.0),
    };
    let mut assumed: Vec<String> = figures.iter().filter_map(|figure| figure.because.clone()).collect();
    assumed.sort();
    assumed.dedup();
    if worst.elements.len() > survival.elements.len() {
        assumed.push(unplaced::REASON.to_owned());
    }
    let unknown = figures.iter().zip(&worst.elements).filter(|(figure, _)| figure.because.is_none());
    Composition { interval, assumed, missing: unknown.map(|(_, element)| element.to_string()).collect() }
}

fn pause_share(figure: &Figure, outage: Duration) -> Option<f64> {
    let share = outage.seconds() * 1000.0 / figure.away_ms_min?;
    Some((1.0 - figure.interval.low) * share.min(1.0))
}

#[cfg(test)]
mod tests;
