//! Runs of the same drill on the same victim, taken together.

use sehat_verdict::Verdict;
use sehat_verdict::drill::{Amount, DrillRun, DrillVerdict, Unit};

/// The runs of one drill on one victim, in the order of the records.
pub struct Group<'a> {
    pub drill: &'a str,
    pub struck: &'a str,
    /// Runs that measured something, each with its record if it has one.
    pub measured: Vec<(Option<u64>, &'a DrillRun)>,
    /// Runs in which the lab itself failed.
    pub failed: Vec<(Option<u64>, &'a DrillRun)>,
}

/// Groups runs in the order in which they first appear.
pub fn group<'a>(runs: impl IntoIterator<Item = (Option<u64>, &'a DrillRun)>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (record, run) in runs {
        let found = groups.iter().position(|group| group.drill == run.drill && group.struck == run.struck);
        let index = found.unwrap_or(groups.len());
        if found.is_none() {
            groups.push(Group {
                drill: &run.drill,
                struck: &run.struck,
                measured: Vec::new(),
                failed: Vec::new(),
            });
        }
        let group = &mut groups[index];
        let list = if run.lab_failed { &mut group.failed } else { &mut group.measured };
        list.push((record, run));
    }
    groups
}

impl<'a> Group<'a> {
    pub fn records(&self) -> Vec<u64> {
        self.measured.iter().chain(&self.failed).filter_map(|(record, _)| *record).collect()
    }

    /// Returns the largest value that a run has.
    pub fn worst(&self, value: impl Fn(&DrillRun) -> Option<u64>) -> Option<u64> {
        self.measured.iter().filter_map(|(_, run)| value(run)).max()
    }

    pub fn median(&self, value: impl Fn(&DrillRun) -> Option<u64>) -> Option<u64> {
        let mut values: Vec<u64> = self.measured.iter().filter_map(|(_, run)| value(run)).collect();
        values.sort_unstable();
        let upper = *values.get(values.len() / 2)?;
        let lower = values[(values.len() - 1) / 2];
        Some(lower.midpoint(upper))
    }

    pub fn sum(&self, value: impl Fn(&DrillRun) -> Option<u64>) -> Option<u64> {
        self.measured.iter().filter_map(|(_, run)| value(run)).reduce(u64::saturating_add)
    }

    pub fn verdict(&self) -> Verdict {
        let verdicts = self.measured.iter().map(|(_, run)| run.verdict());
        if self.measured.is_empty() { Verdict::Unknown } else { Verdict::all(verdicts) }
    }

    /// Returns one entry per objective: that of the run with the worst verdict, then the largest measurement.
    pub fn objectives(&self) -> Vec<&'a DrillVerdict> {
        let mut worst: Vec<&'a DrillVerdict> = Vec::new();
        for entry in self.measured.iter().flat_map(|(_, run)| &run.verdicts) {
            match worst.iter_mut().find(|other| other.objective == entry.objective) {
                Some(other) if badness(entry) > badness(other) => *other = entry,
                Some(_) => {}
                None => worst.push(entry),
            }
        }
        worst
    }

    /// Returns the run with the longest outage.
    pub fn worst_run(&self) -> Option<(Option<u64>, &'a DrillRun)> {
        let mut worst: Option<(Option<u64>, &'a DrillRun)> = None;
        for (record, run) in &self.measured {
            if worst.is_none_or(|(_, other)| run.outage_ms > other.outage_ms) {
                worst = Some((*record, run));
            }
        }
        worst
    }
}

fn badness(entry: &DrillVerdict) -> (u8, f64) {
    let rank = match entry.verdict {
        Verdict::Broken => 2,
        Verdict::Unknown => 1,
        Verdict::Kept => 0,
    };
    #[expect(clippy::cast_precision_loss, reason = "only compared")]
    let measured = match (entry.measured, entry.unit) {
        (Some(Amount::Whole(number)), _) => number as f64,
        // The smaller the share, the worse.
        (Some(Amount::Share(share)), Unit::Share) => -share,
        _ => 0.0,
    };
    (rank, measured)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(outage_ms: u64) -> DrillRun {
        DrillRun { outage_ms: Some(outage_ms), ..DrillRun::new("kill-leader", "records") }
    }

    #[test]
    fn worst_and_median_leave_out_a_failed_lab() {
        let failed = DrillRun { lab_failed: true, ..run(99_000) };
        let runs = [run(5), run(9), run(2), failed, run(6)];
        let groups = group(runs.iter().map(|run| (None, run)));
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].worst(|run| run.outage_ms), Some(9));
        assert_eq!(groups[0].median(|run| run.outage_ms), Some(5));
        assert_eq!(groups[0].failed.len(), 1);
    }
}
