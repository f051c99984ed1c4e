//! The part over documents in words.

use sehat_platform::inventory::prose::{Component, CopyKind, Figure, Prose, Statement, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{bytes, called, promise, rounded, seconds};

/// A short event with its time, its place and its person.
const EVENT_BYTES: f64 = 500.0;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let findings = [copies_of_copies(context), logs(context), audit(context), backups(context)];
    findings.into_iter().flatten().collect()
}

/// Replicated databases on replicated storage.
fn copies_of_copies(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let storage = prose.components.iter().rfind(|component| component.product == "ceph")?;
    let is_replicated = |component: &&Component| {
        component.kind == "database" && component.count.as_ref().is_some_and(|count| count.value > 2)
    };
    let database = prose.components.iter().find(is_replicated)?;
    let near = prose.above(storage.statement).next().unwrap_or(storage.statement);
    let raw: f64 =
        prose.block(near).iter().filter_map(|line| line.figure(Unit::Bytes)).map(|figure| figure.high).sum();
    if raw <= 0.0 || prose.saying(&["disk"]).any(|(_, line)| line.text.to_lowercase().contains("local")) {
        return None;
    }
    let copies = f64::from(database.count.as_ref()?.value);
    Some(
        promise(context, NAME, Severity::Medium, called(prose, storage))
            .says(format!("nothing says that databases with {} copies lie outside of storage that makes three: every byte would lie there {} times", rounded(copies), rounded(copies * 3.0)))
            .witness(format!("{} raw hold {} at three copies, and {} of distinct database data", bytes(raw), bytes(raw / 3.0), bytes(raw / 3.0 / copies)))
            .repair("keep replicated databases on local disks, and state what the cluster is to hold")
            .at(&storage.origin, "the storage")
            .at(&database.origin, "the database"),
    )
}

fn rate(prose: &Prose) -> Option<(&Statement, &Figure)> {
    let mut all = prose.statements.iter().filter_map(|line| Some((line, line.figure(Unit::PerSecond)?)));
    all.find(|(_, figure)| figure.of == Some("event") || figure.high >= 5000.0)
}

/// Events for some days against the room for logs.
fn logs(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let (line, rate) = rate(prose)?;
    let room = prose.statements.iter().find_map(|line| {
        let figure = line.figure(Unit::Bytes).filter(|_| line.key.is_some() && line.says("log"))?;
        Some((line, figure))
    });
    let (logs, room) = room?;
    let fast = rate.high * EVENT_BYTES;
    let slow = rate.low * EVENT_BYTES;
    let keep = prose.statements.iter().enumerate().find_map(|(at, line)| {
        let figure = line.figure(Unit::Seconds).filter(|_| line.says("retention"))?;
        prose.above(at).next().filter(|above| prose.statements[*above].says("log")).map(|_| (line, figure))
    });
    let asked = keep.map_or(7.0 * 86_400.0, |(_, figure)| figure.high);
    (room.high / slow < asked).then(|| {
        promise(context, NAME, Severity::High, "logs")
            .says(format!(
                "{} for logs are full within {} to {} where each event leaves a line",
                bytes(room.high),
                seconds(room.high / fast),
                seconds(room.high / slow)
            ))
            .witness(format!(
                "{} to {} events a second of {EVENT_BYTES} bytes; kept for {} they need {} and more",
                rounded(rate.low),
                rounded(rate.high),
                seconds(asked),
                bytes(slow * asked)
            ))
            .repair("say which events are logged, sample them, or size the store by rate and retention")
            .at(&logs.place_of(room), "the room")
            .at(&line.place_of(rate), "the rate")
            .at(keep.map(|(line, figure)| line.place_of(figure)).as_ref(), "kept so long")
    })
}

/// Events for years against the room for files.
fn audit(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let (line, rate) = rate(prose)?;
    let keep = prose.statements.iter().find_map(|line| {
        let figure = line.figure(Unit::Seconds).filter(|figure| figure.high > 31_000_000.0)?;
        (line.says("retention") && line.says("audit")).then_some((line, figure))
    });
    let (kept, keep) = keep?;
    let room = prose.statements.iter().filter_map(|line| Some((line, line.figure(Unit::Bytes)?)));
    let (large, room) = room.max_by(|one, other| one.1.high.total_cmp(&other.1.high))?;
    let least = rate.low * EVENT_BYTES * keep.high;
    (least > room.high).then(|| {
        promise(context, NAME, Severity::Critical, "audit data")
            .says(format!("{} of audit data at {} events a second are {} and more, and the largest store that is stated holds {}", seconds(keep.high), rounded(rate.low), bytes(least), bytes(room.high)))
            .witness(format!("{EVENT_BYTES} bytes an event; nothing says which events are audit data"))
            .repair("say which events are audit data, aggregate the rest, and name the tier that keeps them")
            .at(&kept.place_of(keep), "kept so long")
            .at(&line.place_of(rate), "so many")
            .at(&large.place_of(room), "the largest store")
    })
}

/// Full copies each day, kept for a month, of a large database, and no size of what takes them.
fn backups(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let full = prose
        .schedules
        .iter()
        .find(|copy| copy.kind == CopyKind::Full && copy.keep_s.is_some() && copy.period_s.is_some())?;
    let keep = full.keep_s.as_ref()?;
    let count = (keep.value / full.period_s.as_ref()?.value).floor();
    let (line, size) = prose.statements.iter().enumerate().find_map(|(at, line)| {
        let size = line.figures.iter().rfind(|figure| figure.unit == Unit::Bytes)?;
        (prose.is_about(at, &["database"]) && size.high >= 1e11).then_some((line, size))
    })?;
    let sized = prose
        .statements
        .iter()
        .enumerate()
        .any(|(at, line)| line.figure(Unit::Bytes).is_some() && prose.is_about(at, &["backup"]));
    (count >= 2.0 && !sized).then(|| {
        promise(context, NAME, Severity::High, "backup")
            .says(format!("{} full copies of up to {} are {} before increments, and no size is stated for what takes them", rounded(count), bytes(size.high), bytes(size.high * count)))
            .witness("each full copy may be as large as the disk that it copies")
            .repair("state the size of the store of copies; copy in full each week and by difference each day, with deduplication")
            .at(&full.origin, "so often")
            .at(&keep.origin, "so long")
            .at(&line.place_of(size), "so large")
    })
}
