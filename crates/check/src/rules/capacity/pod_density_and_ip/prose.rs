//! The part over documents in words.

use sehat_catalog::InstanceType;
use sehat_platform::inventory::prose::{Figure, Prose, Statement, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{names_any, promise, rounded};
use crate::rules::capacity::types;

/// Addresses of a subnet of the smallest size that is common, less the five that AWS keeps.
const SMALL_SUBNET: f64 = 251.0;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let Some((first, nodes)) = nodes(prose) else { return Vec::new() };
    let addresses: Vec<f64> = types(prose).values().filter_map(|(row, _)| addresses(row)).collect();
    let (Some(least), Some(most)) = (min(&addresses), max(&addresses)) else { return Vec::new() };
    let subnets = prose
        .statements
        .iter()
        .find_map(|line| Some((line, line.figures.iter().find(|figure| figure.of == Some("subnet"))?)));
    let Some((line, count)) = subnets else { return Vec::new() };
    let sized = prose.segments.len() > 1 || prose.says(&["prefix-delegation"]);
    let half = line
        .figures
        .iter()
        .filter(|figure| figure.unit == Unit::Count)
        .map(|figure| figure.high)
        .fold(f64::MAX, f64::min);
    let small = half.min(count.high) * SMALL_SUBNET;
    if sized || !names_any(context, &["eks"]) || nodes * least < small {
        return Vec::new();
    }
    vec![
        promise(context, NAME, Severity::High, "subnets")
            .says(format!(
                "up to {} nodes take {} to {} addresses, and nothing says how large the subnets are",
                rounded(nodes),
                rounded(nodes * least),
                rounded(nodes * most)
            ))
            .witness(format!(
                "each pod takes an address of its subnet; {} subnets of /24 hold {}",
                rounded(half.min(count.high)),
                rounded(small)
            ))
            .repair("state the masks of the subnets, or give nodes prefixes of addresses")
            .at(&first.origin, "so many nodes")
            .at(&line.place_of(count), "subnets without a size"),
    ]
}

/// The sum of all groups at their upper end, with the first line that says it.
fn nodes(prose: &Prose) -> Option<(&Statement, f64)> {
    let mut first = None;
    let mut sum = 0.0;
    for line in prose.statements.iter().filter(|line| line.says("scaling")) {
        let Some(range) =
            line.figures.iter().find(|figure| figure.of == Some("node") && figure.high > figure.low)
        else {
            continue;
        };
        first = first.or(Some(line));
        sum += range.high * groups(prose, line);
    }
    first.map(|line| (line, sum))
}

/// How many groups the neighbours of a line count.
fn groups(prose: &Prose, line: &Statement) -> f64 {
    if !line.says_any(&["group", "per"]) {
        return 1.0;
    }
    let near = line.under.map_or(&[][..], |under| prose.block(under));
    let counted = |figure: &&Figure| figure.unit == Unit::Count && figure.of == Some("group");
    let neighbours = near.iter().filter(|other| other.says("group") && !other.says("scaling"));
    neighbours.flat_map(|other| &other.figures).find(counted).map_or(1.0, |figure| figure.high)
}

fn addresses(row: &InstanceType) -> Option<f64> {
    Some(f64::from(row.interface_count?) * f64::from(row.addresses_per_interface?))
}

fn min(all: &[f64]) -> Option<f64> {
    all.iter().copied().reduce(f64::min)
}

fn max(all: &[f64]) -> Option<f64> {
    all.iter().copied().reduce(f64::max)
}
