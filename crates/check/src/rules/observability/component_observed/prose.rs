//! The part over documents in words.

use std::collections::BTreeSet;

use sehat_platform::inventory::prose::{Component, Form, Prose, Statement};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, is_managed, listed, names_any, promise};

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    [drawn(context), watchers(context)].into_iter().flatten().collect()
}

/// A diagram leads from monitoring to some boxes and leaves out others.
fn drawn(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let is_monitor =
        |line: &Statement| line.says("monitor") || line.names("prometheus") || line.names("zabbix");
    let watched: BTreeSet<usize> = prose
        .links
        .iter()
        .filter(|link| is_monitor(&prose.statements[link.ends.0]))
        .map(|link| link.ends.1)
        .collect();
    if watched.is_empty() {
        return None;
    }
    let serves = |line: &Statement| {
        !line.products.is_empty() || line.says_any(&["load-balancer", "server", "database", "cache", "cdn"])
    };
    let ends = prose.links.iter().flat_map(|link| [link.ends.0, link.ends.1]);
    let left: BTreeSet<usize> = ends
        .filter(|at| {
            let line = &prose.statements[*at];
            !watched.contains(at) && !is_monitor(line) && serves(line)
        })
        .collect();
    let first = left.iter().min_by_key(|at| (!prose.statements[**at].says("load-balancer"), **at))?;
    let names: Vec<String> = left.iter().map(|at| prose.statements[*at].text.clone()).collect();
    let chapter = prose.statements.iter().find(|line| line.is_heading() && line.says("monitor"));
    Some(
        promise(context, NAME, Severity::High, listed(&names))
            .says(format!(
                "the diagram leads monitoring to {} boxes and not to {}",
                watched.len(),
                listed(&names)
            ))
            .witness("what nobody measures fails without a sign")
            .repair("add exporters or probes from outside for each, and an alert where their data is missing")
            .counts(left.len())
            .at(&prose.statements[*first].origin, "not observed")
            .at(chapter.map(|line| &line.origin), "monitoring here"),
    )
}

/// Monitoring that the team runs itself, and nothing that sees it fail.
fn watchers(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let monitors = monitors(prose);
    let first = monitors.first()?;
    if prose.says(&["meta-monitoring"]) || names_any(context, &["alertmanager-heartbeat", "healthchecks"]) {
        return None;
    }
    let mut names: Vec<String> = monitors.iter().map(|component| called(prose, component)).collect();
    names.dedup();
    let mut finding = promise(context, NAME, Severity::Medium, listed(&names))
        .says(format!(
            "nothing says who notices that {} {} silent",
            listed(&names),
            if names.len() == 1 { "is" } else { "are" }
        ))
        .witness("a monitor that is away raises no alert; one instance of each is named")
        .repair("send an alert that is always on to a place outside that misses it, and run two")
        .at(&first.origin, "not watched");
    for component in monitors.iter().skip(1).take(3) {
        finding = finding.at(&component.origin, "not watched");
    }
    Some(finding)
}

fn monitors(prose: &Prose) -> Vec<&Component> {
    let mut found: Vec<&Component> = Vec::new();
    for component in &prose.components {
        let is_monitor =
            matches!(component.product, "prometheus" | "zabbix") && !is_managed(component.product);
        let drawn = prose.statement(component).is_some_and(|line| line.form == Form::Node);
        let several = component.count.as_ref().is_some_and(|count| count.value > 1);
        if is_monitor && !drawn && !several && !found.iter().any(|known| known.product == component.product) {
            found.push(component);
        }
    }
    found
}
