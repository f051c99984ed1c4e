//! Follows changed names: an object that names another one gets the new name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sehat_yaml::{Node, Value};

use crate::accumulate::Accumulator;
use crate::config::{Config, Reference};
use crate::fault::{Fault, fault};
use crate::fields::{Create, Field};
use crate::object::{Gvk, Id, Object};

/// Updates every field that holds a name, as the configuration lists them.
pub(crate) fn update(gathered: &mut Accumulator) -> Result<(), Fault> {
    let names = Names::new(&gathered.objects);
    if names.by_old_name.is_empty() {
        return Ok(());
    }
    let config = gathered.config.clone();
    let mut kinds = Kinds::default();
    for at in 0..gathered.objects.len() {
        let object = &gathered.objects[at];
        let referrer = Referrer::new(object);
        let fields = kinds.fields(&config, object.first_id().gvk);
        if fields.is_empty() {
            continue;
        }
        let node = &mut gathered.objects[at].node;
        let origin = node.origin.clone();
        for (field, target) in fields {
            let search = Search { names: &names, referrer: &referrer, field, target };
            field.visit(node, Create::Never, &origin, &mut |found| search.update(found))?;
        }
    }
    Ok(())
}

/// The fields of each kind that hold names, with the kinds that they name.
#[derive(Default)]
struct Kinds<'a>(HashMap<Gvk, Vec<(&'a Field, &'a Gvk)>>);

impl<'a> Kinds<'a> {
    fn fields(&mut self, config: &'a Config, gvk: Gvk) -> &[(&'a Field, &'a Gvk)] {
        self.0.entry(gvk).or_insert_with_key(|gvk| {
            let of = |reference: &'a Reference| {
                reference
                    .fields
                    .iter()
                    .filter(|field| gvk.is_selected_by(&field.gvk))
                    .map(|field| (field, &reference.target))
            };
            config.references.iter().flat_map(of).collect()
        })
    }
}

/// What is known of an object that had another name.
struct Target {
    now: Id,
    space: Space,
    previous: Vec<Id>,
    namespace: String,
    first_namespace: String,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

struct Names {
    targets: Vec<Target>,
    by_old_name: HashMap<String, Vec<usize>>,
    /// The namespaces in which objects were first, each with those in which these are now.
    moves: BTreeMap<String, BTreeSet<Space>>,
}

/// Where an object is: the namespace as it counts, and as it is written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Space {
    cluster: bool,
    effective: String,
    written: String,
}

impl Space {
    fn of(id: &Id) -> Self {
        Self {
            cluster: id.cluster,
            effective: id.effective_namespace().to_owned(),
            written: id.namespace.clone(),
        }
    }
}

impl Names {
    fn new(objects: &[Object]) -> Self {
        let (mut targets, mut by_old_name) = (Vec::new(), HashMap::<String, Vec<usize>>::new());
        let mut moves = BTreeMap::<String, BTreeSet<Space>>::new();
        if objects.iter().all(|object| object.previous.is_empty()) {
            return Self { targets, by_old_name, moves };
        }
        for object in objects {
            let first = object.first_id().effective_namespace().to_owned();
            moves.entry(first).or_default().insert(Space::of(&object.id()));
        }
        for object in objects.iter().filter(|object| !object.previous.is_empty()) {
            let mut names: Vec<&str> = object.previous.iter().map(|id| id.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                by_old_name.entry(name.to_owned()).or_default().push(targets.len());
            }
            targets.push(Target {
                space: Space::of(&object.id()),
                now: object.id(),
                previous: object.previous().collect(),
                namespace: object.namespace().to_owned(),
                first_namespace: object.first_id().effective_namespace().to_owned(),
                prefixes: object.prefixes.clone(),
                suffixes: object.suffixes.clone(),
            });
        }
        Self { targets, by_old_name, moves }
    }

    /// Whether anything that the referrer may mean was in this namespace first.
    fn was_used(&self, namespace: &str, referrer: &Referrer) -> bool {
        self.moves.get(namespace).is_some_and(|spaces| spaces.iter().any(|space| referrer.reaches(space)))
    }
}

/// The object that names others.
struct Referrer {
    id: Id,
    role: Option<Gvk>,
    /// Namespaces of the service accounts that a RoleBinding names.
    namespaces: Vec<String>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

impl Referrer {
    fn new(object: &Object) -> Self {
        let role = object.node.get("roleRef").and_then(|role| {
            let word = |key: &str| Some(role.get(key)?.scalar()?.text.clone());
            Some(Gvk { group: word("apiGroup")?, version: String::new(), kind: word("kind")? })
        });
        let subjects = object.node.get("subjects").map(Node::items).unwrap_or_default();
        let account = |subject: &Node| {
            let word = |key: &str| subject.get(key).and_then(Node::as_text);
            (word("kind") == Some("ServiceAccount")).then(|| word("namespace").map(str::to_owned)).flatten()
        };
        let binding = object.kind() == "RoleBinding";
        Self {
            id: object.id(),
            role,
            namespaces: if binding { subjects.iter().filter_map(account).collect() } else { Vec::new() },
            prefixes: object.prefixes.clone(),
            suffixes: object.suffixes.clone(),
        }
    }

    /// Whether an object of this namespace may mean the target at all.
    fn may_mean(&self, target: &Target) -> bool {
        self.reaches(&target.space)
    }

    fn reaches(&self, space: &Space) -> bool {
        self.id.cluster
            || space.cluster
            || space.effective == self.id.effective_namespace()
            || self.namespaces.contains(&space.written)
    }

    fn shares_namespace(&self, target: &Target) -> bool {
        self.id.cluster
            || target.now.cluster
            || target.now.gvk.kind == "ServiceAccount"
            || target.now.has_same_namespace(&self.id)
    }

    /// Whether both got the same prefixes and suffixes last; nothing fits everything where `empty_fits`.
    fn shares_ends(&self, target: &Target, empty_fits: bool) -> bool {
        let fits = |mine: &[String], theirs: &[String]| {
            (empty_fits && (mine.is_empty() || theirs.is_empty())) || same_end(mine, theirs)
        };
        fits(&target.prefixes, &self.prefixes) && fits(&target.suffixes, &self.suffixes)
    }
}

fn same_end(a: &[String], b: &[String]) -> bool {
    let shorter = a.len().min(b.len());
    if shorter == 0 {
        return a.is_empty() && b.is_empty();
    }
    a[a.len() - shorter..] == b[b.len() - shorter..]
}

struct Search<'a> {
    names: &'a Names,
    referrer: &'a Referrer,
    field: &'a Field,
    target: &'a Gvk,
}

impl Search<'_> {
    /// Updates what stands at the field: a name, a map with one, or a list of either.
    fn update(&self, node: &mut Node) -> Result<(), Fault> {
        match &mut node.value {
            Value::Scalar(scalar) if scalar.is_null() => Ok(()),
            Value::Scalar(_) => self.update_name(node),
            Value::Map(_) => self.update_map(node),
            Value::List(items) => items.iter_mut().try_for_each(|item| match &item.value {
                Value::Map(_) => self.update_map(item),
                Value::Scalar(_) => self.update_name(item),
                Value::List(_) => Ok(()),
            }),
        }
    }

    fn update_name(&self, node: &mut Node) -> Result<(), Fault> {
        let name = node.as_text().unwrap_or_default();
        let candidates = self.candidates(name, None);
        let Some(target) = self.choose(candidates, node, |a, b| a.now.name == b.now.name)? else {
            return Ok(());
        };
        if target.now.name != name {
            *node = Node::quoted(target.now.name.clone(), node.origin.clone());
        }
        Ok(())
    }

    fn update_map(&self, node: &mut Node) -> Result<(), Fault> {
        let Some(name) = node.get("name") else {
            let message = format!("`{}` leads to a map without a `name`", self.field.path);
            return Err(fault("kustomize-path", message, &node.origin, "write a name here"));
        };
        let written = name.as_text().unwrap_or_default().to_owned();
        let namespace = node.get("namespace").map(|node| node.as_text().unwrap_or_default());
        let candidates = self.candidates(&written, namespace);
        let same = |a: &Target, b: &Target| a.now.name == b.now.name && a.namespace == b.namespace;
        let Some(target) = self.choose(candidates, node, same)? else { return Ok(()) };
        let (name, namespace) = (target.now.name.clone(), target.namespace.clone());
        if name == written && namespace.is_empty() {
            return Ok(());
        }
        let origin = node.origin.clone();
        let keep = |old: Option<&Node>, text: String| {
            Node::quoted(text, old.map_or_else(|| origin.clone(), |old| old.origin.clone()))
        };
        let (new_name, new_namespace) =
            (keep(node.get("name"), name), keep(node.get("namespace"), namespace.clone()));
        crate::tree::set(node, "name", new_name);
        if !namespace.is_empty() {
            crate::tree::set(node, "namespace", new_namespace);
        }
        Ok(())
    }

    /// Returns the objects that had the name; a namespace beside the name says where they were, or else are.
    fn candidates(&self, name: &str, namespace: Option<&str>) -> Vec<&Target> {
        let known = self.names.by_old_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let all: Vec<&Target> = known
            .iter()
            .map(|at| &self.names.targets[*at])
            .filter(|target| self.referrer.may_mean(target))
            .collect();
        let Some(namespace) = namespace else { return all };
        if self.names.was_used(namespace, self.referrer) {
            return all.into_iter().filter(|target| target.first_namespace == namespace).collect();
        }
        all.into_iter()
            .filter(|target| !target.now.cluster && target.now.effective_namespace() == namespace)
            .collect()
    }

    fn choose<'t>(
        &self,
        mut candidates: Vec<&'t Target>,
        node: &Node,
        same: impl Fn(&Target, &Target) -> bool,
    ) -> Result<Option<&'t Target>, Fault> {
        candidates.retain(|target| target.previous.iter().any(|id| id.gvk.is_selected_by(self.target)));
        if let Some(role) = self.referrer.role.as_ref().filter(|_| self.field.path.ends_with("roleRef/name"))
        {
            candidates.retain(|target| target.previous.iter().any(|id| id.gvk.is_selected_by(role)));
        }
        candidates.retain(|target| self.referrer.shares_namespace(target));
        if candidates.len() != 1 {
            candidates.retain(|target| self.referrer.shares_ends(target, true));
        }
        if candidates.len() > 1 {
            candidates.retain(|target| self.referrer.shares_ends(target, false));
        }
        let Some((first, others)) = candidates.split_first() else { return Ok(None) };
        if others.iter().all(|other| same(first, other)) {
            return Ok(Some(first));
        }
        let shown: Vec<String> = candidates.iter().map(|target| target.now.shown()).collect();
        let message = format!("this name may mean {}", shown.join(", "));
        Err(fault("kustomize-reference", message, &node.origin, "give them different names"))
    }
}
