//! Scraping, rules, receivers, dashboards and log pipelines.

use sehat_diagnostic::Origin;

use super::{Object, Selector, Stated};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watch {
    pub servers: Vec<MetricServer>,
    pub monitors: Vec<Monitor>,
    pub rules: Vec<AlertRule>,
    pub routers: Vec<AlertRouter>,
    pub dashboards: Vec<Dashboard>,
    pub pipelines: Vec<LogPipeline>,
}

/// A Prometheus: its configuration, the operator's resource, or the values of its chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricServer {
    pub name: String,
    pub namespace: Option<String>,
    pub origin: Origin,
    pub kind: ServerKind,
    pub jobs: Vec<ScrapeJob>,
    /// Where alertmanagers are named.
    pub alerting: Option<Origin>,
    pub rule_files: Vec<Stated<String>>,
    /// Which ServiceMonitors it takes; none stated takes none, except in a chart.
    pub monitor_selector: Option<Selector>,
    /// Labels that a chart gives all its objects.
    pub common_labels: super::Labels,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerKind {
    #[default]
    File,
    Operator,
    Chart,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScrapeJob {
    pub name: Stated<String>,
    /// `pod`, `endpoints`, `node`, where Kubernetes is asked for targets.
    pub role: Option<Stated<String>>,
    pub relabel: Vec<Relabel>,
}

/// One step of relabelling.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relabel {
    pub origin: Origin,
    pub sources: Vec<String>,
    pub separator: Option<String>,
    pub regex: Option<Stated<String>>,
    pub action: String,
    pub target: Option<String>,
    pub replacement: Option<String>,
}

/// A ServiceMonitor or a PodMonitor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Monitor {
    pub object: Object,
    pub of_pods: bool,
    pub selector: Option<Selector>,
    /// Namespaces by name; its own where none is stated.
    pub namespaces: Vec<String>,
    pub any_namespace: bool,
    pub endpoints: Vec<Endpoint>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoint {
    pub origin: Origin,
    pub port: Option<Stated<String>>,
    pub relabel: Vec<Relabel>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertRule {
    pub name: Stated<String>,
    pub expr: Stated<String>,
    pub severity: Option<String>,
}

/// The configuration of an Alertmanager, without the addresses and secrets of its receivers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertRouter {
    pub name: String,
    pub origin: Origin,
    pub routes: Vec<Stated<String>>,
    pub receivers: Vec<Receiver>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Receiver {
    pub name: Stated<String>,
    /// `email`, `pagerduty`, `slack`, `webhook`.
    pub channels: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dashboard {
    pub name: String,
    pub origin: Origin,
    /// `{"dashboard": …}`, as the HTTP API takes it.
    pub wrapped: Option<Origin>,
    /// A comment, which JSON does not have.
    pub comment: Option<Origin>,
    pub panels: Vec<Panel>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    pub title: String,
    pub origin: Origin,
    pub kind: Option<Stated<String>>,
    pub has_place: bool,
    pub queries: Vec<Stated<String>>,
}

/// A configuration of Fluentd or Fluent Bit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogPipeline {
    pub name: String,
    pub namespace: Option<String>,
    pub sections: Vec<Section>,
}

/// `<match pattern> … </match>` with its parameters; inner sections stand behind it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    pub name: String,
    pub origin: Origin,
    /// Names of the sections around it: `source`.
    pub around: Vec<String>,
    /// Index of the section around it.
    pub parent: Option<usize>,
    pub parameters: Vec<(String, Stated<String>)>,
}

impl Section {
    pub fn get(&self, name: &str) -> Option<&Stated<String>> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}
