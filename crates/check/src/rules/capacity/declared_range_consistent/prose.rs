//! The part over documents in words.

use sehat_platform::inventory::prose::{Form, Prose, Statement};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::rounded;
use crate::rules::capacity::types;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let findings = [cpus(prose), front_doors(context), static_tier(context), collectors(context)];
    findings.into_iter().flatten().collect()
}

/// A range of CPUs that no named machine type reaches.
fn cpus(prose: &Prose) -> Option<Finding> {
    let types = types(prose);
    let (largest, place) = types.values().max_by_key(|(row, _)| row.cpu_count)?;
    let stated = prose.statements.iter().enumerate().find_map(|(at, line)| {
        let figure =
            line.figures.iter().find(|figure| figure.of == Some("vcpu") && figure.high > figure.low)?;
        let of_nodes = prose.is_about(at, &["node", "worker"]);
        (of_nodes && figure.high > f64::from(largest.cpu_count)).then_some((line, figure))
    });
    let (line, figure) = stated?;
    Some(
        Finding::broken(NAME, Severity::Medium, "nodes")
            .says(format!(
                "nodes of up to {} CPUs are stated, and the largest named type has {}",
                rounded(figure.high),
                largest.cpu_count
            ))
            .witness(format!("{}: {} CPUs", largest.name, largest.cpu_count))
            .repair("correct the range, or name the larger type")
            .at(&line.place_of(figure), "stated here")
            .at(place, "the largest type"),
    )
}

/// A gateway that is named once, and a diagram that goes another way.
fn front_doors(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let gateways: Vec<&Statement> = prose.saying(&["api-gateway"]).map(|(_, line)| line).collect();
    let [gateway] = gateways.as_slice() else { return None };
    let is_door =
        |line: &&Statement| line.form == Form::Node && (line.says("load-balancer") || line.names("aws-alb"));
    let drawn = prose.statements.iter().find(is_door)?;
    (gateway.form != Form::Node).then(|| {
        crate::prose::promise(context, NAME, Severity::Medium, "API gateway")
            .says("an API gateway leads to the services in one place, and a load balancer in the diagram")
            .witness("two front doors have different limits of time and size; nothing says which one requests take")
            .repair("choose one, and name it in text, list and diagram")
            .at(&gateway.origin, "a gateway here")
            .at(&drawn.origin, "a balancer here")
    })
}

/// A front end of files, and nodes that run it.
fn static_tier(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let served = prose.statements.iter().find(|line| {
        line.says("frontend")
            && !line.is_heading()
            && (line.names("s3") || line.names("cloudfront") || line.says("cdn"))
    })?;
    let nodes = prose
        .statements
        .iter()
        .find(|line| line.says("web-tier") && line.says("group") && !line.is_heading())
        .or_else(|| prose.statements.iter().find(|line| line.says("web-tier") && line.form == Form::Node))?;
    Some(
        crate::prose::promise(context, NAME, Severity::Medium, "front end")
            .says("the front end is stated to be files behind a CDN, and nodes of the cluster are stated for the web")
            .witness("either the nodes are paid for nothing, or the front end is more than files")
            .repair("remove the group, or say what runs there")
            .at(&nodes.origin, "nodes for the web")
            .at(&served.origin, "files behind a CDN"),
    )
}

/// One collector of logs in words, another in files.
fn collectors(context: &Context<'_>) -> Option<Finding> {
    let inventory = context.inventory;
    let prose = &inventory.prose;
    let named = prose.components.iter().find(|component| component.product == "logstash")?;
    let runs = |name: &str| inventory.objects.iter().find(|object| object.id.name.contains(name));
    let other = runs("fluentd").or_else(|| runs("fluent-bit")).or_else(|| runs("filebeat"))?;
    if runs("logstash").is_some() {
        return None;
    }
    Some(
        crate::prose::promise(context, NAME, Severity::Medium, "logs")
            .says(format!("Logstash collects logs in words, and {} in the files", other.id.name))
            .witness("nothing says what Logstash takes from it, so a line may be parsed twice or not at all")
            .repair("name the way of a log line from the container to the store")
            .at(&named.origin, "named here")
            .at(&other.origin, "configured here"),
    )
}
