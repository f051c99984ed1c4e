//! Prefixes and suffixes of names.

use sehat_yaml::Node;

use crate::accumulate::Accumulator;
use crate::fault::Fault;
use crate::fields::{Create, Field};
use crate::kustomization::Kustomization;
use crate::object::{Gvk, Object};

pub(crate) fn run(kustomization: &Kustomization, gathered: &mut Accumulator) -> Result<(), Fault> {
    let config = gathered.config.clone();
    if let Some(prefix) = kustomization.text("namePrefix") {
        apply(gathered, &config.name_prefix, prefix, End::Prefix)?;
    }
    if let Some(suffix) = kustomization.text("nameSuffix") {
        apply(gathered, &config.name_suffix, suffix, End::Suffix)?;
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum End {
    Prefix,
    Suffix,
}

pub(crate) fn apply(
    gathered: &mut Accumulator,
    fields: &[Field],
    word: &Node,
    end: End,
) -> Result<(), Fault> {
    gathered.changed();
    for object in &mut gathered.objects {
        let gvk = object.first_id().gvk;
        if keeps_name(&gvk) {
            continue;
        }
        for field in fields.iter().filter(|field| gvk.is_selected_by(&field.gvk)) {
            extend(object, field, word, end)?;
        }
    }
    Ok(())
}

/// Names that mean something: a `CustomResourceDefinition`'s says its group.
fn keeps_name(gvk: &Gvk) -> bool {
    gvk.kind == "CustomResourceDefinition"
        || gvk.kind == "Namespace"
        || (gvk.kind == "APIService" && gvk.group == "apiregistration.k8s.io")
}

fn extend(object: &mut Object, field: &Field, word: &Node, end: End) -> Result<(), Fault> {
    let text = word.as_text().unwrap_or_default();
    if field.path == "metadata/name" {
        match end {
            End::Prefix => object.prefixes.push(text.to_owned()),
            End::Suffix => object.suffixes.push(text.to_owned()),
        }
        object.remember();
    }
    field.visit(&mut object.node, Create::Text, &word.origin, &mut |node| {
        let name = node.as_text().unwrap_or_default();
        let name = if end == End::Prefix { format!("{text}{name}") } else { format!("{name}{text}") };
        *node = Node::quoted(name, node.origin.clone());
        Ok(())
    })
}
