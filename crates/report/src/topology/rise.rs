//! Lines between what supports the platform and whole areas of the way of requests.

use std::collections::{BTreeMap, BTreeSet};

use sehat_platform::Ports;

use super::model::{Band, Model, Tone, port_list};

/// A line from one box below to one area above.
#[derive(Clone, Debug)]
pub struct Rise {
    /// The box below.
    pub hub: usize,
    pub area: usize,
    pub tone: Tone,
    /// It goes up, because the box below is the client.
    pub up: bool,
    pub text: String,
}

/// Area, box below, colour, and whether it goes up.
type Key = (usize, usize, Tone, bool);

pub fn rises(model: &Model) -> Vec<Rise> {
    let band = |index: usize| model.areas[model.boxes[index].area].band;
    let mut joined: BTreeMap<Key, (BTreeSet<usize>, BTreeSet<Ports>)> = BTreeMap::new();
    for arrow in &model.arrows {
        let (hub, other, up) = match (band(arrow.from), band(arrow.to)) {
            (Band::Support, Band::Requests) => (arrow.from, arrow.to, true),
            (Band::Requests, Band::Support) => (arrow.to, arrow.from, false),
            _ => continue,
        };
        let entry = joined.entry((model.boxes[other].area, hub, arrow.tone, up)).or_default();
        entry.0.insert(other);
        entry.1.extend(arrow.ports.iter().copied());
    }
    joined
        .into_iter()
        .map(|((area, hub, tone, up), (others, ports))| Rise {
            hub,
            area,
            tone,
            up,
            text: text(model, hub, area, up, &others, &ports),
        })
        .collect()
}

fn text(
    model: &Model,
    hub: usize,
    area: usize,
    up: bool,
    others: &BTreeSet<usize>,
    ports: &BTreeSet<Ports>,
) -> String {
    let hub = &model.boxes[hub].name;
    let count = model.boxes.iter().filter(|shown| shown.area == area).count();
    let ports = port_list(ports);
    let who = match others.first() {
        Some(only) if others.len() == 1 && count > 1 => model.boxes[*only].name.clone(),
        _ if others.len() < count => format!("{} of {count}", others.len()),
        _ => "all".to_owned(),
    };
    if up { format!("{hub} → {who}: {ports}") } else { format!("{who} → {hub}: {ports}") }
}
