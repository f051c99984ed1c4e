//! Proves that each store serves again within the promised time, whatever befalls it.
//!
//! Where members survive, the time is that of the takeover, bounded by the timers that the drills
//! use too. Else the store is restored: somebody acts, a machine is provided where its own site is
//! gone, the data is moved back, the server starts. Stated figures (`backup.restore.reaction`,
//! `backup.restore.throughput`, `storage.used`) come first; what is not stated is taken from the
//! catalog as an interval and listed as assumed.
//!
//! Judged where an RTO is promised: by the store, else the strictest of the platform and of the
//! journeys that need the store. Stores with `rebuildable` are left out. *Broken* only where even
//! the lower end of the interval is above the promise.
//!
//! Unknown: the amount of data, or the rate of a restore that neither the document nor the catalog
//! gives; and an interval with the promise inside.
//!
//! Source: NIST SP 800-34 Rev. 1, 3.2.1 (recovery time objective); the catalog's `rate/` and `duration/` entries.

mod prose;

use sehat_analysis::recovery::Cell;
use sehat_platform::Duration;
use sehat_verdict::{Finding, Severity};

use crate::recovery::{Judged, Objective, add_places, safe_promise, scenarios};
use crate::{Context, Outcome, Rule};

const NAME: &str = "rto-restore-time";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Reaction, rebuilding and size over throughput take at most the promised RTO.",
    severity: Severity::High,
    hygiene: false,
    source: "NIST SP 800-34 Rev. 1, 3.2.1; catalog rate and duration entries",
    file: include_str!("rto_restore_time.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

const RTO: Objective = Objective {
    name: "rto",
    promise: |objectives| objectives.rto.as_ref(),
    bound: |cell| &cell.rto,
    without_end: "never back",
};

fn judge(context: &Context<'_>) -> Outcome {
    let platform = context.platform;
    let mut outcome = Outcome::default();
    for judged in RTO.judge(context) {
        outcome.verdicts.push(RTO.entry(platform, &judged));
        outcome.findings.extend(broken(&judged).or_else(|| RTO.unknown(NAME, &judged)));
    }
    outcome
}

fn broken(judged: &Judged<'_>) -> Option<Finding> {
    let cells = judged.too_long(&RTO);
    let worst: &Cell = cells.first()?;
    // Parts of a second say nothing of hours.
    let away = Duration(worst.rto.low_ms / 1_000 * 1_000);
    let mut finding = Finding::broken(NAME, Severity::High, judged.store)
        .says(format!("`{}` is away for {away} or more, and {} is promised", judged.store, judged.limit))
        .witness(format!("when: {}; {}", scenarios(&cells), worst.rto.because.join("; ")))
        .repair(format!(
            "restore faster, hold less, have a place to restore to, or promise {}",
            safe_promise(&worst.rto)
        ));
    add_places(&mut finding, &worst.rto);
    Some(finding.at(judged.promised_at.as_ref(), "promised here"))
}
