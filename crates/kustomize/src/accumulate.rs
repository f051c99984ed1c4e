//! The objects that a kustomization gathers, with what is known of how to change them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use sehat_diagnostic::Diagnostic;
use sehat_yaml::Node;

use crate::config::{self, Config};
use crate::fault::{Fault, fault};
use crate::object::{Behavior, Id, Object};
use crate::tree;
use crate::variables::Variable;

pub(crate) struct Accumulator {
    pub objects: Vec<Object>,
    pub config: Arc<Config>,
    pub variables: BTreeMap<String, Variable>,
    /// Places of objects by every name that they have and had; made when it is needed.
    index: Option<HashMap<String, Vec<usize>>>,
}

impl Accumulator {
    pub fn new() -> Self {
        Self {
            objects: Vec::new(),
            config: config::empty(),
            variables: BTreeMap::new(),
            index: Some(HashMap::new()),
        }
    }

    /// Must be called when names, kinds or places may have changed.
    pub fn changed(&mut self) {
        self.index = None;
    }

    fn candidates(&mut self, name: &str) -> &[usize] {
        let objects = &self.objects;
        let index = self.index.get_or_insert_with(|| {
            let mut index: HashMap<String, Vec<usize>> = HashMap::new();
            for (at, object) in objects.iter().enumerate() {
                note(&mut index, at, object);
            }
            index
        });
        index.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the objects that have or had this identity.
    pub fn find(&mut self, id: &Id) -> Vec<usize> {
        let candidates = self.candidates(&id.name).to_vec();
        candidates.into_iter().filter(|at| self.objects[*at].ids().any(|known| known.is_same(id))).collect()
    }

    /// Returns the objects that have or had this name.
    pub fn named(&mut self, name: &str) -> Vec<usize> {
        self.candidates(name).to_vec()
    }

    /// Adds an object whose identity no other one has.
    pub fn append(&mut self, object: Object) -> Result<(), Fault> {
        let id = object.id();
        let candidates = self.candidates(&id.name).to_vec();
        if let Some(same) = candidates.into_iter().find(|at| self.objects[*at].id().is_same(&id)) {
            return Err(conflict(&id, &object, &self.objects[same]));
        }
        if let Some(index) = &mut self.index {
            note(index, self.objects.len(), &object);
        }
        self.objects.push(object);
        Ok(())
    }

    /// Adds what a generator made: a new object, or one that replaces or adds to one that is there.
    pub fn absorb(&mut self, mut object: Object, behavior: Behavior) -> Result<(), Fault> {
        let id = object.id();
        let found = self.find(&id);
        match (found.as_slice(), behavior) {
            ([], Behavior::Create) => self.append(object),
            ([], _) => {
                let message = format!("there is no {} to merge with or to replace", id.shown());
                let help = "write `behavior: create`, or compare name and namespace";
                Err(fault("kustomize-generator", message, &object.node.origin, help))
            }
            ([_], Behavior::Create) => {
                let message = format!("{} is there already", id.shown());
                let help = "write `behavior: merge` or `behavior: replace`";
                Err(fault("kustomize-generator", message, &object.node.origin, help))
            }
            ([one], behavior) => {
                let old = &self.objects[*one];
                inherit(&mut object, old);
                if behavior == Behavior::Merge {
                    for field in ["data", "binaryData"] {
                        merge_texts(&mut object.node, old.node.get(field), field);
                    }
                }
                self.objects[*one] = object;
                self.changed();
                Ok(())
            }
            _ => {
                let message = format!("several objects are or were {}", id.shown());
                Err(fault("kustomize-generator", message, &object.node.origin, "give them different names"))
            }
        }
    }

    /// Tells two objects that a transformation gave the same identity.
    pub fn check_ids(&self) -> Result<(), Fault> {
        let mut seen = HashMap::with_capacity(self.objects.len());
        for object in &self.objects {
            let id = object.id();
            if let Some(first) = seen.insert(id.key(), object) {
                return Err(conflict(&id, object, first));
            }
        }
        Ok(())
    }

    /// Takes over all that another one gathered.
    pub fn absorb_all(&mut self, other: Self) -> Result<(), Fault> {
        self.config = config::merge(&self.config, &other.config).map_err(|path| field_conflict(&path))?;
        self.variables.extend(other.variables);
        other.objects.into_iter().try_for_each(|object| self.append(object))
    }
}

pub(crate) fn field_conflict(path: &str) -> Fault {
    let message =
        format!("two configurations say differently whether `{path}` is created where it is missing");
    Box::new(Diagnostic::error("kustomize-configuration", message).help("write the same `create` in both"))
}

fn note(index: &mut HashMap<String, Vec<usize>>, at: usize, object: &Object) {
    let mut names: Vec<&str> = object.previous.iter().map(|id| id.name.as_str()).collect();
    names.push(object.name());
    names.sort_unstable();
    names.dedup();
    for name in names {
        index.entry(name.to_owned()).or_default().push(at);
    }
}

fn conflict(id: &Id, second: &Object, first: &Object) -> Fault {
    let place =
        |object: &Object| object.node.at(&["metadata", "name"]).unwrap_or(&object.node).origin.clone();
    Box::new(
        Diagnostic::error("kustomize-conflict", format!("there are two objects {}", id.shown()))
            .at(&place(second), "second")
            .at(&place(first), "first")
            .help("list each resource once, or give them different names"),
    )
}

/// A generated object takes the identity and the labels of the one that it changes.
fn inherit(object: &mut Object, old: &Object) {
    for field in ["labels", "annotations"] {
        let all = [old.node.at(&["metadata", field]), object.node.at(&["metadata", field])];
        let merged = all.into_iter().flatten().fold(None, |merged: Option<Node>, more| {
            let mut merged = merged.unwrap_or_else(|| tree::empty_map(&more.origin));
            for (key, value) in tree::texts(Some(more)) {
                tree::set(&mut merged, &key, text_of(&value));
            }
            Some(merged)
        });
        if let Some(merged) = merged {
            tree::set_at(&mut object.node, &["metadata", field], merged);
        }
    }
    object.set_name(old.name());
    match old.node.at(&["metadata", "namespace"]) {
        Some(namespace) => tree::set_at(&mut object.node, &["metadata", "namespace"], namespace.clone()),
        None => {
            object.node.get_mut("metadata").and_then(|metadata| tree::remove(metadata, "namespace"));
        }
    }
    let hash = object.generated.is_some_and(|generated| generated.hash);
    object.generated = old.generated.map(|old| crate::object::Generated { hash: old.hash && hash, ..old });
    object.previous.clone_from(&old.previous);
    object.prefixes.clone_from(&old.prefixes);
    object.suffixes.clone_from(&old.suffixes);
    object.variables.clone_from(&old.variables);
}

fn merge_texts(node: &mut Node, old: Option<&Node>, field: &str) {
    let mut merged = tree::empty_map(&node.origin);
    for (key, value) in tree::texts(old).into_iter().chain(tree::texts(node.get(field))) {
        tree::set(&mut merged, &key, text_of(&value));
    }
    if merged.entries().is_empty() {
        tree::remove(node, field);
    } else {
        tree::set(node, field, merged);
    }
}

fn text_of(node: &Node) -> Node {
    Node::quoted(node.scalar().map(|scalar| scalar.text.clone()).unwrap_or_default(), node.origin.clone())
}
