//! Which stores of existing files come back only as of their last dump.

use sehat_platform::Cron;
use sehat_verdict::{Finding, Severity};

use super::stores::{Copy, Store, all, copies, schedule};
use crate::Context;

const NAME: &str = "pitr-has-log-archive";

/// A database whose operator could archive its log, and that is only dumped: whether that suffices is not stated.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let stores = all(context);
    let databases = stores.iter().filter(|store| !store.is_cache() && store.operated.is_some());
    databases.filter_map(|store| judge_store(context, store)).collect()
}

fn judge_store(context: &Context<'_>, store: &Store<'_>) -> Option<Finding> {
    let copies = copies(context, store);
    if copies
        .iter()
        .any(|copy| matches!(copy, Copy::Own(own) if own.archives_log) || matches!(copy, Copy::Said))
    {
        return None;
    }
    let dump = copies.iter().find(|copy| matches!(copy, Copy::Dump { .. }))?;
    let stated = schedule(dump)?;
    let period = stated.value.parse::<Cron>().ok()?.period;
    Some(
        Finding::unknown(NAME, Severity::Medium, store.id.to_string())
            .says(format!(
                "{} comes back only as of its last dump, up to {period} ago: no file archives its log",
                store.id
            ))
            .witness(format!("what was written after the dump is lost with the volume; no file says that {period} may be lost"))
            .repair("archive the log continuously, as its operator can, or state the loss that is accepted")
            .at(store.origin, "no log archive here")
            .at(&stated.origin, "dumped here")
            .asks(format!("rpo: {period}")),
    )
}
