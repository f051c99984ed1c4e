//! What can be said only once a whole document was read.

use sehat_platform::inventory::prose::{CopyKind, Prose};

/// Gives copies the retention that a neighbour states for all of them.
pub fn link(first: usize, prose: &mut Prose) {
    let statements = &prose.statements;
    let under = |statement: usize| statements.get(statement).and_then(|found| found.under);
    let shared: Vec<_> = prose
        .schedules
        .iter()
        .filter(|copy| copy.statement >= first && copy.period_s.is_none() && copy.kind == CopyKind::Backup)
        .filter_map(|copy| Some((under(copy.statement)?, copy.keep_s.clone()?)))
        .collect();
    for copy in prose.schedules.iter_mut().filter(|copy| copy.statement >= first && copy.period_s.is_some()) {
        let above = under(copy.statement);
        if copy.keep_s.is_none() {
            copy.keep_s = shared.iter().find(|(at, _)| Some(*at) == above).map(|(_, keep)| keep.clone());
        }
    }
}
