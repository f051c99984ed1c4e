//! Several runs of one drill in one line.

use sehat_verdict::drill::DrillRun;

/// The middle and the worst of several runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    pub runs: usize,
    pub median_ms: u64,
    pub worst_ms: u64,
}

/// Returns the spread of a number over the runs that measured it; none where none did.
pub fn spread<'a>(
    runs: impl IntoIterator<Item = &'a DrillRun>,
    number: fn(&DrillRun) -> Option<u64>,
) -> Option<Spread> {
    let mut numbers: Vec<u64> = runs.into_iter().filter(|run| !run.lab_failed).filter_map(number).collect();
    numbers.sort_unstable();
    let worst_ms = *numbers.last()?;
    // The upper of two middle ones, so that it is a number that was measured.
    Some(Spread { runs: numbers.len(), median_ms: numbers[numbers.len() / 2], worst_ms })
}

impl Spread {
    /// Returns the longest bound that is not too loose for these runs: three times the median, or three seconds more.
    pub fn bound_ms_max(self) -> u64 {
        (3 * self.median_ms).max(self.median_ms + 3_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(outage_ms: u64) -> DrillRun {
        DrillRun { outage_ms: Some(outage_ms), ..DrillRun::new("kill-leader", "records-1") }
    }

    #[test]
    fn median_and_worst() {
        let runs = [run(900), run(5_000), run(1_000), DrillRun { lab_failed: true, ..run(99_000) }];
        let found = spread(&runs, |run| run.outage_ms).unwrap();
        assert_eq!(found, Spread { runs: 3, median_ms: 1_000, worst_ms: 5_000 });
        assert_eq!(found.bound_ms_max(), 4_000);
        assert_eq!(spread(&runs, |run| run.lost), None);
    }
}
