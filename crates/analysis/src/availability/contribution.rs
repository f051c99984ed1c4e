//! What each part costs a journey, of the time in which it does not work.

use std::collections::BTreeMap;

use sehat_platform::{Name, Platform};

use super::{Figure, Pause, exact, figure, pause_share, unplaced};
use crate::survival::{Element, Survival};

/// A part whose loss costs time: a component with all its instances, or a node, zone, segment or party.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// `component`, `node`, `zone`, `segment`, `machine`, `party`.
    pub kind: &'static str,
    pub name: Name,
    /// The share of time that the journey would gain if this part never failed, at the low end.
    pub share: f64,
}

/// Returns what each part costs, the dearest first; what costs nothing is left out.
pub fn contributions(platform: &Platform, survival: &Survival, pauses: &[Pause]) -> Vec<Contribution> {
    let worst = unplaced::at_worst(platform, survival);
    let figures: Vec<Figure> = worst.elements.iter().map(|element| figure(platform, element)).collect();
    let shares: Vec<f64> = figures.iter().map(|figure| figure.interval.low).collect();
    let low = |never: &[usize]| {
        let perfect = |at: usize| never.contains(&at);
        let shares: Vec<f64> =
            shares.iter().enumerate().map(|(at, share)| if perfect(at) { 1.0 } else { *share }).collect();
        let waiting = pauses.iter().filter(|pause| !perfect(pause.element));
        let waiting: f64 =
            waiting.filter_map(|pause| pause_share(&figures[pause.element], pause.outage)).sum();
        exact::share(&worst, &shares).0 - waiting
    };
    let all = low(&[]);
    let mut found: Vec<Contribution> = parts(platform, &worst)
        .into_iter()
        .map(|((kind, name), elements)| Contribution { kind, name, share: low(&elements) - all })
        .filter(|part| part.share > 0.0)
        .collect();
    found.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.name.cmp(&b.name)));
    found
}

type Parts = BTreeMap<(&'static str, Name), Vec<usize>>;

/// Instances of one component are one part.
fn parts(platform: &Platform, survival: &Survival) -> Parts {
    let mut parts = Parts::new();
    for (at, element) in survival.elements.iter().enumerate() {
        let part = match element {
            Element::Instance(name) => platform
                .instances
                .get(name)
                .map_or(("instance", name.clone()), |instance| ("component", instance.component.clone())),
            other => (other.parts().0, other.parts().1.clone()),
        };
        parts.entry(part).or_default().push(at);
    }
    parts
}
