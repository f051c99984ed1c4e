//! The part over documents in words.

use std::collections::BTreeSet;

use sehat_catalog as catalog;
use sehat_platform::inventory::prose::{Component, Form, Prose};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, describes_platform, family, is_managed, listed, listed_components, promise};

/// Products with releases that are named without one.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let has_releases = |component: &Component| {
        let name = family(component.product);
        catalog::lifetimes().iter().any(|row| row.product == component.product || row.product == name)
    };
    let stated: BTreeSet<&str> = prose
        .components
        .iter()
        .filter(|component| component.version.is_some())
        .map(|component| family(component.product))
        .collect();
    if !describes_platform(prose) {
        return Vec::new();
    }
    let mut known = BTreeSet::new();
    let open: Vec<&Component> = listed_components(prose)
        .filter(|component| is_run(prose, component))
        .filter(|component| {
            !is_managed(component.product)
                && has_releases(component)
                && !is_declared(context, component.product)
        })
        .filter(|component| {
            !stated.contains(family(component.product)) && known.insert(family(component.product))
        })
        .collect();
    let Some(first) = open.first() else { return Vec::new() };
    let names: Vec<String> = open.iter().map(|component| called(prose, component)).collect();
    let subject = if open.len() == 1 { called(prose, first) } else { "products".to_owned() };
    let finding = promise(context, NAME, Severity::Medium, subject)
        .says(format!("no version is stated of {}", listed(&names)))
        .witness("nobody can say until when they are supported, nor build the same again")
        .repair("state the release of each")
        .counts(open.len());
    let finding = open
        .iter()
        .take(5)
        .fold(finding, |finding, component| finding.at(&component.origin, "which release"));
    vec![finding]
}

/// Some image of the files is of that product, and states what runs.
fn is_declared(context: &Context<'_>, product: &str) -> bool {
    let images = context.inventory.workloads.iter().flat_map(|workload| workload.pod.all_containers());
    images.filter_map(|container| container.image.as_ref()).any(|image| image.value.contains(product))
}

/// A box of a diagram repeats what text names; Docker is a way to build as often as a product that runs.
fn is_run(prose: &Prose, component: &Component) -> bool {
    let drawn = prose.statement(component).is_some_and(|line| line.form == Form::Node);
    let managed = |name: &str| prose.components.iter().any(|other| other.product == name);
    let by_provider = match component.product {
        "kubernetes" => managed("eks"),
        "docker" => true,
        _ => false,
    };
    !drawn && !by_provider
}
