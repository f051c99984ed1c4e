//! Generators of ConfigMaps and Secrets, and the hash in their names.

mod base64;
mod hash;
mod pairs;

use sehat_diagnostic::Origin;
use sehat_yaml::{Node, Value};

use crate::accumulate::Accumulator;
use crate::build::Builder;
use crate::fault::{Fault, fault, unsupported};
use crate::kustomization::Kustomization;
use crate::object::{Behavior, Generated, Object};
use crate::tree;
use pairs::Pair;

pub(crate) use base64::decode as decode_base64;

/// Performs the generators of a kustomization.
pub(crate) fn run(
    builder: &mut Builder<'_>,
    kustomization: &Kustomization,
    gathered: &mut Accumulator,
) -> Result<(), Fault> {
    let common = kustomization.get("generatorOptions");
    for (field, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
        for entry in kustomization.items(field) {
            generate(builder, kustomization, entry, common, kind, gathered)?;
        }
    }
    for field in ["helmCharts", "helmChartInflationGenerator"] {
        if let Some(charts) = kustomization.get(field).filter(|charts| !charts.items().is_empty()) {
            return Err(unsupported(&format!("`{field}`, which would start Helm,"), &charts.origin));
        }
    }
    Ok(())
}

/// Makes one object.
pub(crate) fn generate(
    builder: &mut Builder<'_>,
    kustomization: &Kustomization,
    entry: &Node,
    common: Option<&Node>,
    kind: &str,
    gathered: &mut Accumulator,
) -> Result<(), Fault> {
    let word = |key: &str| entry.get(key).filter(|node| node.as_text().is_some_and(|text| !text.is_empty()));
    let Some(name) = word("name") else {
        return Err(fault(
            "kustomize-generator",
            format!("the {kind} has no name"),
            &entry.origin,
            "write `name`",
        ));
    };
    let behavior = behavior(word("behavior"))?;
    let mut node = tree::empty_map(&entry.origin);
    tree::set(&mut node, "apiVersion", Node::quoted("v1", entry.origin.clone()));
    tree::set(&mut node, "kind", Node::quoted(kind, entry.origin.clone()));
    tree::set_at(&mut node, &["metadata", "name"], Node::quoted(text(name), name.origin.clone()));
    if let Some(namespace) = word("namespace") {
        tree::set_at(&mut node, &["metadata", "namespace"], namespace.clone());
    }
    if kind == "Secret" {
        let opaque = Node::quoted("Opaque", entry.origin.clone());
        tree::set(&mut node, "type", word("type").cloned().unwrap_or(opaque));
        tree::set(&mut node, "data", tree::empty_map(&entry.origin));
    }
    for pair in pairs::read(builder, kustomization, entry)? {
        put(&mut node, kind, pair)?;
    }
    let options = Options { own: entry.get("options"), common };
    options.apply(&mut node, &entry.origin);
    let hash = !options.flag("disableNameSuffixHash");
    let mut object = Object::new(node);
    object.generated = Some(Generated { behavior, hash });
    gathered.absorb(object, behavior)
}

fn text(node: &Node) -> String {
    node.as_text().unwrap_or_default().to_owned()
}

fn behavior(node: Option<&Node>) -> Result<Behavior, Fault> {
    match node.map(|node| (node, text(node))) {
        None => Ok(Behavior::Create),
        Some((node, word)) => match word.as_str() {
            "create" => Ok(Behavior::Create),
            "merge" => Ok(Behavior::Merge),
            "replace" => Ok(Behavior::Replace),
            _ => {
                let message = format!("there is no behavior `{word}`");
                Err(fault("kustomize-generator", message, &node.origin, "write create, merge or replace"))
            }
        },
    }
}

fn put(object: &mut Node, kind: &str, pair: Pair) -> Result<(), Fault> {
    let (field, value) = match String::from_utf8(pair.value) {
        Ok(text) if kind == "ConfigMap" => ("data", text),
        Err(error) if kind == "ConfigMap" => ("binaryData", base64::encode(error.as_bytes())),
        Ok(text) => ("data", base64::encode(text.as_bytes())),
        Err(error) => ("data", base64::encode(error.as_bytes())),
    };
    if ["data", "binaryData"]
        .iter()
        .any(|field| object.get(field).is_some_and(|data| data.get(&pair.key).is_some()))
    {
        let message = format!("the key `{}` stands here twice", pair.key);
        return Err(fault("kustomize-generator", message, &pair.origin, "keep one of them"));
    }
    let value = Node::quoted(value, pair.origin.clone());
    if object.get(field).is_none() {
        let map = Node { origin: pair.origin, value: Value::Map(Vec::new()) };
        tree::set(object, field, map);
    }
    if let Some(data) = object.get_mut(field) {
        tree::set(data, &pair.key, value);
    }
    Ok(())
}

/// Options of one generator, and those of all.
struct Options<'a> {
    own: Option<&'a Node>,
    common: Option<&'a Node>,
}

impl Options<'_> {
    fn flag(&self, name: &str) -> bool {
        let set =
            |options: Option<&Node>| options.and_then(|options| options.get(name)?.as_bool()) == Some(true);
        set(self.own) || set(self.common)
    }

    fn apply(&self, object: &mut Node, origin: &Origin) {
        for field in ["labels", "annotations"] {
            let mut all = Vec::new();
            for options in [self.common, self.own].into_iter().flatten() {
                all.extend(tree::texts(options.get(field)));
            }
            for (key, value) in all {
                let value = Node::quoted(text(&value), value.origin.clone());
                tree::set_at(object, &["metadata", field, &key], value);
            }
        }
        if self.flag("immutable") {
            tree::set(object, "immutable", Node::text("true", origin.clone()));
        }
    }
}

/// Appends to the names of generated objects what their contents hash to.
pub(crate) fn add_hashes(gathered: &mut Accumulator) -> Result<(), Fault> {
    gathered.changed();
    for object in &mut gathered.objects {
        if object.generated.is_some_and(|generated| generated.hash) {
            let name = format!("{}-{}", object.name(), hash::of(&object.node));
            object.remember();
            object.set_name(&name);
        }
    }
    gathered.check_ids()
}
