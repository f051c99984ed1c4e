//! The part over documents in words.

use sehat_platform::inventory::prose::{Component, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, promise, rounded};

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    [load(context), hosts(context)].into_iter().flatten().collect()
}

/// A rate and a response time make requests in flight, which somebody must have workers for.
fn load(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let (_, line, rate) = prose.statements.iter().enumerate().find_map(|(at, line)| {
        let rate = line.figure(Unit::PerSecond).filter(|_| line.says_any(&["throughput", "request"]))?;
        Some((at, line, rate))
    })?;
    let time = prose
        .statements
        .iter()
        .find_map(|line| Some((line, line.says("response-time").then(|| line.figure(Unit::Seconds))??)));
    let (slow, time) = time?;
    if prose.says(&["worker-count"]) {
        return None;
    }
    let in_flight = rate.high * time.high;
    let least = prose
        .components
        .iter()
        .filter(|component| component.kind == "service")
        .filter_map(|component| component.count.as_ref())
        .filter(|count| count.value > 1)
        .min_by_key(|count| count.value);
    let rest = least.map(|count| {
        format!(
            "; after the loss of one of {count} the others carry {} % of their load",
            rounded(f64::from(count.value) / f64::from(count.value - 1) * 100.0)
        )
    });
    Some(
        promise(context, NAME, Severity::Medium, "load")
            .says(format!(
                "{} requests a second at {} ms are {} in flight, and nothing says how many each server takes",
                rounded(rate.high),
                rounded(time.high * 1000.0),
                rounded(in_flight)
            ))
            .witness(format!("Little's law: rate times response time{}", rest.unwrap_or_default()))
            .repair("state the workers of each server, and test the load with one server away")
            .at(&line.place_of(rate), "the rate")
            .at(&slow.place_of(time), "the response time")
            .at(least.map(|count| &count.origin), "the fewest servers"),
    )
}

/// Machines stand on hosts of which nobody says how large they are.
fn hosts(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let is_host = |component: &&Component| {
        component.product == "proxmox-ve" && component.count.as_ref().is_some_and(|count| count.value > 1)
    };
    let cluster = prose.components.iter().find(is_host)?;
    let count = cluster.count.as_ref()?.value;
    let sized = prose.block(cluster.statement).iter().any(|line| {
        line.figures.iter().any(|figure| figure.unit == Unit::Bytes || figure.of == Some("vcpu"))
    });
    if sized {
        return None;
    }
    let name = called(prose, cluster);
    Some(
        promise(context, NAME, Severity::Medium, &name)
            .says(format!("nothing says that {} of {count} {name} hosts can carry the machines of all", count - 1))
            .witness("neither memory nor CPUs of a host are stated")
            .repair("state the size of each host and of each machine, and keep their sum below what remains after one loss")
            .at(&cluster.origin, "hosts without a size"),
    )
}
