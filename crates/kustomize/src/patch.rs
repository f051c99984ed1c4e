//! Patches of both kinds, applied to the objects that they mean.

use sehat_yaml::{Node, Value};

use crate::accumulate::Accumulator;
use crate::build::Builder;
use crate::fault::{Fault, fault};
use crate::json_text::is_json_or_yaml;
use crate::kustomization::Kustomization;
use crate::merge;
use crate::object::{Id, Object};
use crate::select::Selector;

/// Performs one entry of `patches`.
pub(crate) fn apply(
    builder: &mut Builder<'_>,
    kustomization: &Kustomization,
    entry: &Node,
    objects: &mut Accumulator,
) -> Result<(), Fault> {
    let documents = documents(builder, kustomization, entry, "patch")?;
    let target = entry.get("target").filter(|target| !target.is_null());
    if documents.iter().any(|document| matches!(document.value, Value::List(_))) {
        let Some(target) = target else {
            return Err(fault(
                "kustomize-patch",
                "a JSON patch needs a `target`",
                &entry.origin,
                "name the kind and the name of what it changes",
            ));
        };
        return json(objects, &Selector::read(target)?, &documents, true);
    }
    let option = |name| entry.at(&["options", name]).and_then(Node::as_bool) == Some(true);
    let change = Change { name: option("allowNameChange"), kind: option("allowKindChange") };
    match target {
        Some(target) if documents.len() == 1 => {
            selected(builder, objects, &documents[0], &Selector::read(target)?, change)
        }
        Some(target) => Err(fault(
            "kustomize-patch",
            "a `target` takes one patch, and here are several",
            &target.origin,
            "make an entry for each patch",
        )),
        None => documents.iter().try_for_each(|patch| named(builder, objects, patch, change)),
    }
}

/// Performs `patchesStrategicMerge`: texts, or the names of files.
pub(crate) fn strategic(
    builder: &mut Builder<'_>,
    kustomization: &Kustomization,
    entry: &Node,
    objects: &mut Accumulator,
) -> Result<(), Fault> {
    let inline = builder.inline(entry);
    let documents = match inline {
        Ok(documents) if documents.iter().all(Node::is_map) && !documents.is_empty() => documents,
        _ => builder.documents(kustomization, entry)?,
    };
    documents.iter().try_for_each(|patch| {
        check_patch(patch)?;
        let target = named_target(objects, patch)?;
        let mut list = vec![false; objects.objects.len()];
        list[target] = true;
        merge_into(builder, objects, patch, &list, Change::default())
    })
}

/// Performs one entry of `patchesJson6902`.
pub(crate) fn json_6902(
    builder: &mut Builder<'_>,
    kustomization: &Kustomization,
    entry: &Node,
    objects: &mut Accumulator,
    text: &str,
) -> Result<(), Fault> {
    let target = entry.get("target").filter(|target| target.at(&["name"]).is_some());
    let Some(target) = target else {
        return Err(fault(
            "kustomize-patch",
            "this patch needs a `target` with a name",
            &entry.origin,
            "name what it changes",
        ));
    };
    let documents = documents(builder, kustomization, entry, text)?;
    json(objects, &Selector::read(target)?, &documents, false)
}

/// Reads the patch that stands in the entry, or in the file that it names.
fn documents(
    builder: &mut Builder<'_>,
    kustomization: &Kustomization,
    entry: &Node,
    field: &str,
) -> Result<Vec<Node>, Fault> {
    let inline = entry.get(field).filter(|node| node.as_text().is_some_and(|text| !text.trim().is_empty()));
    let path = entry.get("path").filter(|node| node.as_text().is_some_and(|text| !text.is_empty()));
    let documents = match (inline, path) {
        (Some(inline), None) => builder.inline(inline)?,
        (None, Some(path)) => builder.documents(kustomization, path)?,
        (Some(_), Some(path)) => {
            return Err(fault(
                "kustomize-patch",
                "a patch stands here and in a file",
                &path.origin,
                "keep one of them",
            ));
        }
        (None, None) => {
            return Err(fault(
                "kustomize-patch",
                "there is no patch",
                &entry.origin,
                format!("write `path` or `{field}`").as_str(),
            ));
        }
    };
    let starts_as_json = inline.and_then(Node::as_text).is_some_and(|text| !is_json_or_yaml(text.trim()));
    if starts_as_json {
        let help = "write it as JSON, or as a YAML list with a dash before each operation";
        let message = "a patch that starts with `[` must be JSON";
        return Err(fault("kustomize-patch", message, &inline.unwrap_or(entry).origin, help));
    }
    if documents.is_empty() {
        return Err(fault("kustomize-patch", "the patch is empty", &entry.origin, "take the entry away"));
    }
    Ok(documents)
}

fn json(objects: &mut Accumulator, target: &Selector, patches: &[Node], remember: bool) -> Result<(), Fault> {
    // Only the first document counts.
    let Some(patch) = patches.first() else { return Ok(()) };
    objects.changed();
    for object in objects.objects.iter_mut().filter(|object| target.selects(object)) {
        if remember {
            object.remember();
        }
        // kustomize keeps its notes there, so that a patch finds the map.
        let noted = !object.previous.is_empty() || object.generated.is_some();
        if noted && object.node.at(&["metadata", "annotations"]).is_none() {
            let map = crate::tree::empty_map(&object.node.origin);
            crate::tree::set_at(&mut object.node, &["metadata", "annotations"], map);
        }
        crate::json_patch::apply(&mut object.node, patch)?;
    }
    Ok(())
}

/// What a strategic merge patch may change of an identity.
#[derive(Clone, Copy, Default)]
struct Change {
    name: bool,
    kind: bool,
}

fn selected(
    builder: &mut Builder<'_>,
    objects: &mut Accumulator,
    patch: &Node,
    target: &Selector,
    change: Change,
) -> Result<(), Fault> {
    check_patch(patch)?;
    let list: Vec<bool> = objects.objects.iter().map(|object| target.selects(object)).collect();
    merge_into(builder, objects, patch, &list, change)
}

fn merge_into(
    builder: &mut Builder<'_>,
    objects: &mut Accumulator,
    patch: &Node,
    list: &[bool],
    change: Change,
) -> Result<(), Fault> {
    for (object, wanted) in objects.objects.iter_mut().zip(list) {
        if *wanted {
            let mut patch = patch.clone();
            if let Some(version) = object.node.get("apiVersion") {
                crate::tree::set(&mut patch, "apiVersion", version.clone());
            }
            merge_one(builder, object, patch, change)?;
        }
    }
    objects.changed();
    objects.objects.retain(|object| !object.is_gone());
    objects.check_ids()
}

fn named(
    builder: &mut Builder<'_>,
    objects: &mut Accumulator,
    patch: &Node,
    change: Change,
) -> Result<(), Fault> {
    check_patch(patch)?;
    let target = named_target(objects, patch)?;
    objects.changed();
    merge_one(builder, &mut objects.objects[target], patch.clone(), change)?;
    objects.objects.retain(|object| !object.is_gone());
    Ok(())
}

fn merge_one(
    builder: &mut Builder<'_>,
    object: &mut Object,
    patch: Node,
    change: Change,
) -> Result<(), Fault> {
    merge::warn_of_ignored(&patch, &mut builder.diagnostics);
    let kept = |path: &[&str]| object.node.at(path).cloned();
    let (name, namespace, kind) =
        (kept(&["metadata", "name"]), kept(&["metadata", "namespace"]), kept(&["kind"]));
    if change.name || change.kind {
        object.remember();
    }
    if !merge::apply(&builder.schema(), &mut object.node, patch)? || object.is_gone() {
        object.node = crate::tree::empty_map(&object.node.origin);
        return Ok(());
    }
    if let (false, Some(kind)) = (change.kind, kind) {
        crate::tree::set(&mut object.node, "kind", kind);
    }
    if let (false, Some(name)) = (change.name, name) {
        crate::tree::set_at(&mut object.node, &["metadata", "name"], name);
    }
    match namespace {
        Some(namespace) => crate::tree::set_at(&mut object.node, &["metadata", "namespace"], namespace),
        None => {
            object.node.get_mut("metadata").and_then(|metadata| crate::tree::remove(metadata, "namespace"));
        }
    }
    Ok(())
}

fn check_patch(patch: &Node) -> Result<(), Fault> {
    let has = |path: &[&str]| patch.at(path).and_then(Node::as_text).is_some();
    if has(&["kind"]) && has(&["metadata", "name"]) {
        return Ok(());
    }
    let help = "write `kind` and `metadata.name` of what it changes; with a `target` any name will do";
    Err(fault("kustomize-patch", "the patch names no object", &patch.origin, help))
}

/// Returns the one object that a patch names.
fn named_target(objects: &mut Accumulator, patch: &Node) -> Result<usize, Fault> {
    let id: Id = Object::new(patch.clone()).id();
    let found: Vec<usize> = objects.find(&id);
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let message = format!("the patch changes {}, which is not among the resources", id.shown());
            let help = "compare apiVersion, kind, name and namespace, or name a `target`";
            Err(fault("kustomize-patch", message, &patch.origin, help))
        }
        _ => {
            let message = format!("the patch may mean {} objects: {}", found.len(), id.shown());
            Err(fault("kustomize-patch", message, &patch.origin, "name a `target` that means one"))
        }
    }
}
