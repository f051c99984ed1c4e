//! The part over documents in words.

use sehat_platform::inventory::prose::Component;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, names_any, promise};

const CHANNELS: [&str; 6] = ["alertmanager", "pagerduty", "opsgenie", "slack", "sms", "email"];

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let monitor = prose
        .components
        .iter()
        .find(|component| matches!(component.product, "prometheus" | "zabbix" | "grafana"));
    let Some(monitor) = monitor else { return Vec::new() };
    let channel = prose.components.iter().find(|component| CHANNELS.contains(&component.product));
    let tells = channel.is_some() || names_any(context, &CHANNELS) || prose.says(&["on-call"]);
    if !tells {
        return vec![nobody(context, monitor)];
    }
    rules(context, monitor, channel).into_iter().collect()
}

/// Data is collected, and nothing wakes anybody.
fn nobody(context: &Context<'_>, monitor: &Component) -> Finding {
    let name = called(&context.inventory.prose, monitor);
    promise(context, NAME, Severity::High, &name)
        .says(format!("{name} collects, and nothing tells a person that something is wrong"))
        .witness("no Alertmanager, channel or person on call is named")
        .repair("name the rules that fire, what sends them, and who answers at night")
        .at(&monitor.origin, "collects only")
}

/// A channel is named, and no rule that would use it.
fn rules(context: &Context<'_>, monitor: &Component, channel: Option<&Component>) -> Option<Finding> {
    let inventory = context.inventory;
    let prose = &inventory.prose;
    let is_threshold = |at: usize, line: &sehat_platform::inventory::prose::Statement| {
        !line.figures.is_empty() && prose.is_about(at, &["alerting", "monitor"])
    };
    let stated = prose.says(&["alert-rule"])
        || prose.statements.iter().enumerate().any(|(at, line)| is_threshold(at, line))
        || inventory.of_kind("PrometheusRule").next().is_some();
    if stated || monitor.product == "zabbix" {
        return None;
    }
    let channel = channel?;
    let name = called(prose, channel);
    Some(
        promise(context, NAME, Severity::High, &name)
            .says(format!("{name} is to tell of alerts, and no rule is stated that fires one"))
            .witness(
                "no alert rule or threshold stands in the document, nor what leads an alert to the channel",
            )
            .repair("state the rules, the route to each channel, and a test that one arrives")
            .at(&channel.origin, "never used")
            .at(&monitor.origin, "no rules"),
    )
}
