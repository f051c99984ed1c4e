//! The exact share of time in which every group has enough members.

use std::collections::BTreeSet;

use crate::survival::{Group, Survival};

/// Losses of more shared elements at the same time are not looked into: their share is added
/// to the upper bound only. With a tenth of a per cent each it is below 1e-9 for ten elements.
const LOST_TOGETHER_MAX: usize = 3;

/// Returns a lower and an upper bound of the journey's share, given one share per element.
///
/// Elements whose loss alone ends the journey are factors. Elements of a single member belong to
/// that member. Over the states of the others the groups are independent, each a *k* out of *n*
/// system of members with their own shares.
pub fn share(survival: &Survival, shares: &[f64]) -> (f64, f64) {
    let parts = Parts::new(survival);
    let series: f64 = parts.series.iter().map(|element| shares[*element]).product();
    let (low, covered) = parts.sum_states(survival, shares);
    (series * low, series * (low + (1.0 - covered)))
}

struct Parts {
    series: BTreeSet<usize>,
    shared: Vec<usize>,
}

impl Parts {
    fn new(survival: &Survival) -> Self {
        let all = 0..survival.elements.len();
        let series: BTreeSet<usize> =
            all.clone().filter(|element| !survival.failing(&[*element]).is_empty()).collect();
        let mut users = vec![0_usize; survival.elements.len()];
        let members = survival.groups.iter().flat_map(|group| &group.members);
        members.flat_map(|member| &member.elements).for_each(|element| users[*element] += 1);
        let shared = all.filter(|element| users[*element] > 1 && !series.contains(element)).collect();
        Self { series, shared }
    }

    /// Returns the share of good states among those looked into, and the share of these.
    fn sum_states(&self, survival: &Survival, shares: &[f64]) -> (f64, f64) {
        // What never works is lost in every state.
        let (dead, alive): (Vec<usize>, Vec<usize>) =
            self.shared.iter().partition(|element| shares[**element] <= 0.0);
        let all_up: f64 = alive.iter().map(|element| shares[*element]).product();
        let mut visit = Visit { parts: self, survival, shares, lost: dead, good: 0.0, covered: 0.0 };
        visit.state(&alive, all_up, LOST_TOGETHER_MAX);
        (visit.good, visit.covered)
    }

    /// Returns the share of good states, given which of the shared elements are lost.
    fn given(&self, survival: &Survival, shares: &[f64], lost: &[usize]) -> f64 {
        survival.groups.iter().map(|group| self.group_share(group, shares, lost)).product()
    }

    fn group_share(&self, group: &Group, shares: &[f64], lost: &[usize]) -> f64 {
        let members = group.members.iter().map(|member| {
            if member.elements.iter().any(|element| lost.contains(element)) {
                return 0.0;
            }
            let own = member
                .elements
                .iter()
                .filter(|element| !self.series.contains(element) && !self.shared.contains(element));
            own.map(|element| shares[*element]).product()
        });
        at_least(&members.collect::<Vec<f64>>(), group.needed)
    }
}

/// A walk over the states of the shared elements, from few losses to more.
struct Visit<'a> {
    parts: &'a Parts,
    survival: &'a Survival,
    shares: &'a [f64],
    lost: Vec<usize>,
    good: f64,
    covered: f64,
}

impl Visit<'_> {
    fn state(&mut self, further: &[usize], weight: f64, left: usize) {
        self.good += weight * self.parts.given(self.survival, self.shares, &self.lost);
        self.covered += weight;
        if left == 0 {
            return;
        }
        for (position, &element) in further.iter().enumerate() {
            let up = self.shares[element];
            if up < 1.0 {
                self.lost.push(element);
                self.state(&further[position + 1..], weight / up * (1.0 - up), left - 1);
                self.lost.pop();
            }
        }
    }
}

/// Returns the share of time in which at least `needed` members are up together.
///
/// # Source
///
/// IEC 61078:2016, 11.8.2, *m* out of *n* models with non-identical items.
pub fn at_least(members: &[f64], needed: usize) -> f64 {
    // `up[k]` is the share in which k of the members so far are up; the last holds `needed` or more.
    let mut up = vec![0.0; needed + 1];
    up[0] = 1.0;
    for share in members {
        for count in (0..=needed).rev() {
            let stay = if count == needed { up[count] } else { up[count] * (1.0 - share) };
            let rise = if count > 0 { up[count - 1] * share } else { 0.0 };
            up[count] = stay + rise;
        }
    }
    up[needed]
}
