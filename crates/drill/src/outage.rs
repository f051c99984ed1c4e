//! Outage as a client sees it.

use sehat_verdict::drill::Lane;

use crate::Sample;

/// The outage of one journey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outage {
    /// The sum of all intervals.
    pub total_ms: u64,
    pub requests: u64,
    pub errors: u64,
    /// Start of the good request that ended the last interval.
    pub ended_ns: Option<u64>,
    /// The last request failed, so the outage had not ended when the observation did.
    pub open: bool,
}

/// Returns the sum of the intervals from the first failed request to the next good one.
///
/// An interval reaches from the start of the first failed request to the start of the next good one, in the order of
/// their starts: an answer that comes within its limit is good, however long it took. Requests go out at a fixed
/// spacing whatever becomes of the others, so the result is exact to one spacing. An interval that had not ended counts
/// up to `end_ns`.
pub fn outage(samples: &[Sample], end_ns: u64) -> Outage {
    let mut samples = samples.to_vec();
    samples.sort_unstable_by_key(|sample| (sample.start_ns, sample.end_ns));
    let mut found = Outage { requests: samples.len() as u64, ..Outage::default() };
    let (mut since, mut total_ns): (Option<u64>, u64) = (None, 0);
    for sample in &samples {
        match (since, sample.good) {
            (None, false) => since = Some(sample.start_ns),
            (Some(start), true) => {
                total_ns += sample.start_ns - start;
                found.ended_ns = Some(sample.start_ns);
                since = None;
            }
            _ => {}
        }
        found.errors += u64::from(!sample.good);
    }
    found.open = since.is_some();
    total_ns += since.map_or(0, |start| end_ns.saturating_sub(start));
    found.total_ms = to_ms(total_ns);
    found
}

/// Returns the journey as a lane of a timeline that begins at `start_ns` and ends at `end_ns`.
pub fn lane(name: &str, samples: &[Sample], start_ns: u64, end_ns: u64) -> Lane {
    let mut samples = samples.to_vec();
    samples.sort_unstable_by_key(|sample| (sample.start_ns, sample.end_ns));
    let since = |ns: u64| to_ms(ns.saturating_sub(start_ns));
    let mut lane =
        Lane::from_samples(name, samples.iter().map(|sample| (since(sample.start_ns), sample.good)));
    if let Some(last) = lane.spans.last_mut() {
        last.until_ms = last.until_ms.max(since(end_ns));
    }
    lane
}

pub fn to_ms(ns: u64) -> u64 {
    (ns + 500_000) / 1_000_000
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(start_ms: u64, took_ms: u64, good: bool) -> Sample {
        Sample { start_ns: start_ms * 1_000_000, end_ns: (start_ms + took_ms) * 1_000_000, good }
    }

    fn ms(samples: &[Sample], end_ms: u64) -> u64 {
        outage(samples, end_ms * 1_000_000).total_ms
    }

    #[test]
    fn an_outage_reaches_from_the_first_failed_request_to_the_next_good_one() {
        let samples =
            [at(0, 5, true), at(100, 1000, false), at(200, 3, false), at(300, 5, true), at(400, 5, true)];
        assert_eq!(ms(&samples, 500), 200);
    }

    #[test]
    fn two_outages_add_up() {
        let samples = [at(0, 5, false), at(100, 5, true), at(200, 5, false), at(300, 5, true)];
        assert_eq!(ms(&samples, 400), 200);
    }

    #[test]
    fn a_slow_answer_within_its_limit_is_no_outage() {
        assert_eq!(ms(&[at(0, 5, true), at(100, 999, true), at(200, 5, true)], 300), 0);
    }

    #[test]
    fn an_outage_that_did_not_end_counts_to_the_end_of_the_observation() {
        let found = outage(&[at(0, 5, true), at(100, 5, false)], 900_000_000);
        assert_eq!((found.total_ms, found.open, found.errors), (800, true, 1));
    }

    #[test]
    fn nothing_asked_is_no_outage() {
        assert_eq!(outage(&[], 1_000), Outage::default());
    }

    fn requests() -> impl Strategy<Value = Vec<Sample>> {
        prop::collection::vec((0_u64..1_000, any::<bool>()), 0..60).prop_map(|waits| {
            let mut start_ms = 0;
            let mut place = |(wait, good)| {
                start_ms += wait + 1;
                at(start_ms, 5, good)
            };
            waits.into_iter().map(&mut place).collect()
        })
    }

    proptest! {
        #[test]
        fn an_outage_is_never_longer_than_the_observation(samples in requests()) {
            let end_ms = samples.last().map_or(0, |sample| sample.end_ns / 1_000_000);
            let begin_ms = samples.first().map_or(0, |sample| sample.start_ns / 1_000_000);
            prop_assert!(ms(&samples, end_ms) <= end_ms - begin_ms);
        }

        #[test]
        fn an_outage_needs_an_error_and_every_good_run_has_none(samples in requests()) {
            let found = outage(&samples, samples.last().map_or(0, |sample| sample.end_ns));
            prop_assert_eq!(found.errors == 0, found.total_ms == 0);
        }

        #[test]
        fn the_order_in_which_answers_were_noted_does_not_matter(samples in requests(), seed in any::<u64>()) {
            let end_ms = samples.last().map_or(0, |sample| sample.end_ns / 1_000_000);
            let mut shuffled = samples.clone();
            crate::Rng::of(seed, &[]).shuffle(&mut shuffled);
            prop_assert_eq!(ms(&samples, end_ms), ms(&shuffled, end_ms));
        }

        #[test]
        fn another_failed_request_never_shortens_an_outage(samples in requests(), start_ms in 0_u64..60_000) {
            let mut more = samples.clone();
            more.push(at(start_ms, 5, false));
            let end_ms = 70_000;
            prop_assert!(ms(&more, end_ms) >= ms(&samples, end_ms));
        }

        #[test]
        fn the_timeline_shows_the_same_outage(samples in requests()) {
            let end_ns = samples.last().map_or(0, |sample| sample.end_ns);
            prop_assert_eq!(lane("journey", &samples, 0, end_ns).outage_ms(), outage(&samples, end_ns).total_ms);
        }
    }
}
