//! The order of boxes in their columns, with few crossings; and their heights on the page.

/// What stands in a column: a box, or the passage of an arrow to a farther one.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub column: usize,
    /// An index of the model's boxes; absent for a passage.
    pub body: Option<usize>,
    pub height: f64,
    /// The upper edge.
    pub y: f64,
}

/// Items, each column's from top to bottom, and which of them are joined.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub items: Vec<Item>,
    pub columns: Vec<Vec<usize>>,
    pub links: Vec<(usize, usize)>,
}

const SWEEPS: usize = 12;

impl Rows {
    pub fn centre(&self, item: usize) -> f64 {
        self.items[item].y + self.items[item].height / 2.0
    }

    /// Sorts each column by the mean place of its neighbours in the columns beside, again and again.
    pub fn sort(&mut self) {
        let mut best = (self.crossings(), self.columns.clone());
        for sweep in 0..SWEEPS {
            let count = self.columns.len();
            let order: Vec<usize> =
                if sweep % 2 == 0 { (0..count).collect() } else { (0..count).rev().collect() };
            for column in order {
                self.sort_column(column);
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.columns.clone());
            }
        }
        self.columns = best.1;
    }

    fn sort_column(&mut self, column: usize) {
        let places = self.places();
        let mut keyed: Vec<(f64, usize)> = self.columns[column]
            .iter()
            .map(|item| {
                (self.mean_of_neighbours(*item, |other| places[other]).unwrap_or(places[*item]), *item)
            })
            .collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.columns[column] = keyed.into_iter().map(|(_, item)| item).collect();
    }

    /// Where each item stands in its column, from 0 to 1.
    fn places(&self) -> Vec<f64> {
        let mut places = vec![0.5; self.items.len()];
        for column in &self.columns {
            for (place, item) in column.iter().enumerate() {
                places[*item] = (to_f64(place) + 0.5) / to_f64(column.len());
            }
        }
        places
    }

    fn mean_of_neighbours(&self, item: usize, place: impl Fn(usize) -> f64) -> Option<f64> {
        let own = self.items[item].column;
        let found: Vec<f64> =
            self.neighbours(item).filter(|other| self.items[*other].column != own).map(place).collect();
        (!found.is_empty()).then(|| found.iter().sum::<f64>() / to_f64(found.len()))
    }

    fn neighbours(&self, item: usize) -> impl Iterator<Item = usize> {
        self.links.iter().filter_map(move |(a, b)| match item {
            _ if *a == item => Some(*b),
            _ if *b == item => Some(*a),
            _ => None,
        })
    }

    fn crossings(&self) -> usize {
        let mut place = vec![0; self.items.len()];
        for column in &self.columns {
            for (index, item) in column.iter().enumerate() {
                place[*item] = index;
            }
        }
        let ends = |link: &(usize, usize)| {
            let (a, b) =
                if self.items[link.0].column <= self.items[link.1].column { *link } else { (link.1, link.0) };
            (self.items[a].column, self.items[b].column, place[a], place[b])
        };
        let ends: Vec<_> = self.links.iter().map(ends).collect();
        let crosses = |(index, one): (usize, &(usize, usize, usize, usize))| {
            let later = ends[index + 1..].iter();
            later
                .filter(|other| {
                    (one.0, one.1) == (other.0, other.1)
                        && ((one.2 < other.2 && one.3 > other.3) || (one.2 > other.2 && one.3 < other.3))
                })
                .count()
        };
        ends.iter().enumerate().map(crosses).sum()
    }

    /// Moves each item towards its neighbours without changing the order, and keeps them `gap` apart.
    pub fn settle(&mut self, gap: f64) {
        for column in 0..self.columns.len() {
            let mut y = 0.0;
            for item in self.columns[column].clone() {
                self.items[item].y = y;
                y += self.items[item].height + gap;
            }
        }
        for sweep in 0..SWEEPS {
            let count = self.columns.len();
            let order: Vec<usize> =
                if sweep % 2 == 0 { (0..count).collect() } else { (0..count).rev().collect() };
            for column in order {
                self.settle_column(column, gap);
            }
        }
        let top = self.items.iter().map(|item| item.y).fold(f64::INFINITY, f64::min);
        for item in &mut self.items {
            item.y -= top;
        }
    }

    fn settle_column(&mut self, column: usize, gap: f64) {
        let items = self.columns[column].clone();
        let mut offset = 0.0;
        let mut wanted = Vec::new();
        for item in &items {
            let centre = self.mean_of_neighbours(*item, |other| self.centre(other));
            wanted.push(centre.map(|centre| centre - self.items[*item].height / 2.0 - offset));
            offset += self.items[*item].height + gap;
        }
        let wanted = filled(&wanted);
        let settled = non_decreasing(&wanted);
        let mut offset = 0.0;
        for (item, place) in items.iter().zip(settled) {
            self.items[*item].y = place + offset;
            offset += self.items[*item].height + gap;
        }
    }
}

/// Who is joined to nobody stands close to the one above, or below.
fn filled(wanted: &[Option<f64>]) -> Vec<f64> {
    let first = wanted.iter().flatten().next().copied().unwrap_or(0.0);
    let mut last = first;
    wanted
        .iter()
        .map(|place| {
            last = place.unwrap_or(last);
            last
        })
        .collect()
}

/// Returns the non-decreasing numbers nearest to `wanted` (pool adjacent violators; Ayer et al. 1955).
fn non_decreasing(wanted: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for value in wanted {
        let mut pool = (*value, 1);
        while let Some(last) = pools.last().filter(|last| last.0 > pool.0) {
            let count = last.1 + pool.1;
            pool = ((last.0 * to_f64(last.1) + pool.0 * to_f64(pool.1)) / to_f64(count), count);
            pools.pop();
        }
        pools.push(pool);
    }
    pools.into_iter().flat_map(|(value, count)| std::iter::repeat_n(value, count)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of boxes are small")]
pub fn to_f64(count: usize) -> f64 {
    count as f64
}
