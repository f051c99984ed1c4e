//! `generators`, `transformers` and `validators` of the kinds that are built into kustomize.

use sehat_yaml::Node;

use crate::accumulate::Accumulator;
use crate::build::Builder;
use crate::config;
use crate::fault::{Fault, fault, unsupported};
use crate::fields::Field;
use crate::kustomization::{Folder, GENERATOR, IMAGE, Kustomization, PATCH, REPLACEMENT, REPLICA};
use crate::names::End;
use crate::namespace::{Namespace, Subjects};
use crate::shape::{self, Shape};
use crate::{generate as generators, images, labels, names, patch, replacements, replicas, tree};

pub(crate) fn generate(
    builder: &mut Builder<'_>,
    kustomization: &Kustomization,
    gathered: &mut Accumulator,
    above: &mut Vec<Folder>,
) -> Result<(), Fault> {
    for plugin in plugins(builder, kustomization, "generators", above)? {
        let kind = match kind(&plugin)? {
            "ConfigMapGenerator" => "ConfigMap",
            "SecretGenerator" => "Secret",
            other => return Err(unsupported(&format!("a generator {other}"), &plugin.origin)),
        };
        let mut entry = settings(&plugin);
        for field in ["name", "namespace"] {
            if let Some(value) = plugin.at(&["metadata", field]) {
                tree::set(&mut entry, field, value.clone());
            }
        }
        let options = checked(entry, GENERATOR)?;
        generators::generate(builder, kustomization, &options, None, kind, gathered)?;
    }
    Ok(())
}

pub(crate) fn transform(
    builder: &mut Builder<'_>,
    kustomization: &Kustomization,
    gathered: &mut Accumulator,
    above: &mut Vec<Folder>,
) -> Result<(), Fault> {
    for plugin in plugins(builder, kustomization, "transformers", above)? {
        perform(builder, kustomization, &plugin, gathered)?;
        gathered.objects.retain(|object| !object.is_gone());
    }
    match plugins(builder, kustomization, "validators", above)?.first() {
        Some(first) => Err(unsupported("a validator", &first.origin)),
        None => Ok(()),
    }
}

/// Reads the configurations of plugins: in the kustomization, in files, or as the objects of another folder.
fn plugins(
    builder: &mut Builder<'_>,
    kustomization: &Kustomization,
    field: &str,
    above: &mut Vec<Folder>,
) -> Result<Vec<Node>, Fault> {
    let (mut found, mut files) = (Vec::new(), Vec::new());
    for entry in kustomization.items(field) {
        match builder.inline(entry) {
            Ok(documents) if documents.iter().any(Node::is_map) => found.extend(documents),
            _ => files.push(entry.clone()),
        }
    }
    let mut gathered = Accumulator::new();
    builder.resources(kustomization, &files, &mut gathered, above)?;
    found.extend(gathered.objects.into_iter().map(|object| object.node));
    Ok(found)
}

/// Returns the kind of a plugin that is built in.
fn kind(plugin: &Node) -> Result<&str, Fault> {
    let word = |key: &str| plugin.get(key).and_then(Node::as_text).unwrap_or_default();
    if word("apiVersion") != "builtin" {
        let what = format!("the plugin {}, a program of its own,", word("kind"));
        return Err(unsupported(&what, &plugin.origin));
    }
    Ok(word("kind"))
}

/// Returns what a plugin says beside its kind and its name.
fn settings(plugin: &Node) -> Node {
    let mut settings = plugin.clone();
    for key in ["apiVersion", "kind", "metadata"] {
        tree::remove(&mut settings, key);
    }
    settings
}

fn checked(mut entry: Node, shape: Shape) -> Result<Node, Fault> {
    let mut found = Vec::new();
    shape::check(&mut entry, shape, &mut found);
    match found.into_iter().next() {
        Some(first) => Err(Box::new(first)),
        None => Ok(entry),
    }
}

fn perform(
    builder: &mut Builder<'_>,
    kustomization: &Kustomization,
    plugin: &Node,
    gathered: &mut Accumulator,
) -> Result<(), Fault> {
    let entry = settings(plugin);
    let fields: Vec<Field> = config::fields(entry.get("fieldSpecs"));
    let part = |name: &str| entry.get(name).cloned().unwrap_or_else(|| tree::empty_map(&entry.origin));
    match kind(plugin)? {
        "LabelTransformer" => labels::apply(gathered, &fields, entry.get("labels")),
        "AnnotationsTransformer" => labels::apply(gathered, &fields, entry.get("annotations")),
        "NamespaceTransformer" => namespace(plugin, &fields, gathered),
        "PrefixTransformer" => name(&entry, "prefix", End::Prefix, &fields, gathered),
        "SuffixTransformer" => name(&entry, "suffix", End::Suffix, &fields, gathered),
        "PrefixSuffixTransformer" => {
            name(&entry, "prefix", End::Prefix, &fields, gathered)?;
            name(&entry, "suffix", End::Suffix, &fields, gathered)
        }
        "PatchTransformer" => patch::apply(builder, kustomization, &checked(entry, PATCH)?, gathered),
        "PatchJson6902Transformer" => patch::json_6902(builder, kustomization, &entry, gathered, "jsonOp"),
        "PatchStrategicMergeTransformer" => {
            for path in entry.get("paths").map(Node::items).unwrap_or_default() {
                patch::strategic(builder, kustomization, path, gathered)?;
            }
            entry
                .get("patches")
                .map_or(Ok(()), |text| patch::strategic(builder, kustomization, text, gathered))
        }
        "ReplicaCountTransformer" => replicas::apply(gathered, &fields, &checked(part("replica"), REPLICA)?),
        "ImageTagTransformer" => images::apply(gathered, &fields, &checked(part("imageTag"), IMAGE)?),
        "ReplacementTransformer" => {
            let items = entry.get("replacements").map(Node::items).unwrap_or_default();
            items.iter().try_for_each(|item| {
                replacements::run(builder, kustomization, &checked(item.clone(), REPLACEMENT)?, gathered)
            })
        }
        "HashTransformer" => generators::add_hashes(gathered),
        other => Err(unsupported(&format!("a transformer {other}"), &plugin.origin)),
    }
}

fn name(
    entry: &Node,
    key: &str,
    end: End,
    fields: &[Field],
    gathered: &mut Accumulator,
) -> Result<(), Fault> {
    let Some(word) = entry.get(key).filter(|word| word.as_text().is_some_and(|text| !text.is_empty())) else {
        return Ok(());
    };
    names::apply(gathered, fields, word, end)
}

fn namespace(plugin: &Node, fields: &[Field], gathered: &mut Accumulator) -> Result<(), Fault> {
    let Some(value) = plugin.at(&["metadata", "namespace"]) else { return Ok(()) };
    let subjects = match plugin.get("setRoleBindingSubjects").and_then(Node::as_text) {
        None | Some("defaultOnly" | "") => Subjects::Default,
        Some("allServiceAccounts") => Subjects::ServiceAccounts,
        Some("none") => Subjects::None,
        Some(other) => {
            let message = format!("`{other}` is no choice of subjects");
            return Err(fault(
                "kustomize-unknown-field",
                message,
                &plugin.origin,
                "write defaultOnly, allServiceAccounts or none",
            ));
        }
    };
    let unset_only = plugin.get("unsetOnly").and_then(Node::as_bool) == Some(true);
    Namespace { value, fields, unset_only, subjects }.apply(gathered)
}
