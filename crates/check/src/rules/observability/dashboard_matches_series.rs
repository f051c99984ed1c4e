//! Proves that a dashboard loads, and asks for series that there are.
//!
//! A file for provisioning holds the dashboard itself, as JSON without comments and without the `dashboard` around it
//! that the HTTP API has. Panels need a type that Grafana still has. A quantile over a histogram sums its buckets by
//! `le` first. A query by `job` names a job of the configuration or a service that a monitor selects.
//!
//! Unknown: a job that no configuration here has; a label that the scraping does not give, because the program itself
//! may give it.
//!
//! Source: Grafana documentation, "Provision Grafana" and "Angular support removal"; Prometheus documentation,
//! `histogram_quantile`.

use std::collections::BTreeSet;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::watch::{Dashboard, Panel, ServerKind};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "dashboard-matches-series";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Dashboards load, and each query matches existing labels and aggregates correctly.",
    severity: Severity::High,
    hygiene: false,
    source: "Grafana documentation: provisioning; Prometheus documentation: histogram_quantile",
    file: include_str!("dashboard_matches_series.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let inventory = context.inventory;
    let mut findings = Vec::new();
    for dashboard in &inventory.watch.dashboards {
        findings.extend(not_loaded(dashboard));
        findings.extend(panels(dashboard));
        findings.extend(quantiles(dashboard));
        findings.extend(labels(inventory, dashboard));
    }
    findings.into()
}

fn not_loaded(dashboard: &Dashboard) -> Option<Finding> {
    let (place, says, witness) = match (&dashboard.comment, &dashboard.wrapped) {
        (Some(place), _) => (
            place,
            "begins with a comment, which JSON does not have",
            "the file is not read at all: \"invalid character '/'\"",
        ),
        (None, Some(place)) => (
            place,
            "is wrapped in `dashboard`, as only the HTTP API takes it",
            "provisioning reads a model without title: \"Dashboard title cannot be empty\"",
        ),
        (None, None) => return None,
    };
    let finding = Finding::broken(NAME, Severity::High, &dashboard.name)
        .says(format!("dashboard \"{}\" {says}", dashboard.name))
        .witness(witness)
        .repair("write the dashboard's own model as plain JSON")
        .at(place, "not read by provisioning");
    Some(finding.at(dashboard.wrapped.as_ref().filter(|_| dashboard.comment.is_some()), "and wrapped"))
}

/// Types that were plugins of Angular, which Grafana 12 has no more.
const REMOVED: [&str; 4] = ["graph", "singlestat", "table-old", "grafana-piechart-panel"];

fn panels(dashboard: &Dashboard) -> Option<Finding> {
    let removed = |panel: &&Panel| panel.kind.as_ref().is_some_and(|kind| REMOVED.contains(&kind.as_str()));
    let without = |panel: &&Panel| panel.kind.is_none();
    let found: Vec<&Panel> =
        dashboard.panels.iter().filter(|panel| removed(panel) || without(panel)).collect();
    let first = found.first()?;
    let what = match &first.kind {
        Some(kind) => format!("type `{}`, which Grafana 12 removed", kind.value),
        None => "no type".to_owned(),
    };
    let place = first.kind.as_ref().map_or(&first.origin, |kind| &kind.origin);
    let finding = Finding::broken(NAME, Severity::Medium, &dashboard.name)
        .says(format!("panel \"{}\" of dashboard \"{}\" has {what}", first.title, dashboard.name))
        .witness("the panel shows an error instead of a graph")
        .repair("use `timeseries`, with a data source and a place (`gridPos`)")
        .at(place, "not shown")
        .counts(found.len());
    Some(found.iter().skip(1).take(3).fold(finding, |finding, panel| finding.at(&panel.origin, "nor this")))
}

fn quantiles(dashboard: &Dashboard) -> Option<Finding> {
    let queries = dashboard.panels.iter().flat_map(|panel| &panel.queries);
    let found: Vec<_> = queries.filter(|query| is_unsummed(query)).collect();
    let first = found.first()?;
    Some(
        Finding::broken(NAME, Severity::Medium, &dashboard.name)
            .says(format!("a quantile of dashboard \"{}\" is not summed by `le`", dashboard.name))
            .witness("it draws one line per pod, path and status, each a quantile of few requests, and none of the service")
            .repair("write `histogram_quantile(0.95, sum by (le) (rate(...)))`")
            .at(&first.origin, "one line per label set")
            .counts(found.len()),
    )
}

fn is_unsummed(query: &str) -> bool {
    let plain: String = query.chars().filter(|c| !c.is_whitespace()).collect();
    let Some((_, inside)) = plain.split_once("histogram_quantile(") else { return false };
    let Some((_, inside)) = inside.split_once(',') else { return false };
    // A recorded sum carries its aggregation in its name, and native histograms have no buckets.
    let direct = ["rate(", "irate(", "increase("].iter().any(|start| inside.starts_with(start));
    // A panel per instance wants one line per instance.
    let per_instance = ["instance=", "pod=", "node="].iter().any(|label| inside.contains(label));
    let of_requests = inside.contains("http_") || inside.contains("request") || inside.contains("grpc_");
    direct && of_requests && !per_instance && inside.contains("_bucket")
}

/// Matchers of a query: label and value, where the value is a plain text.
fn matchers(query: &str) -> Vec<(String, String)> {
    let inside = query.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(inside, _)| inside);
    let pairs = inside.flat_map(|inside| inside.split(','));
    pairs
        .filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let value = value.trim();
            let plain = value.strip_prefix('"')?.strip_suffix('"')?;
            let known = !plain.is_empty() && !plain.contains(['$', '[']);
            (known && !name.ends_with('!')).then(|| (name.trim().to_owned(), plain.to_owned()))
        })
        .collect()
}

fn labels(inventory: &Inventory, dashboard: &Dashboard) -> Option<Finding> {
    let plain: Vec<_> = inventory.watch.servers.iter().filter(|server| !server.jobs.is_empty()).collect();
    let server = plain.first()?;
    let steps = || plain.iter().flat_map(|server| &server.jobs).flat_map(|job| &job.relabel);
    let maps_any = steps().any(|step| step.action == "labelmap" || step.target.as_deref() == Some("job"));
    let jobs: BTreeSet<&str> =
        plain.iter().flat_map(|server| &server.jobs).map(|job| job.name.as_str()).collect();
    let services: BTreeSet<&str> =
        inventory.network.services.iter().map(|service| service.object.id.name.as_str()).collect();
    let monitored =
        !inventory.watch.monitors.is_empty() && plain.iter().any(|server| server.kind != ServerKind::File);
    let mut missing: Vec<(String, String, &Origin, bool)> = Vec::new();
    for query in dashboard.panels.iter().flat_map(|panel| &panel.queries) {
        for (name, value) in matchers(query) {
            let sets = steps().any(|step| step.target.as_deref() == Some(name.as_str()));
            let known_job = jobs.contains(value.as_str())
                || (monitored && services.contains(value.as_str()))
                || steps().any(|step| step.target.as_deref() == Some("job"));
            let bad_job = name == "job" && !known_job;
            let bad_label = matches!(name.as_str(), "service" | "pod" | "namespace" | "container" | "app")
                && !sets
                && !maps_any
                && !monitored;
            if bad_job || bad_label {
                missing.push((name, value, &query.origin, bad_job));
            }
        }
    }
    let (name, value, origin, is_job) = missing.first()?;
    let finding = if *is_job {
        Finding::unknown(NAME, Severity::High, &dashboard.name)
            .says(format!(
                "dashboard \"{}\" asks for job `{value}`, and the jobs are {}",
                dashboard.name,
                listed(&jobs)
            ))
            .witness(format!(
                "`job` is the name of the scrape job: unless another configuration has `{value}`, the panel is empty"
            ))
    } else {
        Finding::unknown(NAME, Severity::High, &dashboard.name)
            .says(format!(
                "dashboard \"{}\" asks for `{name}=\"{value}\"`, and no scrape job gives a label `{name}`",
                dashboard.name
            ))
            .witness(format!("unless the program itself gives `{name}`, every panel is empty"))
    };
    let at = server.jobs.first().map_or(&server.origin, |job| &job.name.origin);
    Some(
        finding
            .repair("give the label by relabelling, or ask by one that the targets have")
            .at(*origin, "asked for here")
            .at(at, "scraped here")
            .counts(missing.len()),
    )
}

fn listed(jobs: &BTreeSet<&str>) -> String {
    jobs.iter().map(|job| format!("`{job}`")).collect::<Vec<_>>().join(", ")
}
