//! What the rules over documents in words have in common: who is named, which figures stand where, and how a promise
//! without a mechanism is told.

use std::collections::BTreeSet;

use sehat_catalog as catalog;
use sehat_platform::Duration;
use sehat_platform::inventory::prose::{Component, Environment, Form, Prose, Statement};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome};

/// Products that move an address from a balancer that is gone.
pub const ADDRESS_MOVERS: [&str; 2] = ["keepalived", "pacemaker"];

/// Returns a finding about a promise whose mechanism nothing states: broken only where the input claims to be whole.
pub fn promise(
    context: &Context<'_>,
    rule: &'static str,
    severity: Severity,
    subject: impl Into<String>,
) -> Finding {
    if context.inventory.whole {
        Finding::broken(rule, severity, subject)
    } else {
        Finding::unknown(rule, severity, subject)
    }
}

/// Returns whether blocks in a language that is not read yet could state what the words do not.
pub fn has_unread_infrastructure(context: &Context<'_>) -> bool {
    let languages = ["block in hcl", "block in terraform", "block in tf"];
    languages.iter().any(|language| context.inventory.not_judged.contains_key(*language))
}

/// Returns whether documents or files name any of the products.
pub fn names_any(context: &Context<'_>, products: &[&str]) -> bool {
    let inventory = context.inventory;
    let in_words = inventory.prose.names(products);
    let in_files = || {
        inventory.workloads.iter().any(|workload| {
            let images = workload.pod.all_containers().filter_map(|container| container.image.as_ref());
            let mut names =
                images.map(|image| image.value.as_str()).chain([workload.object.id.name.as_str()]);
            names.any(|name| products.iter().any(|product| name.contains(product)))
        }) || inventory
            .objects
            .iter()
            .any(|object| products.iter().any(|product| object.id.name.contains(product)))
    };
    in_words || in_files()
}

/// Returns the first component of each product whose kind is among those, leaving out development.
pub fn first_of_kinds<'a>(prose: &'a Prose, kinds: &[&str]) -> Vec<&'a Component> {
    let mut known: BTreeSet<&str> = BTreeSet::new();
    let mut statements = BTreeSet::new();
    let fits = |component: &&Component| {
        !is_said_closer(prose, component)
            && kinds.contains(&component.kind)
            && component.environment != Some(Environment::Development)
    };
    let mut found: Vec<&Component> = Vec::new();
    for component in prose.components.iter().filter(fits) {
        let family = family(component.product);
        if !known.contains(family) && statements.insert((component.statement, component.kind)) {
            known.insert(family);
            found.push(component);
        }
    }
    found
}

/// The service in general, where its engine is named as well.
fn is_said_closer(prose: &Prose, component: &Component) -> bool {
    let closer = match component.product {
        "rds" => "rds-",
        "elasticache" => "elasticache-",
        _ => return false,
    };
    prose.components.iter().any(|other| other.product.starts_with(closer))
}

/// Returns the engine that a product is, managed or not: `mysql` for `rds-mysql` and for `galera`.
pub fn family(product: &str) -> &str {
    match product {
        "galera" | "mariadb" | "percona-xtradb-cluster" => return "mysql",
        "rds" | "aurora" => return product,
        "elasticache" => return "redis",
        _ => {}
    }
    let short = product.rsplit('-').next().unwrap_or(product);
    let engines = ["mysql", "postgresql", "redis", "mariadb"];
    if engines.contains(&short) {
        return short;
    }
    catalog::product(product).and_then(|known| known.base).unwrap_or(product)
}

/// Products that run elsewhere or build others: naming them describes no platform.
const TOOLS: [&str; 5] = ["cluster", "pipeline", "registry", "operating-system", "frontend"];

/// Returns the components that a list, a table or a heading names, not a sentence in passing.
pub fn listed_components(prose: &Prose) -> impl Iterator<Item = &Component> {
    prose.components.iter().filter(|component| {
        let Some(line) = prose.statement(component) else { return false };
        let start = component.origin.start.saturating_sub(line.origin.start);
        let before = line.text.get(..start).unwrap_or_default().split_whitespace().count();
        let is_list = line.form != Form::Line || line.key.is_some();
        is_list && before < 7 && line.text.split_whitespace().count() <= 20
    })
}

/// Returns whether a document describes a platform: it lists several products that serve, or networks.
pub fn describes_platform(prose: &Prose) -> bool {
    let serving = listed_components(prose).filter(|component| !TOOLS.contains(&component.kind));
    let families: BTreeSet<&str> = serving.map(|component| family(component.product)).collect();
    families.len() >= 3 || prose.segments.len() >= 2
}

/// Returns whether a provider runs it.
pub fn is_managed(product: &str) -> bool {
    catalog::product(product).is_some_and(|known| known.managed_by.is_some())
}

/// Returns what a reader calls a product: its words in the document.
pub fn called(prose: &Prose, component: &Component) -> String {
    let statement = prose.statement(component);
    let range = statement.and_then(|statement| {
        let start = component.origin.start.checked_sub(statement.origin.start)?;
        let end = component.origin.end.checked_sub(statement.origin.start)?;
        statement.text.get(start..end)
    });
    let short = range.map(|name| name.split(" (").next().unwrap_or(name));
    short.map_or_else(|| component.product.to_owned(), str::to_owned)
}

/// Returns the balancers that the team runs itself, each with its statement.
pub fn own_balancers(prose: &Prose) -> Vec<(&Component, &Statement)> {
    let balances = |component: &Component| {
        let block = prose.block(component.statement);
        let says = |statement: &Statement| statement.says("load-balancer");
        block.iter().any(says)
            || prose.above(component.statement).take(1).any(|at| says(&prose.statements[at]))
    };
    let all = prose.components.iter().filter(|component| {
        component.kind == "load-balancer" && !is_managed(component.product) && balances(component)
    });
    all.filter_map(|component| Some((component, prose.statement(component)?))).collect()
}

pub fn seconds(value: f64) -> String {
    let years = value / 31_536_000.0;
    if years >= 1.0 && years.fract() < 1e-9 {
        return format!("{years} years");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "times of documents are small and positive"
    )]
    let ms = (value * 1000.0).round() as u64;
    let round = if ms > 3_600_000 { ms / 60_000 * 60_000 } else { ms };
    Duration(round).to_string()
}

pub fn bytes(value: f64) -> String {
    let units = [("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6)];
    let (name, size) = units.into_iter().find(|(_, size)| value >= *size).unwrap_or(("B", 1.0));
    format!("{} {name}", rounded(value / size))
}

pub fn bits_per_second(value: f64) -> String {
    let (name, size) = if value >= 1e9 { ("Gbit/s", 1e9) } else { ("Mbit/s", 1e6) };
    format!("{} {name}", rounded(value / size))
}

/// At most one digit behind the point.
pub fn rounded(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Returns names as a reader lists them.
pub fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// Adds what is found in words to what is found otherwise.
pub fn and(mut outcome: Outcome, findings: Vec<Finding>) -> Outcome {
    outcome.findings.extend(findings);
    outcome
}
