//! Which column each box stands in: areas from left to right, in each area as many columns as its requests need.

use std::collections::BTreeMap;

use super::model::{Area, Band, Model, OUTSIDE, Tone};

/// Columns of one band, from left to right.
#[derive(Debug, Default)]
pub struct Columns {
    /// The boxes of each column, with the area that all of them belong to.
    pub columns: Vec<Column>,
}

#[derive(Debug)]
pub struct Column {
    pub area: usize,
    pub boxes: Vec<usize>,
}

/// More boxes than this in a column are given another.
const COLUMN_BOXES_MAX: usize = 7;
/// What stands below is kept low.
const SUPPORT_BOXES_MAX: usize = 3;

/// Returns the columns of the way of requests, then those of what supports it.
pub fn columns(model: &Model) -> [Columns; 2] {
    [Band::Requests, Band::Support].map(|band| of_band(model, band))
}

fn of_band(model: &Model, band: Band) -> Columns {
    let ranks = ranks(model, |_| true);
    let mut areas: Vec<(usize, &Area)> =
        model.areas.iter().enumerate().filter(|(_, area)| area.band == band).collect();
    // Outside stands first; then each site's areas, by how far their boxes are from the users.
    areas.sort_by_key(|(index, area)| {
        (
            area.title != OUTSIDE,
            site_rank(model, &ranks, area.site),
            area.site,
            mean_rank(model, &ranks, |area| area == *index),
            *index,
        )
    });
    let mut columns = Vec::new();
    for (area, _) in areas {
        let inside: Vec<usize> =
            (0..model.boxes.len()).filter(|index| model.boxes[*index].area == area).collect();
        let local = ranks_within(model, &inside);
        let mut by_rank: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for index in inside {
            by_rank.entry(local[&index]).or_default().push(index);
        }
        for boxes in by_rank.into_values() {
            let most = if band == Band::Support { SUPPORT_BOXES_MAX } else { COLUMN_BOXES_MAX };
            let parts = boxes.len().div_ceil(most);
            let size = boxes.len().div_ceil(parts.max(1)).max(1);
            columns.extend(boxes.chunks(size).map(|boxes| Column { area, boxes: boxes.to_vec() }));
        }
    }
    Columns { columns }
}

/// Returns the sites in the order in which requests come to them; what lies at no site comes first.
pub fn sites(model: &Model) -> Vec<Option<usize>> {
    let ranks = ranks(model, |_| true);
    let mut sites: Vec<Option<usize>> = model.areas.iter().map(|area| area.site).collect();
    sites.sort_by_key(|site| (site_rank(model, &ranks, *site), *site));
    sites.dedup();
    sites
}

fn site_rank(model: &Model, ranks: &[usize], site: Option<usize>) -> Option<usize> {
    site.map(|_| {
        mean_rank(model, ranks, |area| {
            model.areas[area].site == site && model.areas[area].band == Band::Requests
        })
    })
}

/// In hundredths, so that the order is total; boxes without arrows stand anywhere.
fn mean_rank(model: &Model, ranks: &[usize], counts: impl Fn(usize) -> bool) -> usize {
    let joined = |index: usize| model.arrows.iter().any(|arrow| arrow.from == index || arrow.to == index);
    let inside: Vec<usize> = (0..model.boxes.len())
        .filter(|index| counts(model.boxes[*index].area) && joined(*index))
        .map(|index| ranks[index])
        .collect();
    if inside.is_empty() { usize::MAX } else { inside.iter().sum::<usize>() * 100 / inside.len() }
}

fn ranks_within(model: &Model, inside: &[usize]) -> BTreeMap<usize, usize> {
    let ranks = ranks(model, |index| inside.contains(&index));
    inside.iter().map(|index| (*index, ranks[*index])).collect()
}

/// Longest way of requests to each box; an arrow that leads back on its own way counts for nothing.
fn ranks(model: &Model, counts: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); model.boxes.len()];
    let mut entered = vec![false; model.boxes.len()];
    for arrow in model
        .arrows
        .iter()
        .filter(|arrow| arrow.tone != Tone::Operate && counts(arrow.from) && counts(arrow.to))
    {
        // What is watched or saved goes from the watched to the watcher for the reader's eye.
        if arrow.tone == Tone::Request || arrow.tone == Tone::Save {
            next[arrow.from].push(arrow.to);
            entered[arrow.to] = true;
        }
    }
    let mut ranks = vec![0; model.boxes.len()];
    let mut starts: Vec<usize> = (0..model.boxes.len()).filter(|index| counts(*index)).collect();
    starts.sort_by_key(|index| entered[*index]);
    let mut done = vec![false; model.boxes.len()];
    let mut order = Vec::new();
    for start in starts {
        visit(start, &next, &mut done, &mut vec![false; model.boxes.len()], &mut order);
    }
    // In reverse order of leaving, an arrow that goes back meets a box that was ranked already.
    let position: BTreeMap<usize, usize> =
        order.iter().rev().enumerate().map(|(place, index)| (*index, place)).collect();
    for index in order.iter().rev() {
        for to in next[*index].iter().filter(|to| position[to] > position[index]) {
            ranks[*to] = ranks[*to].max(ranks[*index] + 1);
        }
    }
    ranks
}

fn visit(index: usize, next: &[Vec<usize>], done: &mut [bool], open: &mut Vec<bool>, order: &mut Vec<usize>) {
    if done[index] || open[index] {
        return;
    }
    open[index] = true;
    for to in &next[index] {
        visit(*to, next, done, open, order);
    }
    open[index] = false;
    done[index] = true;
    order.push(index);
}
