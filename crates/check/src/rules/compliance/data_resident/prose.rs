//! The part over documents in words.

use sehat_catalog as catalog;
use sehat_platform::inventory::prose::{Component, Prose, Statement};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, has_unread_infrastructure, listed, promise};

/// Networks of caches that stand in many countries unless somebody limits them.
const WORLDWIDE: [&str; 2] = ["cloudfront", "cloudflare"];

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    match prose.saying(&["residency"]).next() {
        Some((_, claim)) => edge(prose, claim).into_iter().collect(),
        None => unplaced(context).into_iter().collect(),
    }
}

/// Data stays in a country, and a worldwide network stands before what serves it.
fn edge(prose: &Prose, claim: &Statement) -> Option<Finding> {
    let fits = |component: &&Component| WORLDWIDE.contains(&component.product);
    let edge = prose.components.iter().find(fits)?;
    let name = called(prose, edge);
    let drawn = prose.components.iter().filter(fits).find(|component| {
        prose
            .statement(component)
            .is_some_and(|line| line.form == sehat_platform::inventory::prose::Form::Node)
    });
    Some(
        Finding::broken(NAME, Severity::Critical, &name)
            .says(format!("data is to stay in one country, and {name} ends TLS and caches in many"))
            .witness(format!("answers with data of persons pass {name}'s edges abroad; its certificates and access rules lie abroad too"))
            .repair("serve only public files over it, and let a balancer of the region take what is personal")
            .at(&claim.origin, "promised here")
            .at(&edge.origin, "stands in many countries")
            .at(drawn.map(|component| &component.origin), "in front of the platform"),
    )
}

/// Health data in a provider's cloud, and no region is named.
fn unplaced(context: &Context<'_>) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let is_bound = prose.says(&["health", "gdpr", "lgpd", "uu-pdp", "hipaa"]);
    let fits = |component: &&Component| component.product == "s3" || WORLDWIDE.contains(&component.product);
    let clouds: Vec<&Component> = prose.components.iter().filter(fits).collect();
    let first = clouds.first()?;
    if !is_bound || names_region(prose) || has_unread_infrastructure(context) {
        return None;
    }
    let mut names: Vec<String> = clouds.iter().map(|component| called(prose, component)).collect();
    names.sort();
    names.dedup();
    Some(
        promise(context, NAME, Severity::Medium, listed(&names))
            .says(format!("health data may lie in {}, and no region or country is named", listed(&names)))
            .witness("where the data lies decides which law lets it be there")
            .repair("name the region of each, and what keeps data inside it")
            .at(&first.origin, "no region")
            .at(clouds.last().map(|component| &component.origin), "no region"),
    )
}

fn names_region(prose: &Prose) -> bool {
    let region = |line: &Statement| {
        line.text
            .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')
            .any(|word| catalog::region(word).is_some())
    };
    prose.statements.iter().any(region)
}
