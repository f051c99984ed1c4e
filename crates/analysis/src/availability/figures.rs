//! The assumed availability of one element, from the catalog.

use sehat_catalog::{self as catalog, Cited};
use sehat_platform::Platform;
use sehat_platform::component::Component;

use super::Interval;
use crate::survival::Element;

/// How much of the time one element works.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub interval: Interval,
    /// The catalog's entry in words; none where nothing is known.
    pub because: Option<String>,
    /// How long it is away at least, each time, where it works as rarely as `interval.low` says.
    pub away_ms_min: Option<f64>,
}

pub fn figure(platform: &Platform, element: &Element) -> Figure {
    let (kind, name) = element.parts();
    let row = match platform.components.get(name) {
        Some(component) if matches!(element, Element::Party(_)) => party(component),
        _ => catalog::availability(kind),
    };
    let Some(row) = row else {
        return Figure { interval: Interval { low: 0.0, high: 1.0 }, because: None, away_ms_min: None };
    };
    Figure {
        interval: Interval { low: row.low, high: row.high },
        because: Some(format!("{} (catalog {}: {})", row.value(), row.id(), row.meaning)),
        away_ms_min: away(kind),
    }
}

/// A managed product in its topology, else the product.
fn party(component: &Component) -> Option<&'static catalog::Availability> {
    let product = component.product.get()?;
    let multi_zone = component.managed.as_ref().and_then(|managed| managed.multi_zone.copied());
    let suffix = match (multi_zone, component.topology.get()) {
        (Some(true), _) => Some("multi-az"),
        (Some(false), _) => Some("single-az"),
        (None, Some(topology)) => Some(topology.name()),
        (None, None) => None,
    };
    suffix
        .and_then(|suffix| catalog::availability(&format!("{product}-{suffix}")))
        .or_else(|| catalog::availability(product))
        .or_else(|| catalog::availability(catalog::product(product)?.base?))
}

/// The low figures pair rare work with long absences: a process is back when somebody has acted
/// quickly, everything larger when somebody has acted slowly. What is back sooner is lost more
/// rarely than the low figure says.
#[expect(clippy::cast_precision_loss, reason = "a time to repair is far below 2^52 ms")]
fn away(kind: &str) -> Option<f64> {
    let acted = catalog::duration("person/notice-and-act")?;
    Some(if kind == "instance" { acted.ms_low as f64 } else { acted.ms_high as f64 })
}
