//! The part of `quota-fits` that looks for pods without the requests and limits that a quota counts.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::limits::{LimitRange, Quota};
use sehat_platform::inventory::workload::{Container, Workload};
use sehat_verdict::{Finding, Fix, Severity};
use serde_json::{Value, json};

use super::quota_fits::{NAME, counted_amounts, in_namespace, words};
use crate::Context;
use crate::load::{first_and_more, merge_container, quoted, verb, with_places};
use crate::rules::capacity::amounts::{Side, amount, asked};

/// What a quota counts of each container.
type Counted<'a> = (Side, &'static str, &'a Stated<String>);

pub fn finding(context: &Context<'_>, quota: &Quota) -> Option<Finding> {
    let ranges: Vec<&LimitRange> = context
        .inventory
        .limits
        .ranges
        .iter()
        .filter(|range| range.object.id.namespace == quota.object.id.namespace)
        .collect();
    let wanted: Vec<Counted<'_>> =
        counted_amounts(quota).filter(|(side, resource, _)| !is_given(&ranges, *side, resource)).collect();
    let bare: Vec<(&Workload, &Container)> = in_namespace(context, quota)
        .filter_map(|workload| {
            let lacks = |container: &&Container| wanted.iter().any(|wanted| lacks(container, wanted));
            Some((workload, workload.pod.all_containers().find(lacks)?))
        })
        .collect();
    bare.first()?;
    Some(of_bare(quota, &wanted, &bare, !ranges.is_empty() || context.inventory.whole))
}

/// A default limit is a default request too.
fn is_given(ranges: &[&LimitRange], side: Side, resource: &str) -> bool {
    ranges.iter().flat_map(|range| &range.items).any(|item| {
        let requested = side == Side::Request && item.default_request.contains_key(resource);
        item.kind == "Container" && (requested || item.default.contains_key(resource))
    })
}

fn lacks(container: &Container, (side, resource, _): &Counted<'_>) -> bool {
    match side {
        Side::Request => asked(container, resource).is_none(),
        Side::Limit => amount(container, Side::Limit, resource).is_none(),
    }
}

fn of_bare(quota: &Quota, wanted: &[Counted<'_>], bare: &[(&Workload, &Container)], known: bool) -> Finding {
    let (first, container) = bare[0];
    let missing: Vec<&Counted<'_>> = wanted.iter().filter(|wanted| lacks(container, wanted)).collect();
    let what: Vec<String> = missing.iter().map(|(side, resource, _)| words(*side, resource)).collect();
    let what = what.join(" and ");
    let (who, state) = (quoted(&first.object.id, bare.len()), verb(bare.len(), "states", "state"));
    let subject = first_and_more(&first.object.id, bare.len());
    let (finding, unless) = if known {
        (Finding::broken(NAME, Severity::High, subject), "")
    } else {
        let asks = format!("limit-range {}: none", quota.object.id.namespace);
        let finding = Finding::unknown(NAME, Severity::High, subject).asks(asks);
        (finding, ", unless a LimitRange that the files do not hold gives a default")
    };
    let places: Vec<(&Origin, &str)> =
        bare.iter().map(|(_, container)| (&container.origin, "not stated")).collect();
    let finding = finding
        .says(format!("{who} {state} no {what}, which `{}` counts{unless}", quota.object.id))
        .witness(format!("the API refuses each pod of `{}`: must specify {what}", first.object.id))
        .repair(format!("state {what} for each container, or give a default with a LimitRange"));
    let finding =
        with_places(finding, &places).at(missing.first().map(|(.., hard)| &hard.origin), "counted here");
    bare.iter().map(|(workload, container)| fix(workload, container, wanted)).fold(finding, Finding::fix)
}

fn fix(workload: &Workload, container: &Container, wanted: &[Counted<'_>]) -> Fix {
    let mut resources = json!({});
    for (side, resource, _) in wanted.iter().filter(|wanted| lacks(container, wanted)) {
        let side = if *side == Side::Request { "requests" } else { "limits" };
        let value = if *resource == "cpu" { "100m" } else { "128Mi" };
        resources[side][*resource] = Value::from(value);
    }
    merge_container(workload, &container.name, &json!({ "resources": resources }))
}
