//! Acknowledged writes that were gone afterwards.

use std::collections::BTreeSet;

use sehat_verdict::drill::Lane;

use crate::outage::to_ms;
use crate::{Entry, LedgerEnd, Sample, outage};

/// Returns the entries that were acknowledged and that the store lacks, in the order of time; none where that is unknown.
pub fn lost_entries(ledger: &LedgerEnd) -> Option<Vec<Entry>> {
    let lost: BTreeSet<u64> = ledger.lost.as_ref()?.iter().copied().collect();
    let mut entries: Vec<Entry> =
        ledger.entries.iter().filter(|entry| lost.contains(&entry.number)).copied().collect();
    entries.retain(|entry| entry.acknowledged);
    entries.sort_unstable_by_key(|entry| entry.end_ns);
    Some(entries)
}

/// Returns how much data was lost, as time: from the oldest lost write to the newest one or to the fault, whichever is
/// later. It is what an RPO promises.
pub fn data_lost_ms(ledger: &LedgerEnd, fault_ns: Option<u64>) -> Option<u64> {
    let lost = lost_entries(ledger)?;
    let (Some(oldest), Some(newest)) = (lost.first(), lost.last()) else { return Some(0) };
    let until = newest.end_ns.max(fault_ns.unwrap_or(0));
    // One lost write is a loss, also where it was the last one.
    Some(to_ms(until.saturating_sub(oldest.end_ns)).max(1))
}

/// Returns the writer as a lane of a timeline.
pub fn lane(ledger: &LedgerEnd, start_ns: u64, end_ns: u64) -> Lane {
    let write =
        |entry: &Entry| Sample { start_ns: entry.start_ns, end_ns: entry.end_ns, good: entry.acknowledged };
    let samples: Vec<Sample> = ledger.entries.iter().map(write).collect();
    outage::lane(&format!("writes to {}", ledger.component), &samples, start_ns, end_ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(lost: &[u64]) -> LedgerEnd {
        let entry = |number: u64| Entry {
            number,
            start_ns: number * 1_000_000_000,
            end_ns: number * 1_000_000_000 + 1,
            acknowledged: number != 3,
        };
        LedgerEnd {
            component: "records".into(),
            entries: (1..=9).map(entry).collect(),
            lost: Some(lost.to_vec()),
        }
    }

    #[test]
    fn data_lost_reaches_from_the_oldest_lost_write_to_the_fault() {
        assert_eq!(data_lost_ms(&ledger(&[5, 6]), Some(7_000_000_001)), Some(2_000));
        assert_eq!(data_lost_ms(&ledger(&[5, 9]), Some(7_000_000_001)), Some(4_000));
    }

    #[test]
    fn a_write_that_was_not_acknowledged_is_no_loss() {
        assert_eq!(data_lost_ms(&ledger(&[3]), Some(7_000_000_000)), Some(0));
        assert_eq!(lost_entries(&ledger(&[3])), Some(Vec::new()));
    }

    #[test]
    fn a_single_lost_write_is_a_loss() {
        assert_eq!(data_lost_ms(&ledger(&[9]), Some(1)), Some(1));
    }
}
