//! The part over documents in words.

use sehat_platform::inventory::prose::{CopyKind, Prose, Schedule};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::seconds;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let of = |kind| prose.schedules.iter().filter(move |copy| copy.kind == kind);
    let pairs =
        of(CopyKind::Full).flat_map(|full| of(CopyKind::Incremental).map(move |increment| (full, increment)));
    pairs
        .filter(|(full, increment)| is_chain(prose, full, increment))
        .filter_map(|(full, increment)| broken(full, increment))
        .collect()
}

fn is_chain(prose: &Prose, full: &Schedule, increment: &Schedule) -> bool {
    let under = |copy: &Schedule| prose.statements.get(copy.statement).and_then(|line| line.under);
    under(full) == under(increment)
}

fn broken(full: &Schedule, increment: &Schedule) -> Option<Finding> {
    let (keep, every) = (full.keep_s.as_ref()?, full.period_s.as_ref()?);
    let kept = increment.keep_s.as_ref()?;
    if kept.value >= keep.value || every.value <= 86_400.0 {
        return None;
    }
    let points = (keep.value / every.value).floor();
    Some(
        Finding::broken(NAME, Severity::High, "backup")
            .says(format!(
                "copies are kept for {}, and days can be told apart only in the last {}",
                seconds(keep.value),
                seconds(kept.value)
            ))
            .witness(format!(
                "between {} and {} back only about {points} full copies are left, {} apart",
                seconds(kept.value),
                seconds(keep.value),
                seconds(every.value)
            ))
            .repair("keep increments as long as the full copy that they belong to, or promise weekly points")
            .at(&kept.origin, "increments kept so long")
            .at(&keep.origin, "full copies kept so long")
            .at(&every.origin, "and made so often"),
    )
}
