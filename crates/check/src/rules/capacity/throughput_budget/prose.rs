//! The part over documents in words.

use std::collections::BTreeMap;

use sehat_catalog::{self as catalog, InstanceType};
use sehat_diagnostic::Origin;
use sehat_platform::inventory::prose::{Figure, Prose, Statement, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{bits_per_second, bytes, names_any, promise, rounded, seconds};

/// Messages a second that a FIFO queue of SQS takes in batches (Amazon SQS Developer Guide: FIFO quotas).
const FIFO_PER_SECOND: f64 = 3000.0;

/// A refill that takes longer leaves the data at risk for a working day.
const REFILL_S_MAX: f64 = 4.0 * 3600.0;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    [refill(context), events(context), links(&context.inventory.prose)].into_iter().flatten().collect()
}

fn bandwidth(prose: &Prose) -> Option<(&Statement, &Figure)> {
    prose.statements.iter().find_map(|line| Some((line, line.figure(Unit::BitsPerSecond)?)))
}

/// A disk of a cluster is refilled over the network that everything shares.
fn refill(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let (line, rate) = bandwidth(prose)?;
    let cluster = prose
        .components
        .iter()
        .find(|component| matches!(component.product, "ceph" | "longhorn" | "minio"))?;
    let near = prose.above(cluster.statement).next().unwrap_or(cluster.statement);
    let disks = prose.block(near).iter().filter_map(|line| Some((line, line.figure(Unit::Bytes)?)));
    let (disk, size) = disks.max_by(|one, other| one.1.high.total_cmp(&other.1.high))?;
    let time = size.high * 8.0 / rate.high;
    (time > REFILL_S_MAX && !prose.says(&["replication-network"])).then(|| {
        promise(context, NAME, Severity::High, cluster.product)
            .says(format!("refilling a disk of {} over {} takes {}, with no other traffic", bytes(size.high), bits_per_second(rate.high), seconds(time)))
            .witness("as long as it is refilled, the loss of another disk is the loss of its copies; clients and replication share the line")
            .repair("give storage a network of its own of 10 Gbit/s or more")
            .at(&line.place_of(rate), "the only line")
            .at(&disk.place_of(size), "a disk")
    })
}

/// Events by the tens of thousands, and a queue that orders some thousand.
fn events(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let (line, rate) = prose.statements.iter().find_map(|line| {
        let rate = line.figure(Unit::PerSecond).filter(|rate| rate.high > FIFO_PER_SECOND)?;
        Some((line, rate))
    })?;
    let queue = prose.components.iter().rfind(|component| component.product == "sqs")?;
    if names_any(context, &["kinesis", "msk", "kafka", "nats"]) {
        return None;
    }
    let fifo = prose.saying(&["fifo"]).next().map(|(_, line)| &line.origin);
    Some(
        promise(context, NAME, Severity::High, "events")
            .says(format!("{} events a second are stated, and SQS is the only thing named that could carry them", rounded(rate.high)))
            .witness("a FIFO queue takes 300 calls, 3 000 messages in batches, a second; a standard queue keeps no order; polling adds tens of milliseconds")
            .repair("name a stream (Kinesis, MSK) for events, and keep queues for tasks")
            .at(&line.place_of(rate), "so many")
            .at(&queue.origin, "the queue")
            .at(fifo, "ordered"),
    )
}

/// A bandwidth is stated that the named machine types do not have.
fn links(prose: &Prose) -> Option<Finding> {
    let (line, rate) = prose
        .statements
        .iter()
        .find_map(|line| Some((line, line.says("bandwidth").then(|| line.figure(Unit::BitsPerSecond))??)))?;
    let types = types(prose);
    let slow: Vec<_> = types
        .values()
        .filter(|(row, _)| row.network_mbps_baseline.is_some_and(|mbps| f64::from(mbps) * 1e6 < rate.low))
        .collect();
    let (row, origin) = slow.first()?;
    let names: Vec<&str> = slow.iter().map(|(row, _)| row.name).collect();
    Some(
        Finding::broken(NAME, Severity::Medium, "network")
            .says(format!(
                "{} and more are stated, and {} carries {} Mbit/s all the time",
                bits_per_second(rate.low),
                row.name,
                row.network_mbps_baseline.unwrap_or_default()
            ))
            .witness(format!("below it: {}; more is a burst that ends", names.join(", ")))
            .repair("take larger types, or state what they carry")
            .at(&line.place_of(rate), "stated here")
            .at(origin, "too slow")
            .counts(slow.len()),
    )
}

/// Machine types that the text names, each with its first place.
pub fn types(prose: &Prose) -> BTreeMap<&'static str, (&'static InstanceType, Origin)> {
    let mut found = BTreeMap::new();
    for (index, line) in prose.statements.iter().enumerate() {
        // The machine of administrators carries no load.
        if prose.is_about(index, &["bastion"]) {
            continue;
        }
        let mut at = 0;
        for word in line.text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.') {
            let start = at;
            at += word.len() + line.text[at + word.len()..].chars().next().map_or(0, char::len_utf8);
            let plain = word.trim_end_matches('.');
            let is_type = plain.contains('.') && !plain.starts_with("db.") && !plain.starts_with("cache.");
            if let Some(row) = is_type.then(|| catalog::instance_type(plain)).flatten() {
                found.entry(row.name).or_insert_with(|| (row, line.place(start..start + plain.len())));
            }
        }
    }
    found
}
