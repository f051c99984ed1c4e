//! Everything at its place on the page.

use std::collections::BTreeMap;

use super::areas::Columns;
use super::lanes::{Plan, Way, plan};
use super::model::{Band, Model, Tone};
use super::order::to_f64;
use super::rise::{Rise, rises};
use super::shape::Shape;

/// Lines, boxes and areas with their coordinates.
#[derive(Debug, Default)]
pub struct Drawing {
    pub width: f64,
    pub height: f64,
    pub sites: Vec<(usize, Rect)>,
    pub areas: Vec<(usize, Rect)>,
    pub boxes: Vec<(usize, Rect, Shape)>,
    pub lines: Vec<Line>,
    /// Beside the ends of rising lines: text, place, colour and the room for it.
    pub labels: Vec<Label>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub fn right(&self) -> f64 {
        self.x + self.width
    }
}

#[derive(Clone, Debug)]
pub struct Line {
    pub tone: Tone,
    pub points: Vec<(f64, f64)>,
}

#[derive(Clone, Debug)]
pub struct Label {
    pub text: String,
    pub x: f64,
    pub y: f64,
    pub room: f64,
    pub tone: Tone,
}

pub const MARGIN: f64 = 16.0;
pub const SITE_HEAD: f64 = 46.0;
const SITE_PADDING: f64 = 12.0;
const GROUP_GAP: f64 = 22.0;
const AREA_HEAD: f64 = 40.0;
const AREA_PADDING: f64 = 12.0;
const TRACK: f64 = 7.0;
/// Before the tracks of a gutter, and behind them, where arrowheads stand.
const GUTTER_BEFORE: f64 = 10.0;
const GUTTER_BEHIND: f64 = 14.0;
const LABEL_HEIGHT: f64 = 14.0;

/// The horizontal places of one band.
#[derive(Debug, Default)]
struct Across {
    column_x: Vec<f64>,
    column_width: Vec<f64>,
    /// The first track of each gutter.
    gutter_x: Vec<f64>,
    /// The first rising track behind each column.
    rise_x: Vec<f64>,
    /// Left and right edge of each area.
    areas: BTreeMap<usize, (f64, f64)>,
}

/// A site, or what lies at none, with its left and right edge.
type Group = (Option<usize>, f64, f64);

struct Layout<'a> {
    model: &'a Model,
    bands: [(&'a Columns, Plan); 2],
    rises: Vec<Rise>,
    /// Each trunk of rising lines: one box, colour and direction.
    trunks: Vec<(usize, Tone, bool)>,
}

pub fn place(model: &Model, columns: &[Columns; 2]) -> Drawing {
    let rises = rises(model);
    let mut trunks: Vec<(usize, Tone, bool)> =
        rises.iter().map(|rise| (rise.hub, rise.tone, rise.up)).collect();
    trunks.sort_unstable();
    trunks.dedup();
    let [above, below] = columns;
    let bands = [(above, plan(model, above, Band::Requests)), (below, plan(model, below, Band::Support))];
    Layout { model, bands, rises, trunks }.draw()
}

impl Layout<'_> {
    fn draw(&self) -> Drawing {
        let (across, groups) = self.across();
        let mut drawing = Drawing::default();
        let top = MARGIN + if self.model.sites.is_empty() { 0.0 } else { SITE_HEAD };
        let footer = self.footer_height();
        let above_bottom = self.band(0, &across[0], top, footer, &mut drawing);
        let channel =
            if self.bands[1].0.columns.is_empty() { 0.0 } else { 22.0 + TRACK * to_f64(self.trunks.len()) };
        let below_top = above_bottom + channel;
        let bottom =
            if channel > 0.0 { self.band(1, &across[1], below_top, 0.0, &mut drawing) } else { above_bottom };
        self.rising(&across, above_bottom, &mut drawing);
        for (site, left, right) in
            groups.iter().filter_map(|(site, left, right)| Some(((*site)?, left, right)))
        {
            let (y, height) = (MARGIN, bottom + SITE_PADDING - MARGIN);
            drawing.sites.push((site, Rect { x: *left, y, width: right - left, height }));
        }
        drawing.width = groups.iter().map(|(_, _, right)| *right).fold(0.0, f64::max) + MARGIN;
        drawing.height = bottom + SITE_PADDING + MARGIN;
        drawing
    }

    /// Returns where columns stand, and each site's left and right edge.
    fn across(&self) -> ([Across; 2], Vec<Group>) {
        let mut across = [Across::default(), Across::default()];
        let mut groups = Vec::new();
        let mut cursor = MARGIN;
        for site in super::areas::sites(self.model) {
            let padding = if site.is_some() { SITE_PADDING } else { 0.0 };
            let mut right = cursor;
            for (band, placed) in across.iter_mut().enumerate() {
                right = right.max(self.group(band, site, cursor + padding, placed));
            }
            if right > cursor + padding {
                let wanted = site.map_or(0.0, |site| super::draw::site_width(self.model, site));
                right = (right + padding).max(cursor + wanted);
                groups.push((site, cursor, right));
                cursor = right + GROUP_GAP;
            }
        }
        (across, groups)
    }

    /// Places the columns of one site in one band, and returns their right edge.
    fn group(&self, band: usize, site: Option<usize>, start: f64, across: &mut Across) -> f64 {
        let (columns, plan) = &self.bands[band];
        let mut x = start;
        let mut last_area = None;
        for (index, column) in columns.columns.iter().enumerate() {
            if self.model.areas[column.area].site != site {
                continue;
            }
            let joined = last_area == Some(column.area);
            if last_area.is_some() && !joined {
                x += AREA_PADDING;
            }
            let tracks = plan.tracks[index];
            across.gutter_x.push(x + GUTTER_BEFORE);
            x += if tracks > 0 {
                GUTTER_BEFORE + TRACK * to_f64(tracks) + GUTTER_BEHIND
            } else {
                GUTTER_BEFORE
            };
            if !joined {
                across.areas.insert(column.area, (x, x));
                x += AREA_PADDING;
            }
            let width = column.boxes.iter().map(|index| plan.shapes[index].width).fold(0.0, f64::max);
            across.column_x.push(x);
            across.column_width.push(width);
            x += width;
            across.rise_x.push(x + 8.0);
            let rising = if band == 1 {
                self.trunks.iter().filter(|(hub, ..)| column.boxes.contains(hub)).count()
            } else {
                0
            };
            if rising > 0 {
                x += 8.0 + TRACK * to_f64(rising);
            }
            if let Some(edges) = across.areas.get_mut(&column.area) {
                edges.1 = x + AREA_PADDING;
            }
            last_area = Some(column.area);
        }
        if last_area.is_some() { x + AREA_PADDING } else { start }
    }

    fn footer_height(&self) -> f64 {
        let count = |area: usize| self.rises.iter().filter(|rise| rise.area == area).count();
        let most = (0..self.model.areas.len()).map(count).max().unwrap_or(0);
        if most == 0 { 0.0 } else { LABEL_HEIGHT * to_f64(most) + 8.0 }
    }

    /// Places one band's areas, boxes and lines; returns its lower edge.
    fn band(&self, band: usize, across: &Across, top: f64, footer: f64, drawing: &mut Drawing) -> f64 {
        let (_, plan) = &self.bands[band];
        let rows = top + AREA_HEAD;
        let lowest = plan.rows.items.iter().map(|item| item.y + item.height).fold(0.0, f64::max);
        let bottom = rows + lowest + AREA_PADDING + footer;
        for (area, (left, right)) in &across.areas {
            drawing.areas.push((*area, Rect { x: *left, y: top, width: right - left, height: bottom - top }));
        }
        for (index, shape) in &plan.shapes {
            let item = &plan.rows.items[plan.item_of[index]];
            let (x, width) = (across.column_x[item.column], across.column_width[item.column]);
            let rect = Rect { x, y: rows + item.y, width, height: item.height };
            drawing.boxes.push((*index, rect, Shape { width, ..shape.clone() }));
        }
        for way in &plan.ways {
            drawing.lines.push(Line {
                tone: self.model.arrows[way.arrow].tone,
                points: self.points(plan, across, way, rows),
            });
        }
        bottom
    }

    fn points(&self, plan: &Plan, across: &Across, way: &Way, rows: f64) -> Vec<(f64, f64)> {
        let arrow = &self.model.arrows[way.arrow];
        let start = plan.column_of(arrow.from);
        let edge = across.column_x[start] + if way.back { 0.0 } else { across.column_width[start] };
        let mut points = Vec::new();
        if let Some(first) = way.legs.first() {
            points.push((edge, rows + first.from_y));
        }
        for leg in &way.legs {
            let x = across.gutter_x[leg.gutter] + TRACK * to_f64(leg.track);
            points.push((x, rows + leg.from_y));
            points.push((x, rows + leg.to_y));
        }
        if let Some(last) = way.legs.last() {
            points.push((across.column_x[plan.column_of(arrow.to)], rows + last.to_y));
        }
        points
    }

    /// Lines from boxes below to the feet of the areas above.
    fn rising(&self, across: &[Across; 2], above_bottom: f64, drawing: &mut Drawing) {
        let mut rows: BTreeMap<usize, usize> = BTreeMap::new();
        for rise in &self.rises {
            let Some(trunk) = self.trunks.iter().position(|trunk| *trunk == (rise.hub, rise.tone, rise.up))
            else {
                continue;
            };
            let Some((left, right)) = across[0].areas.get(&rise.area).copied() else { continue };
            let row = rows.entry(rise.area).or_insert(0);
            let count = self.rises.iter().filter(|other| other.area == rise.area).count();
            let y = above_bottom - LABEL_HEIGHT * (to_f64(count - *row) - 0.4);
            let x = left + 10.0 + TRACK * to_f64(*row);
            let channel_y = above_bottom + 12.0 + TRACK * to_f64(trunk);
            let mut points = self.trunk(&across[1], trunk, channel_y, drawing);
            let label_x = left + 10.0 + TRACK * to_f64(count) + 8.0;
            points.extend([(x, channel_y), (x, y), (label_x - 3.0, y)]);
            if !rise.up {
                points.reverse();
            }
            drawing.lines.push(Line { tone: rise.tone, points });
            drawing.labels.push(Label {
                text: rise.text.clone(),
                x: label_x,
                y: y + 3.0,
                room: right - label_x - 6.0,
                tone: rise.tone,
            });
            *row += 1;
        }
    }

    /// From the box's right edge to the channel between the bands.
    fn trunk(&self, across: &Across, trunk: usize, channel_y: f64, drawing: &Drawing) -> Vec<(f64, f64)> {
        let (hub, ..) = self.trunks[trunk];
        let plan = &self.bands[1].1;
        let column = plan.column_of(hub);
        let hubs = &self.bands[1].0.columns[column].boxes;
        let before = self.trunks[..trunk].iter().filter(|(other, ..)| hubs.contains(other)).count();
        let own = self.trunks[..trunk].iter().filter(|(other, ..)| *other == hub).count();
        let x = across.rise_x[column] + TRACK * to_f64(before);
        let rect = drawing
            .boxes
            .iter()
            .find(|(index, ..)| *index == hub)
            .map_or_else(Rect::default, |(_, rect, _)| *rect);
        let y = rect.y + 9.0 + 8.0 * to_f64(own);
        vec![(rect.right(), y), (x, y), (x, channel_y)]
    }
}
