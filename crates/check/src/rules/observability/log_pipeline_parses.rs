//! Proves that a log collector starts, and understands what it reads.
//!
//! A `<parse>` section must name a parser: a filter's name in its place stops Fluentd at its start. Logs of containers
//! have the form of the container runtime: containerd and CRI-O write the CRI form, which a JSON parser does not read.
//! An output must fit the version of what it writes to.
//!
//! Unknown: which container runtime the nodes have, and which version the sink is of; the answers `container-runtime`
//! and `elasticsearch` say it.
//!
//! Source: Fluentd documentation, "Parser plugins"; Kubernetes documentation, "Logging architecture"; fluentd-kubernetes-daemonset,
//! README; Elasticsearch guide, "Removal of mapping types".

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::watch::{LogPipeline, Section};
use sehat_platform::inventory::workload::{Container, EnvValue, Workload};
use sehat_verdict::{Finding, Severity};

use crate::scripts::image;
use crate::{Context, Outcome, Rule};

const NAME: &str = "log-pipeline-parses";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Collector plugins exist and parse the runtime's log format, and the sink accepts what is sent.",
    severity: Severity::Critical,
    hygiene: false,
    source: "Fluentd documentation: Parser plugins; Kubernetes documentation: Logging architecture",
    file: include_str!("log_pipeline_parses.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let inventory = context.inventory;
    let mut findings = Vec::new();
    for pipeline in &inventory.watch.pipelines {
        findings.extend(no_parser(pipeline));
        findings.extend(of_json(inventory, pipeline));
        findings.extend(sink(inventory, pipeline));
    }
    let containers = inventory
        .workloads
        .iter()
        .flat_map(|workload| workload.pod.containers.iter().map(move |container| (workload, container)));
    for (workload, container) in containers {
        findings.extend(default_parser(inventory, workload, container));
        findings.extend(old_client(inventory, workload, container));
    }
    findings.into()
}

/// Plugins of Fluentd that are filters and no parsers.
const FILTERS: [&str; 9] = [
    "kubernetes_metadata",
    "record_transformer",
    "grep",
    "concat",
    "record_modifier",
    "geoip",
    "detect_exceptions",
    "parser",
    "stdout",
];

fn no_parser(pipeline: &LogPipeline) -> Option<Finding> {
    pipeline.sections.iter().filter(|section| section.name == "parse").find_map(|section| {
        let kind = section.get("@type").filter(|kind| FILTERS.contains(&kind.as_str()))?;
        Some(
            Finding::broken(NAME, Severity::Critical, &pipeline.name)
                .says(format!("{} parses with `{}`, which is a filter", pipeline.name, kind.value))
                .witness(format!(
                    "Fluentd ends at its start: \"Unknown parser plugin '{}'\", and no log is collected",
                    kind.value
                ))
                .repair("write `@type cri` (fluent-plugin-parser-cri)")
                .at(&kind.origin, "no parser of this name"),
        )
    })
}

fn runtime(inventory: &Inventory) -> Option<&str> {
    inventory.answers.get("container-runtime").map(|answer| answer.value.as_str())
}

/// Container logs read as JSON.
fn of_json(inventory: &Inventory, pipeline: &LogPipeline) -> Option<Finding> {
    pipeline.sections.iter().find_map(|section| {
        let kind = section.get("@type").filter(|kind| section.name == "parse" && kind.value == "json")?;
        let source = pipeline.sections.get(section.parent?)?;
        let path = source
            .get("path")
            .filter(|path| path.contains("/var/log/containers") || path.contains("/var/log/pods"))?;
        judge_runtime(inventory, &pipeline.name, &kind.origin)
            .map(|finding| finding.at(&path.origin, "logs of containers"))
    })
}

fn judge_runtime(inventory: &Inventory, name: &str, place: &Origin) -> Option<Finding> {
    let (finding, witness) = match runtime(inventory) {
        Some("docker" | "cri-dockerd") => return None,
        Some(_) => (Finding::broken(NAME, Severity::High, name), "the runtime writes CRI lines"),
        None => (
            Finding::unknown(NAME, Severity::High, name).asks("container-runtime: docker"),
            "containerd and CRI-O, the only runtimes since Kubernetes 1.24 without an adapter, write CRI lines",
        ),
    };
    Some(
        finding
            .says(format!("{name} reads logs of containers as JSON"))
            .witness(format!("{witness}, and each of them is \"pattern not matched\""))
            .repair("parse with `cri`; for the image, set `FLUENT_CONTAINER_TAIL_PARSER_TYPE` to `cri`")
            .at(place, "JSON is Docker's form"),
    )
}

/// The image of Fluentd for Kubernetes reads JSON unless a variable says otherwise.
fn default_parser(inventory: &Inventory, workload: &Workload, container: &Container) -> Option<Finding> {
    let stated =
        container.image.as_ref().filter(|stated| image(stated).0 == "fluentd-kubernetes-daemonset")?;
    let variable = container.env.iter().find(|env| env.name == "FLUENT_CONTAINER_TAIL_PARSER_TYPE");
    let is_json = match variable.map(|env| &env.value) {
        None => true,
        Some(EnvValue::Text(text)) => text.contains("json"),
        Some(_) => false,
    };
    let own_config = workload
        .pod
        .all_containers()
        .flat_map(|container| &container.mounts)
        .any(|mount| mount.path.starts_with("/fluentd"));
    if !is_json || own_config || !container.env_from.is_empty() {
        return None;
    }
    judge_runtime(inventory, &workload.object.id.to_string(), &stated.origin)
}

/// The client that an image brings speaks with one major version only.
fn old_client(inventory: &Inventory, workload: &Workload, container: &Container) -> Option<Finding> {
    let stated = container.image.as_ref()?;
    let (name, tag) = image(stated);
    if name != "fluentd-kubernetes-daemonset"
        || tag != Some("v1-debian-elasticsearch")
        || inventory.answers.get("elasticsearch").is_some_and(|answer| answer.starts_with('7'))
    {
        return None;
    }
    Some(
        Finding::unknown(NAME, Severity::Medium, workload.object.id.to_string())
            .says(format!("{} takes a moving tag with the client of Elasticsearch 7", workload.object.id))
            .witness("a server of version 8 or 9 refuses the client, or the client the server, on the day it is upgraded")
            .repair("pin a tag of the server's major version, such as `v1.19-debian-elasticsearch8-1`")
            .asks("elasticsearch: 7")
            .at(&stated.origin, "`v1-debian-elasticsearch` is the client of version 7"),
    )
}

/// Elasticsearch 8 has no mapping types, and TLS and users from its first start.
fn sink(inventory: &Inventory, pipeline: &LogPipeline) -> Option<Finding> {
    let version = inventory
        .answers
        .get("elasticsearch")
        .and_then(|answer| answer.split('.').next()?.parse::<u32>().ok());
    if version.is_some_and(|version| version < 8) {
        return None;
    }
    let is_output = |section: &&Section| {
        section.name == "match" && section.get("@type").is_some_and(|kind| kind.value == "elasticsearch")
    };
    let section = pipeline.sections.iter().find(is_output)?;
    let kind = section.get("@type")?;
    let mut lacks = Vec::new();
    if section.get("scheme").is_none_or(|scheme| scheme.value != "https")
        && section.get("hosts").is_none_or(|hosts| !hosts.contains("https"))
    {
        lacks.push("no TLS");
    }
    if !["user", "cloud_auth", "custom_headers", "client_cert", "api_key"]
        .iter()
        .any(|name| section.get(name).is_some())
    {
        lacks.push("no user");
    }
    if section.get("type_name").is_some() {
        lacks.push("a mapping type");
    }
    if lacks.is_empty() {
        return None;
    }
    let base = match version {
        Some(_) => Finding::broken(NAME, Severity::Medium, &pipeline.name),
        None => Finding::unknown(NAME, Severity::Medium, &pipeline.name).asks("elasticsearch: 7"),
    };
    Some(
        base.says(format!("{} writes to Elasticsearch with {}", pipeline.name, lacks.join(", ")))
            .witness("from version 8 on Elasticsearch asks for TLS and a user by default, and has no mapping types")
            .repair("set `scheme https`, `user` and `password`, and leave `type_name` out")
            .at(&kind.origin, "refused from version 8 on")
            .at(section.get("type_name").map(|name| &name.origin), "no longer there"),
    )
}
