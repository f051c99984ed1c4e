//! How large a box is, and where its lines of text and its ports stand in it.

use super::model::{Box, Model, Tone, port_list};
use super::order::to_f64;
use super::text::{Font, fitted, width};

/// A box without its place: all heights count from its upper edge.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    pub width: f64,
    pub height: f64,
    pub lines: Vec<Line>,
    /// Ports at which arrows end, at the left edge.
    pub pills: Vec<Pill>,
    /// Where the squares of the instances stand.
    pub squares_y: Option<f64>,
}

#[derive(Clone, Debug)]
pub struct Line {
    pub text: String,
    pub font: Font,
    /// Of the baseline.
    pub y: f64,
}

/// Arrows of one kind to one list of ports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PillKey {
    pub tone: Tone,
    pub label: String,
}

#[derive(Clone, Debug)]
pub struct Pill {
    pub key: PillKey,
    /// Of its middle.
    pub y: f64,
}

const WIDTH_MIN: f64 = 116.0;
const WIDTH_MAX: f64 = 214.0;
const PADDING: f64 = 9.0;
const NAME_HEIGHT: f64 = 18.0;
const LINE_HEIGHT: f64 = 13.5;
const PILL_HEIGHT: f64 = 16.0;
/// More squares than this are left to the number.
pub const SQUARES_MAX: usize = 12;

/// Returns the shapes of some boxes, all of one width, with the ports of these arrows (by index).
pub fn shapes(model: &Model, boxes: &[usize], arrows: &[usize]) -> Vec<Shape> {
    let wanted = boxes.iter().map(|index| width_wanted(&model.boxes[*index])).fold(WIDTH_MIN, f64::max);
    boxes.iter().map(|index| shape(model, *index, arrows, wanted.min(WIDTH_MAX))).collect()
}

fn width_wanted(shown: &Box) -> f64 {
    let head = width(&shown.name, Font::Name) + 8.0 + width(&shown.count, Font::Detail);
    let details = shown
        .notes
        .iter()
        .map(|note| width(note, Font::Small))
        .fold(width(&shown.product, Font::Detail), f64::max);
    head.max(details) + 2.0 * PADDING
}

fn shape(model: &Model, index: usize, arrows: &[usize], width: f64) -> Shape {
    let shown = &model.boxes[index];
    let room = width - 2.0 * PADDING;
    let count_room =
        if shown.count.is_empty() { 0.0 } else { super::text::width(&shown.count, Font::Detail) + 8.0 };
    let mut y = NAME_HEIGHT;
    let mut lines =
        vec![Line { text: fitted(&shown.name, Font::Name, room - count_room), font: Font::Name, y }];
    if !shown.product.is_empty() {
        y += LINE_HEIGHT;
        lines.push(Line { text: fitted(&shown.product, Font::Detail, room), font: Font::Detail, y });
    }
    for note in &shown.notes {
        y += LINE_HEIGHT;
        lines.push(Line { text: fitted(note, Font::Small, room), font: Font::Small, y });
    }
    let has_zones = shown.instances.len() <= SQUARES_MAX && shown.instances.iter().any(Option::is_some);
    let squares_y = has_zones.then_some(y + 5.0);
    y += if has_zones { 15.0 } else { 4.0 };
    let keys = pill_keys(model, index, arrows);
    let pills: Vec<Pill> = keys
        .into_iter()
        .enumerate()
        .map(|(place, key)| Pill { key, y: y + PILL_HEIGHT * (to_f64(place) + 0.5) + 1.0 })
        .collect();
    let height = y + PILL_HEIGHT * to_f64(pills.len()) + 6.0;
    Shape { width, height, lines, pills, squares_y }
}

fn pill_keys(model: &Model, index: usize, arrows: &[usize]) -> Vec<PillKey> {
    let incoming = arrows.iter().map(|arrow| &model.arrows[*arrow]).filter(|arrow| arrow.to == index);
    let keys: std::collections::BTreeSet<PillKey> =
        incoming.map(|arrow| PillKey { tone: arrow.tone, label: port_list(&arrow.ports) }).collect();
    keys.into_iter().collect()
}
