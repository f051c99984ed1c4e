//! Quantities of CPU and memory as rules add and show them: thousandths of a core, and bytes.

use sehat_diagnostic::Origin;
use sehat_platform::Bytes;
use sehat_platform::inventory::workload::{Container, Resources, Workload};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Request,
    Limit,
}

/// What a container states, and where.
pub struct Amount<'a> {
    pub value: u64,
    pub origin: &'a Origin,
}

pub fn amount<'a>(container: &'a Container, side: Side, resource: &str) -> Option<Amount<'a>> {
    let stated: &Resources = if side == Side::Request { &container.requests } else { &container.limits };
    match resource {
        "cpu" => stated.cpu.as_ref().map(|cpu| Amount { value: cpu.value.max, origin: &cpu.origin }),
        _ => stated.memory.as_ref().map(|memory| Amount { value: memory.value.0, origin: &memory.origin }),
    }
}

/// What a container asks for: a limit without a request is asked for too.
///
/// Source: Kubernetes, *Resource Management for Pods and Containers*.
pub fn asked<'a>(container: &'a Container, resource: &str) -> Option<Amount<'a>> {
    amount(container, Side::Request, resource).or_else(|| amount(container, Side::Limit, resource))
}

/// What a pod asks for on one side; nothing where a container states nothing.
pub fn of_pod(workload: &Workload, side: Side, resource: &str) -> Option<u64> {
    let one = |container: &Container| match side {
        Side::Request => asked(container, resource).map(|amount| amount.value),
        Side::Limit => amount(container, Side::Limit, resource).map(|amount| amount.value),
    };
    let running = workload.pod.running().map(one).try_fold(0_u64, |sum, one| Some(sum.saturating_add(one?)));
    let first = workload.pod.init.iter().filter_map(one).max();
    Some(running?.max(first.unwrap_or(0)))
}

/// Reads `500m`, `2`, `0.5` of CPU and `512Mi` of memory.
pub fn parse(resource: &str, text: &str) -> Option<u64> {
    if resource != "cpu" {
        return text.parse::<Bytes>().ok().map(|bytes| bytes.0);
    }
    if let Some(milli) = text.strip_suffix('m') {
        return milli.parse().ok();
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    whole.parse::<u64>().ok()?.checked_mul(1000)?.checked_add(digits.parse().ok()?)
}

/// Shows an amount as a manifest would.
pub fn shown(resource: &str, value: u64) -> String {
    if resource == "cpu" {
        return if value.is_multiple_of(1000) { (value / 1000).to_string() } else { format!("{value}m") };
    }
    let units = [(1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")];
    let unit = units.into_iter().find(|(size, _)| value >= *size && value.is_multiple_of(*size));
    unit.map_or_else(|| value.to_string(), |(size, name)| format!("{}{name}", value / size))
}
