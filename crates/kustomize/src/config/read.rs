//! Configurations of transformations from files.

use std::sync::Arc;

use sehat_diagnostic::Diagnostic;
use sehat_yaml::Node;

use super::{Config, Reference};
use crate::fields::{Field, merge_one};
use crate::object::Gvk;
use crate::shape::{Shape, check};

const FIELD: Shape = Shape::Map(FIELDS);
pub(crate) const FIELDS: &[(&str, Shape)] = &[
    ("group", Shape::Text),
    ("version", Shape::Text),
    ("kind", Shape::Text),
    ("path", Shape::Text),
    ("create", Shape::Flag),
];
const REFERENCE: Shape = Shape::Map(&[
    ("group", Shape::Text),
    ("version", Shape::Text),
    ("kind", Shape::Text),
    ("fieldSpecs", Shape::List(&FIELD)),
]);
const CONFIG: Shape = Shape::Map(&[
    ("namePrefix", Shape::List(&FIELD)),
    ("nameSuffix", Shape::List(&FIELD)),
    ("namespace", Shape::List(&FIELD)),
    ("commonLabels", Shape::List(&FIELD)),
    ("labels", Shape::List(&FIELD)),
    ("templateLabels", Shape::List(&FIELD)),
    ("commonAnnotations", Shape::List(&FIELD)),
    ("varReference", Shape::List(&FIELD)),
    ("images", Shape::List(&FIELD)),
    ("replicas", Shape::List(&FIELD)),
    ("nameReference", Shape::List(&REFERENCE)),
]);

/// Reads a file that `configurations` names.
pub(crate) fn from_file(mut node: Node, diagnostics: &mut Vec<Diagnostic>) -> Arc<Config> {
    check(&mut node, CONFIG, diagnostics);
    let mut config = Config::default();
    for (key, value) in node.entries() {
        if key.text == "nameReference" {
            config.references = value.items().iter().map(reference).collect();
        } else if let Some(section) = config.section(&key.text) {
            *section = fields(Some(value));
        }
    }
    Arc::new(config)
}

fn reference(node: &Node) -> Reference {
    Reference { target: gvk(node), fields: fields(node.get("fieldSpecs")) }
}

/// Reads a list of fields: of a configuration, or of `labels[].fields`.
pub(crate) fn fields(node: Option<&Node>) -> Vec<Field> {
    let items = node.map(Node::items).unwrap_or_default();
    let field = |node: &Node| {
        let create = node.get("create").and_then(Node::as_bool).unwrap_or(false);
        Field::new(gvk(node), text(node, "path"), create)
    };
    items.iter().map(field).collect()
}

pub(crate) fn gvk(node: &Node) -> Gvk {
    let word = |key| text(node, key).to_owned();
    Gvk { group: word("group"), version: word("version"), kind: word("kind") }
}

fn text<'a>(node: &'a Node, key: &str) -> &'a str {
    node.get(key).and_then(Node::as_text).unwrap_or_default()
}

/// Reads the descriptions of custom kinds that `crds` names: definitions by name, each with a `Schema`.
pub(crate) fn from_crds(definitions: &Node) -> Result<Arc<Config>, String> {
    let mut config = Config::default();
    for (name, definition) in definitions.entries() {
        let Some(properties) = properties(definition) else { continue };
        if ["kind", "apiVersion", "metadata"].iter().all(|key| properties.get(key).is_some()) {
            let kind = name.text.rsplit('.').next().unwrap_or_default().to_owned();
            let gvk = Gvk { kind, ..Gvk::default() };
            Crds { definitions, gvk, config: &mut config }.add(definition, &mut Vec::new())?;
        }
    }
    Ok(Arc::new(config))
}

fn properties(definition: &Node) -> Option<&Node> {
    definition.get("Schema").or_else(|| definition.get("schema"))?.get("properties")
}

struct Crds<'a> {
    definitions: &'a Node,
    gvk: Gvk,
    config: &'a mut Config,
}

/// Definitions may lead to each other; kustomize would follow them without end.
const DEPTH_MAX: usize = 32;

impl Crds<'_> {
    fn add(&mut self, definition: &Node, path: &mut Vec<String>) -> Result<(), String> {
        for (name, property) in properties(definition).map(Node::entries).unwrap_or_default() {
            path.push(name.text.clone());
            self.property(property, path)?;
            let next = property.get("$ref").and_then(Node::as_text);
            if let Some(next) = next.and_then(|name| self.definitions.get(name)) {
                if path.len() > DEPTH_MAX {
                    return Err(path.join("/"));
                }
                self.add(next, path)?;
            }
            path.pop();
        }
        Ok(())
    }

    fn property(&mut self, property: &Node, path: &[String]) -> Result<(), String> {
        let has = |key: &str| property.get(key).is_some();
        let field = Field::new(self.gvk.clone(), &path.join("/"), false);
        if has("x-kubernetes-annotation") {
            merge_one(&mut self.config.annotations, &field)?;
        }
        if has("x-kubernetes-label-selector") {
            merge_one(&mut self.config.common_labels, &field)?;
        }
        if has("x-kubernetes-identity") {
            merge_one(&mut self.config.name_prefix, &field)?;
        }
        let word = |key: &str| property.get(key).and_then(Node::as_text);
        let (Some(version), Some(kind)) =
            (word("x-kubernetes-object-ref-api-version"), word("x-kubernetes-object-ref-kind"))
        else {
            return Ok(());
        };
        let name = word("x-kubernetes-object-ref-name-key").unwrap_or("name");
        let field = Field::new(self.gvk.clone(), &format!("{}/{name}", field.path), false);
        self.refer(Gvk { version: version.to_owned(), kind: kind.to_owned(), ..Gvk::default() }, &field)
    }

    fn refer(&mut self, target: Gvk, field: &Field) -> Result<(), String> {
        if let Some(known) = self.config.references.iter_mut().find(|known| known.target == target) {
            return merge_one(&mut known.fields, field);
        }
        self.config.references.push(Reference { target, fields: vec![field.clone()] });
        Ok(())
    }
}
