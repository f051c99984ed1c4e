//! Proves that each store loses at most the promised time of its data, whatever befalls it.
//!
//! For every store and every scenario (an instance, node, zone or site is lost; a table is dropped;
//! the platform's credentials are stolen) the loss is bounded: nothing where members that survive
//! have every acknowledged write, the stated lag where they follow behind, else what the best copy
//! that outlives the scenario lacks. A copy lacks the time since the one before it, and the time
//! that it takes itself; a log archive lacks the time until a write is in it. Stolen credentials
//! leave only copies that are write-once. Schedules of full copies and increments are taken together.
//!
//! Judged where an RPO is promised: by the store, else the strictest of the platform and of the
//! journeys that need the store. Stores with `rebuildable` are left out. Where no copy is left at
//! all the verdict is broken, and `backup-covers-every-store` or `backup-offsite-immutable` reports why.
//!
//! Unknown: a lag, schedule or place that is not stated. How long a copy takes is at most the time
//! until the next one begins, where the catalog has no rate for the tool.
//!
//! Source: NIST SP 800-34 Rev. 1, 3.2.1 (recovery point objective); the catalog's `topology/` and `store/` entries.

mod prose;

use sehat_analysis::recovery::Cell;
use sehat_catalog as catalog;
use sehat_platform::{Duration, Platform};
use sehat_verdict::{Finding, Severity};

use crate::recovery::{Judged, Objective, add_places, safe_promise, scenarios};
use crate::{Context, Outcome, Rule};

const NAME: &str = "rpo-per-store";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "For each store, backup or replication interval plus duration is at most the promised RPO.",
    severity: Severity::High,
    hygiene: false,
    source: "NIST SP 800-34 Rev. 1, 3.2.1; catalog topology and store entries",
    file: include_str!("rpo_per_store.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

const RPO: Objective = Objective {
    name: "rpo",
    promise: |objectives| objectives.rpo.as_ref(),
    bound: |cell| &cell.rpo,
    without_end: "everything",
};

fn judge(context: &Context<'_>) -> Outcome {
    let platform = context.platform;
    let mut outcome = Outcome::default();
    for judged in RPO.judge(context) {
        outcome.verdicts.push(RPO.entry(platform, &judged));
        outcome.findings.extend(broken(platform, &judged).or_else(|| RPO.unknown(NAME, &judged)));
    }
    outcome
}

fn broken(platform: &Platform, judged: &Judged<'_>) -> Option<Finding> {
    let cells = judged.too_long(&RPO);
    let worst: &Cell = cells.first()?;
    let lost = Duration(worst.rpo.low_ms);
    let mut finding = Finding::broken(NAME, Severity::High, judged.store)
        .says(format!("`{}` may lose {lost} of its data, and {} is promised", judged.store, judged.limit))
        .witness(format!("when: {}; {}", scenarios(&cells), worst.rpo.because.join("; ")))
        .repair(repair(platform, judged, &safe_promise(&worst.rpo)));
    add_places(&mut finding, &worst.rpo);
    Some(finding.at(judged.promised_at.as_ref(), "promised here"))
}

fn repair(platform: &Platform, judged: &Judged<'_>, safe: &str) -> String {
    let product = platform.components.get(judged.store).and_then(|component| component.product.get());
    let replays = product.and_then(|product| catalog::store(product)).is_none_or(catalog::Store::can_pitr);
    let how = if replays { "archive its log" } else { "copy it" };
    format!("{how} at least every {}, or say why it is `rebuildable`; else promise {safe}", judged.limit)
}
