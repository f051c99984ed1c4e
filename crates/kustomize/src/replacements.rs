//! Replacements: a value from one object goes into fields of others.

mod target;

use sehat_yaml::{Node, Plain, Scalar, Value};

use crate::accumulate::Accumulator;
use crate::build::Builder;
use crate::fault::{Fault, fault};
use crate::fields::split_dots;
use crate::kustomization::{Kustomization, REPLACEMENT};
use crate::object::Object;
use crate::select::Exact;
use crate::shape;

/// Performs one entry of `replacements`, or those in the file that it names.
pub(crate) fn run(
    builder: &mut Builder<'_>,
    kustomization: &Kustomization,
    entry: &Node,
    gathered: &mut Accumulator,
) -> Result<(), Fault> {
    let path = entry.get("path").filter(|path| path.as_text().is_some_and(|text| !text.is_empty()));
    let Some(path) = path else { return apply(entry, gathered) };
    if entry.get("source").is_some()
        || entry.get("targets").is_some_and(|targets| !targets.items().is_empty())
    {
        return Err(refuse("a replacement stands here and in a file", path));
    }
    let mut node = builder.document(kustomization, path)?;
    let mut found = Vec::new();
    let items = match &mut node.value {
        Value::List(items) => std::mem::take(items),
        _ => vec![node],
    };
    for mut item in items {
        shape::check(&mut item, REPLACEMENT, &mut found);
        if let Some(first) = found.pop() {
            return Err(Box::new(first));
        }
        apply(&item, gathered)?;
    }
    Ok(())
}

fn refuse(message: &str, node: &Node) -> Fault {
    fault("kustomize-replacement", message, &node.origin, "write one `source` and its `targets`")
}

fn apply(entry: &Node, gathered: &mut Accumulator) -> Result<(), Fault> {
    let field = |key: &str| entry.get(key).filter(|node| !node.is_null());
    let Some(targets) = field("targets") else { return Err(refuse("the replacement has no targets", entry)) };
    let value = match (field("source"), field("sourceValue")) {
        (Some(source), None) => from_source(source, &gathered.objects)?,
        (None, Some(value)) => Node::text(value.as_text().unwrap_or_default(), value.origin.clone()),
        _ => return Err(refuse("the replacement needs one source", entry)),
    };
    gathered.changed();
    for target in targets.items() {
        apply_target(target, &value, &mut gathered.objects)?;
    }
    Ok(())
}

fn from_source(source: &Node, objects: &[Object]) -> Result<Node, Fault> {
    let selector = Exact::read(source)?;
    let found: Vec<&Object> = objects.iter().filter(|object| selector.selects_id(object)).collect();
    let object = match found.as_slice() {
        [one] => one,
        [] => return Err(refuse("the source selects no object", source)),
        _ => return Err(refuse(&format!("the source selects {} objects", found.len()), source)),
    };
    let path = source.get("fieldPath").and_then(Node::as_text).filter(|path| !path.is_empty());
    let found = target::lookup(&object.node, &split_dots(path.unwrap_or("metadata.name")));
    let Some(value) = found.filter(|node| !node.is_null() && !is_hollow(node)) else {
        let message = format!("{} has nothing at this path", object.id().shown());
        return Err(refuse(&message, source.get("fieldPath").unwrap_or(source)));
    };
    refine(source.get("options"), value)
}

fn is_hollow(node: &Node) -> bool {
    node.scalar().is_none() && node.entries().is_empty() && node.items().is_empty()
}

/// Takes the part of a value that `delimiter` and `index` name.
fn refine(options: Option<&Node>, value: &Node) -> Result<Node, Fault> {
    let Some((options, delimiter)) = options.and_then(|options| Some((options, delimiter(options)?))) else {
        return Ok(value.clone());
    };
    let Some(scalar) = value.scalar() else {
        return Err(refuse("a delimiter needs one value, and this is a map or a list", options));
    };
    let parts: Vec<&str> = scalar.text.split(delimiter).collect();
    let part = usize::try_from(index(options)).ok().and_then(|index| parts.get(index));
    let Some(part) = part else {
        return Err(refuse("the index lies outside of the value's parts", options));
    };
    let scalar = Scalar { text: (*part).to_owned(), ..scalar.clone() };
    Ok(Node { origin: value.origin.clone(), value: Value::Scalar(scalar) })
}

fn delimiter(options: &Node) -> Option<&str> {
    options.get("delimiter").and_then(Node::as_text).filter(|text| !text.is_empty())
}

fn index(options: &Node) -> i64 {
    options.get("index").and_then(Node::as_int).unwrap_or(0)
}

fn apply_target(target: &Node, value: &Node, objects: &mut [Object]) -> Result<(), Fault> {
    let Some(select) = target.get("select").filter(|node| !node.is_null()) else {
        return Err(refuse("the target selects nothing", target));
    };
    let select = Exact::read(select)?;
    let rejects = target.get("reject").map(Node::items).unwrap_or_default();
    let rejects = rejects.iter().map(Exact::read).collect::<Result<Vec<_>, _>>()?;
    let name = [Node::quoted("metadata.name", target.origin.clone())];
    let paths = target.get("fieldPaths").map(Node::items).filter(|paths| !paths.is_empty()).unwrap_or(&name);
    for object in objects {
        let wanted = select.selects_labels(object)
            && select.selects_id(object)
            && !rejects.iter().any(|reject| reject.rejects(object));
        if wanted {
            for path in paths {
                put(object, path, value, target.get("options"))?;
            }
        }
    }
    Ok(())
}

fn put(object: &mut Object, path: &Node, value: &Node, options: Option<&Node>) -> Result<(), Fault> {
    let create = options.and_then(|options| options.get("create")?.as_bool()) == Some(true);
    let parts = split_dots(path.as_text().unwrap_or_default());
    let shown = object.id().shown();
    let mut count = 0;
    target::visit(&mut object.node, &parts, create.then_some(value), path, &mut |node| {
        count += 1;
        set(node, value, options)
    })?;
    if count == 0 {
        return Err(refuse(&format!("{shown} has no such field"), path));
    }
    Ok(())
}

/// Whether kustomize takes for a text what other readers take for a truth.
fn is_word(text: &str) -> bool {
    text.starts_with(['y', 'Y', 'n', 'N', 'o', 'O']) && !["null", "Null", "NULL"].contains(&text)
}

/// Writes the value, or a part of it. What was one value stays of its type.
fn set(node: &mut Node, value: &Node, options: Option<&Node>) -> Result<(), Fault> {
    let mut value = value.clone();
    if let Some((options, delimiter)) = options.and_then(|options| Some((options, delimiter(options)?))) {
        let Some(old) = node.scalar() else {
            return Err(refuse("a delimiter needs one value, and this is a map or a list", options));
        };
        let mut parts: Vec<String> = old.text.split(delimiter).map(str::to_owned).collect();
        let text = value.scalar().map(|scalar| scalar.text.clone()).unwrap_or_default();
        match usize::try_from(index(options)) {
            Err(_) => parts.insert(0, text),
            Ok(index) if index >= parts.len() => parts.push(text),
            Ok(index) => parts[index] = text,
        }
        let text = parts.join(delimiter);
        value = Node::quoted(text, value.origin);
    }
    match (&mut node.value, &value.value) {
        (Value::Scalar(old), Value::Scalar(new)) => {
            // A text stays a text, whatever it looks like now; what was made is what it looks like.
            old.quoted = matches!(old.plain(), Plain::Text(_)) || is_word(&new.text);
            old.text.clone_from(&new.text);
            node.origin = value.origin;
        }
        _ => *node = value,
    }
    Ok(())
}
