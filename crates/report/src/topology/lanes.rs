//! The ways of arrows: along rows inside the columns, up and down in the gutters between them.

use std::collections::BTreeMap;

use super::areas::Columns;
use super::model::{Band, Model, port_list};
use super::order::{Item, Rows, to_f64};
use super::shape::{PillKey, Shape, shapes};

/// One band, laid out in columns and rows but not yet from left to right.
#[derive(Debug, Default)]
pub struct Plan {
    pub rows: Rows,
    pub shapes: BTreeMap<usize, Shape>,
    pub item_of: BTreeMap<usize, usize>,
    pub ways: Vec<Way>,
    /// Tracks in use in each gutter; gutter 0 is left of the first column.
    pub tracks: Vec<usize>,
}

/// The way of one arrow.
#[derive(Clone, Debug)]
pub struct Way {
    pub arrow: usize,
    /// It leaves its box on the left side, because its end is not to the right.
    pub back: bool,
    pub legs: Vec<Leg>,
}

/// A vertical line in a gutter, between two rows.
#[derive(Clone, Debug)]
pub struct Leg {
    pub gutter: usize,
    pub from_y: f64,
    pub to_y: f64,
    pub track: usize,
}

/// Lines that end at the same ports of the same box share their way.
type Bundle = (usize, PillKey);

const ROW_GAP: f64 = 16.0;
const PASSAGE_HEIGHT: f64 = 2.0;

/// Lays out one band. `rising` are boxes of it from which lines rise to the band above, with how many.
pub fn plan(model: &Model, columns: &Columns, band: Band) -> Plan {
    let inside = |index: usize| model.areas[model.boxes[index].area].band == band;
    let arrows: Vec<usize> = (0..model.arrows.len())
        .filter(|index| inside(model.arrows[*index].from) && inside(model.arrows[*index].to))
        .collect();
    let mut plan = Plan { tracks: vec![0; columns.columns.len() + 1], ..Plan::default() };
    plan.rows.columns = vec![Vec::new(); columns.columns.len()];
    for (column, stated) in columns.columns.iter().enumerate() {
        for (index, shape) in stated.boxes.iter().zip(shapes(model, &stated.boxes, &arrows)) {
            let item = plan.add(Item { column, body: Some(*index), height: shape.height, y: 0.0 });
            plan.item_of.insert(*index, item);
            plan.shapes.insert(*index, shape);
        }
    }
    let passages = plan.passages(model, &arrows);
    plan.rows.sort();
    plan.rows.settle(ROW_GAP);
    plan.lay_ways(model, &arrows, &passages);
    plan
}

/// Where an arrow goes first, with its bundle and itself.
type Leaving = (f64, Bundle, usize);

/// The items that each arrow passes, from its start to its end.
type Passages = BTreeMap<usize, Vec<usize>>;

impl Plan {
    fn add(&mut self, item: Item) -> usize {
        let column = item.column;
        self.rows.items.push(item);
        let index = self.rows.items.len() - 1;
        self.rows.columns[column].push(index);
        index
    }

    pub fn column_of(&self, index: usize) -> usize {
        self.rows.items[self.item_of[&index]].column
    }

    fn passages(&mut self, model: &Model, arrows: &[usize]) -> Passages {
        let mut shared: BTreeMap<(Bundle, usize), usize> = BTreeMap::new();
        let mut passages = Passages::new();
        for index in arrows {
            let arrow = &model.arrows[*index];
            let bundle = bundle(model, *index);
            let (start, end) = (self.column_of(arrow.from), self.column_of(arrow.to));
            let columns: Vec<usize> =
                if start < end { (start + 1..end).collect() } else { (end..start).rev().collect() };
            let mut stops = Vec::new();
            for column in columns {
                let stop = match shared.get(&(bundle.clone(), column)) {
                    Some(stop) => *stop,
                    None => self.add(Item { column, body: None, height: PASSAGE_HEIGHT, y: 0.0 }),
                };
                shared.insert((bundle.clone(), column), stop);
                stops.push(stop);
            }
            let chain: Vec<usize> = [self.item_of[&arrow.from]]
                .into_iter()
                .chain(stops.iter().copied())
                .chain([self.item_of[&arrow.to]])
                .collect();
            for pair in chain.windows(2) {
                let link = (pair[0], pair[1]);
                if !self.rows.links.contains(&link) {
                    self.rows.links.push(link);
                }
            }
            passages.insert(*index, stops);
        }
        passages
    }

    fn lay_ways(&mut self, model: &Model, arrows: &[usize], passages: &Passages) {
        let starts = self.starts(model, arrows, passages);
        let mut ways: Vec<Way> = Vec::new();
        for index in arrows {
            let arrow = &model.arrows[*index];
            let (start, end) = (self.column_of(arrow.from), self.column_of(arrow.to));
            let back = end <= start;
            let mut rows = vec![starts[index]];
            rows.extend(passages[index].iter().map(|stop| self.rows.centre(*stop)));
            rows.push(self.pill_y(model, *index));
            let gutters: Vec<usize> =
                if back { (end..=start).rev().collect() } else { (start + 1..=end).collect() };
            let legs = gutters.iter().zip(rows.windows(2)).map(|(gutter, rows)| Leg {
                gutter: *gutter,
                from_y: rows[0],
                to_y: rows[1],
                track: 0,
            });
            ways.push(Way { arrow: *index, back, legs: legs.collect() });
        }
        self.assign_tracks(model, &mut ways);
        self.ways = ways;
    }

    fn pill_y(&self, model: &Model, index: usize) -> f64 {
        let (end, key) = bundle(model, index);
        let offset = self.shapes[&end].pills.iter().find(|pill| pill.key == key).map_or(0.0, |pill| pill.y);
        self.rows.items[self.item_of[&end]].y + offset
    }

    /// Arrows leave a box at different heights, in the order of where they go next.
    fn starts(&self, model: &Model, arrows: &[usize], passages: &Passages) -> BTreeMap<usize, f64> {
        let mut leaving: BTreeMap<(usize, bool), Vec<Leaving>> = BTreeMap::new();
        for index in arrows {
            let arrow = &model.arrows[*index];
            let back = self.column_of(arrow.to) <= self.column_of(arrow.from);
            let next = passages[index]
                .first()
                .map_or_else(|| self.pill_y(model, *index), |stop| self.rows.centre(*stop));
            leaving.entry((arrow.from, back)).or_default().push((next, bundle(model, *index), *index));
        }
        let mut starts = BTreeMap::new();
        for ((from, back), mut out) in leaving {
            out.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
            let item = &self.rows.items[self.item_of[&from]];
            // On the left side the lower part belongs to the ports.
            let room = if back { 22.0_f64.min(item.height - 8.0) } else { item.height - 12.0 };
            for (place, (_, _, index)) in out.iter().enumerate() {
                let share = (to_f64(place) + 0.5) / to_f64(out.len());
                starts.insert(*index, item.y + 5.0 + share * room);
            }
        }
        starts
    }

    /// Lines of one bundle share a track of a gutter; others that would touch are given another.
    fn assign_tracks(&mut self, model: &Model, ways: &mut [Way]) {
        for gutter in 0..self.tracks.len() {
            let mut spans: BTreeMap<Bundle, (f64, f64)> = BTreeMap::new();
            for way in ways.iter() {
                for leg in way.legs.iter().filter(|leg| leg.gutter == gutter) {
                    let (top, bottom) = (leg.from_y.min(leg.to_y), leg.from_y.max(leg.to_y));
                    let span = spans.entry(bundle(model, way.arrow)).or_insert((top, bottom));
                    *span = (span.0.min(top), span.1.max(bottom));
                }
            }
            let tracks = tracks(&spans);
            self.tracks[gutter] = tracks.values().map(|track| track + 1).max().unwrap_or(0);
            for way in ways.iter_mut() {
                let track = tracks.get(&bundle(model, way.arrow)).copied().unwrap_or(0);
                way.legs.iter_mut().filter(|leg| leg.gutter == gutter).for_each(|leg| leg.track = track);
            }
        }
    }
}

fn bundle(model: &Model, index: usize) -> Bundle {
    let arrow = &model.arrows[index];
    (arrow.to, PillKey { tone: arrow.tone, label: port_list(&arrow.ports) })
}

const TRACK_MARGIN: f64 = 5.0;

/// Greedy colouring of intervals, the longest first, so that long lines stand apart from the boxes.
fn tracks(spans: &BTreeMap<Bundle, (f64, f64)>) -> BTreeMap<Bundle, usize> {
    let mut order: Vec<(&Bundle, &(f64, f64))> = spans.iter().collect();
    order.sort_by(|a, b| (b.1.1 - b.1.0).total_cmp(&(a.1.1 - a.1.0)).then_with(|| a.0.cmp(b.0)));
    let mut taken: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut tracks = BTreeMap::new();
    for (bundle, (top, bottom)) in order {
        let free = taken.iter().position(|track| {
            track.iter().all(|(other_top, other_bottom)| {
                *bottom + TRACK_MARGIN < *other_top || *other_bottom + TRACK_MARGIN < *top
            })
        });
        let track = free.unwrap_or(taken.len());
        if track == taken.len() {
            taken.push(Vec::new());
        }
        taken[track].push((*top, *bottom));
        tracks.insert(bundle.clone(), track);
    }
    tracks
}
