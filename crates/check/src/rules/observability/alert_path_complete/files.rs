//! Configuration of Prometheus and Alertmanager: each link from a rule to a channel.

use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::watch::{AlertRouter, MetricServer, Receiver, ServerKind};
use sehat_verdict::{Finding, Severity};

use super::NAME;

pub fn judge(inventory: &Inventory) -> Vec<Finding> {
    let servers = inventory.watch.servers.iter();
    let mut findings: Vec<Finding> = servers.filter_map(|server| of_server(inventory, server)).collect();
    for router in &inventory.watch.routers {
        findings.extend(undeclared(router));
        findings.extend(silent(router));
    }
    findings
}

fn of_server(inventory: &Inventory, server: &MetricServer) -> Option<Finding> {
    if server.alerting.is_some() || server.kind == ServerKind::Chart {
        return None;
    }
    // An agent, or one that another evaluates, says neither.
    let evaluates = !server.rule_files.is_empty() || !inventory.watch.rules.is_empty();
    if server.kind == ServerKind::Operator && !evaluates {
        return None;
    }
    let no_rules = inventory.watch.rules.is_empty();
    let also = if no_rules { ", and no alerting rule is among the files" } else { "" };
    let severity = if evaluates { Severity::High } else { Severity::Medium };
    let finding = Finding::broken(NAME, severity, &server.name)
        .says(format!("{} knows no Alertmanager{also}", server.name))
        .witness("a rule that fires is shown on its own page, and nobody is told")
        .repair("add `alerting: { alertmanagers: ... }`, and rules")
        .at(&server.origin, "no `alerting` beside it");
    Some(finding.at(server.rule_files.first().map(|file| &file.origin), "rules are expected here"))
}

fn undeclared(router: &AlertRouter) -> Option<Finding> {
    let declared = |name: &str| router.receivers.iter().any(|receiver| receiver.name.value == name);
    let route = router.routes.iter().find(|route| !declared(route))?;
    Some(
        Finding::broken(NAME, Severity::Critical, &router.name)
            .says(format!("{} routes to receiver `{}`, which is not declared", router.name, route.value))
            .witness("Alertmanager refuses the whole configuration: \"undefined receiver\"")
            .repair("declare the receiver, or name one that is")
            .at(&route.origin, "no such receiver"),
    )
}

fn silent(router: &AlertRouter) -> Option<Finding> {
    let meant = |receiver: &Receiver| {
        let name = receiver.name.to_lowercase();
        ["null", "blackhole", "devnull", "none", "drop", "silent", "ignore"]
            .iter()
            .any(|word| name.contains(word))
    };
    let used = |receiver: &Receiver| router.routes.iter().any(|route| route.value == receiver.name.value);
    let silent: Vec<&Receiver> = router
        .receivers
        .iter()
        .filter(|receiver| receiver.channels.is_empty() && used(receiver) && !meant(receiver))
        .collect();
    let first = silent.first()?;
    let names: Vec<String> = silent.iter().map(|receiver| format!("`{}`", receiver.name.value)).collect();
    let every = router.receivers.iter().all(|receiver| receiver.channels.is_empty());
    let severity = if every { Severity::High } else { Severity::Medium };
    let finding = Finding::broken(NAME, severity, &router.name)
        .says(format!("{} routes alerts to {}, without any channel", router.name, names.join(", ")))
        .witness(format!("an alert that reaches {} is told to nobody", names[0]))
        .repair("give the receiver a channel, such as `email_configs` or `pagerduty_configs`")
        .at(&first.name.origin, "no channel")
        .counts(silent.len());
    Some(finding)
}
