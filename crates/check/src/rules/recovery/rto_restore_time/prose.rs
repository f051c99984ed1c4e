//! The part over documents in words.

use sehat_platform::inventory::prose::{Figure, Prose, Statement, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{bytes, promise, seconds};

/// Restoring less than that takes minutes on any line.
const LARGE_BYTES: f64 = 5e11;

/// A link of today, in bytes per second, where the document states none.
const ASSUMED_BYTES_PER_SECOND: f64 = 125e6;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let promised = prose
        .statements
        .iter()
        .find_map(|line| Some((line, line.says("rto").then(|| line.figure(Unit::Seconds))??)));
    match promised {
        Some((line, figure)) => too_slow(prose, line, figure).into_iter().collect(),
        None => unstated(context).into_iter().collect(),
    }
}

/// The largest amount over the throughput of what holds it.
fn too_slow(prose: &Prose, line: &Statement, promise: &Figure) -> Option<Finding> {
    let throughput = prose.statements.iter().enumerate().find_map(|(at, line)| {
        let figure = line.figure(Unit::BytesPerSecond)?;
        let of_files = prose
            .above(at)
            .any(|above| prose.statements[above].products.iter().any(|mention| is_file_share(mention.name)));
        of_files.then_some((line, figure))
    });
    let (fast, rate) = throughput?;
    let files = prose
        .statements
        .iter()
        .find_map(|line| Some((line, line.says("file-storage").then(|| line.figure(Unit::Bytes))??)));
    let (large, size) = files?;
    let least = size.low / rate.high;
    let most = size.high / rate.low;
    (most > promise.high).then(|| {
        Finding::broken(NAME, Severity::Critical, "file storage")
            .says(format!(
                "refilling {} at {} a second takes {}, and all is promised back in {}",
                bytes(size.high),
                bytes(rate.low),
                seconds(most),
                seconds(promise.high)
            ))
            .witness(format!(
                "even {} take {}, before cluster, names and database are rebuilt",
                bytes(size.low),
                seconds(least)
            ))
            .repair("raise the throughput for the restore, keep a replica of the files, or promise less")
            .at(&line.place_of(promise), "promised here")
            .at(&fast.place_of(rate), "so fast")
            .at(&large.place_of(size), "so large")
    })
}

fn is_file_share(product: &str) -> bool {
    sehat_catalog::product(product).is_some_and(|known| known.kind == "file-share")
}

/// A large database, copies, and no time by which it is back.
fn unstated(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let copies = prose.schedules.first()?;
    let is_store = |at: usize| prose.is_about(at, &["database"]);
    let (line, size) = prose.statements.iter().enumerate().find_map(|(at, line)| {
        let size =
            line.figures.iter().find(|figure| figure.unit == Unit::Bytes && figure.high >= LARGE_BYTES)?;
        is_store(at).then_some((line, size))
    })?;
    let rate = prose
        .statements
        .iter()
        .find_map(|line| line.figure(Unit::BitsPerSecond))
        .map_or(ASSUMED_BYTES_PER_SECOND, |figure| figure.high / 8.0);
    Some(
        promise(context, NAME, Severity::Medium, "database")
            .says(format!(
                "copying back {} takes {} at {} a second, and no RTO says whether that is soon enough",
                bytes(size.high),
                seconds(size.high / rate),
                bytes(rate)
            ))
            .witness("increments are replayed and replicas rebuilt after that")
            .repair("measure a restore, and state an RTO that it keeps")
            .at(&line.place_of(size), "so large")
            .at(&copies.origin, "copied here")
            .asks("objectives: { rto: 4h }"),
    )
}
