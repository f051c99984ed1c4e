//! The part over documents in words.

use sehat_platform::inventory::prose::{Figure, Prose, Statement, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{names_any, promise, seconds};

const YEAR: f64 = 31_536_000.0;

/// SQS keeps a message at most so long (Amazon SQS Developer Guide: message retention period).
const SQS_KEEP_S_MAX: f64 = 14.0 * 86_400.0;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    [archive(context), dead_letters(context), audit(context)].into_iter().flatten().collect()
}

/// An archive of years, and nothing that would keep one.
fn archive(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let (_, line) = prose.saying(&["archive"]).find(|(_, line)| long(line).is_some())?;
    let figure = long(line)?;
    let keeps = |(at, _): (usize, &Statement)| !prose.is_about(at, &["container-registry"]);
    if prose.saying(&["archive-mechanism"]).any(keeps)
        || names_any(context, &["s3-glacier", "aws-backup", "velero"])
    {
        return None;
    }
    let copies = prose.schedules.iter().filter(|copy| copy.period_s.is_some()).max_by(|one, other| {
        let keep = |copy: &sehat_platform::inventory::prose::Schedule| {
            copy.keep_s.as_ref().map_or(0.0, |keep| keep.value)
        };
        keep(one).total_cmp(&keep(other))
    });
    let longest = copies.and_then(|copy| copy.keep_s.as_ref());
    let kept = longest.map_or_else(
        || "nothing that is kept".to_owned(),
        |keep| format!("copies that end after {}", seconds(keep.value)),
    );
    Some(
        promise(context, NAME, Severity::High, "archive")
            .says(format!(
                "an archive of {} is promised, and the document names only {kept}",
                seconds(figure.high)
            ))
            .witness("automated backups of RDS end after 35 days; no export, vault or archive rule is named")
            .repair("export a copy each month to an object store with a lock and a rule for its age")
            .at(&line.place_of(figure), "promised here")
            .at(longest.map(|keep| &keep.origin), "the longest that is named"),
    )
}

fn long(line: &Statement) -> Option<&Figure> {
    line.figures.iter().find(|figure| figure.unit == Unit::Seconds && figure.high >= YEAR)
}

/// Dead letters live on the clock of the queue that they came from.
fn dead_letters(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let (dead, chapter) = prose.saying(&["dead-letter"]).find_map(|(at, line)| {
        let chapter = prose.above(at).find(|above| prose.statements[*above].names("sqs"))?;
        Some((line, chapter))
    })?;
    let mut keep =
        prose.block(chapter).iter().filter(|line| line.says("retention") && !line.says("dead-letter"));
    let (line, figure) = keep.find_map(|line| Some((line, line.figure(Unit::Seconds)?)))?;
    let only = prose.block(chapter).iter().filter(|line| line.says("retention")).count() == 1;
    (only && figure.high >= SQS_KEEP_S_MAX).then(|| {
        Finding::broken(NAME, Severity::Medium, "dead letter queue")
            .says("messages are kept as long in the queue as in its dead letter queue, which is the longest that there is")
            .witness("a standard queue's message keeps its first time when it moves: one that failed on day 13 is gone a day later")
            .repair("keep the source queue for 4 days and the dead letters for 14, and alert on their number")
            .at(&line.place_of(figure), "for all queues")
            .at(&dead.origin, "dead letters")
    })
}

/// Audit data is kept for years, and the logs that hold it for days.
fn audit(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let (_, promise_line) = prose
        .saying(&["audit", "audit-log"])
        .find(|(_, line)| line.says("retention") && long(line).is_some())?;
    let figure = long(promise_line)?;
    let (logs, keep) = logs(prose)?;
    (keep.high < figure.high).then(|| {
        promise(context, NAME, Severity::Medium, "audit logs")
            .says(format!(
                "audit data is kept for {}, and the only log store that is named for {}",
                seconds(figure.high),
                seconds(keep.high)
            ))
            .witness("nothing says where audit records go before the logs are deleted")
            .repair("send audit records to a store of their own, and state its retention")
            .at(&logs.place_of(keep), "logs kept so long")
            .at(&promise_line.place_of(figure), "promised here")
    })
}

fn logs(prose: &Prose) -> Option<(&Statement, &Figure)> {
    prose.statements.iter().enumerate().find_map(|(at, line)| {
        let figure = line.figure(Unit::Seconds).filter(|_| line.says("retention"))?;
        let above = prose.above(at).next()?;
        (prose.statements[above].says("log") && !line.says("audit")).then_some((line, figure))
    })
}
