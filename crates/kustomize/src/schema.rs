//! How lists merge: which have keys, by kind and path.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use sehat_yaml::Node;

use crate::object::Gvk;

/// Types by number, and where a kind starts.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    kinds: BTreeMap<Gvk, usize>,
    types: Vec<BTreeMap<String, Member>>,
}

/// A field that leads to lists with keys, or is one.
#[derive(Debug, Default)]
struct Member {
    leads_to: Option<usize>,
    keys: Option<Vec<String>>,
}

/// Where a merge stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place<'a> {
    kind: Option<usize>,
    /// The keys that items of this list are told apart by; none for a list of plain values.
    pub keys: Option<&'a [String]>,
}

static BUILT_IN: LazyLock<Arc<Schema>> = LazyLock::new(|| Arc::new(parse()));

pub(crate) fn built_in() -> Arc<Schema> {
    BUILT_IN.clone()
}

impl Schema {
    /// Returns the place of an object by its `apiVersion` and `kind`.
    pub fn of_object(&self, node: &Node) -> Option<Place<'_>> {
        let word = |key| node.get(key).and_then(Node::as_text);
        let gvk = Gvk::new(word("apiVersion")?, word("kind")?);
        self.kinds.get(&gvk).map(|kind| Place { kind: Some(*kind), keys: None })
    }

    pub fn field(&self, place: Place<'_>, name: &str) -> Place<'_> {
        let member = place.kind.and_then(|kind| self.types.get(kind)?.get(name));
        member.map_or_else(Place::default, |member| Place {
            kind: member.leads_to,
            keys: member.keys.as_deref(),
        })
    }
}

impl Place<'_> {
    pub fn is_known(self) -> bool {
        self.kind.is_some() || self.keys.is_some()
    }

    pub fn items(self) -> Self {
        Self { keys: None, ..self }
    }
}

#[derive(Default)]
struct Names(BTreeMap<String, usize>);

impl Names {
    fn number(&mut self, types: &mut Vec<BTreeMap<String, Member>>, name: &str) -> usize {
        *self.0.entry(name.to_owned()).or_insert_with(|| {
            types.push(BTreeMap::new());
            types.len() - 1
        })
    }
}

fn parse() -> Schema {
    let (mut schema, mut names, mut here) = (Schema::default(), Names::default(), 0);
    for line in include_str!("data/merge.txt").lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["type", name, kinds @ ..] => {
                here = names.number(&mut schema.types, name);
                schema.kinds.extend(kinds.iter().filter_map(|kind| Some((kind_of(kind)?, here))));
            }
            [what @ ("field" | "merge"), field, target, keys @ ..] => {
                let leads_to = (*target != "-").then(|| names.number(&mut schema.types, target));
                let keys = keys.first().map(|keys| keys.split(',').map(str::to_owned).collect());
                let keys = (*what == "merge").then(|| keys.unwrap_or_default());
                schema.types[here].insert((*field).to_owned(), Member { leads_to, keys });
            }
            _ => {}
        }
    }
    schema
}

/// `apps/v1/Deployment`, and `/v1/Pod`.
fn kind_of(words: &str) -> Option<Gvk> {
    let mut words = words.splitn(3, '/').map(str::to_owned);
    Some(Gvk { group: words.next()?, version: words.next()?, kind: words.next()? })
}

/// Reads an `OpenAPI` description, whose kinds then replace the built-in ones.
pub(crate) fn from_openapi(node: &Node) -> Schema {
    let mut reader = OpenApi { schema: Schema::default(), names: Names::default() };
    for (name, definition) in node.get("definitions").map(Node::entries).unwrap_or_default() {
        let number = reader.names.number(&mut reader.schema.types, &name.text);
        reader.fields(number, definition);
        for kind in definition.get("x-kubernetes-group-version-kind").map(Node::items).unwrap_or_default() {
            let word = |key| kind.get(key).and_then(Node::as_text).unwrap_or_default().to_owned();
            let gvk = Gvk { group: word("group"), version: word("version"), kind: word("kind") };
            reader.schema.kinds.insert(gvk, number);
        }
    }
    reader.schema
}

struct OpenApi {
    schema: Schema,
    names: Names,
}

impl OpenApi {
    fn fields(&mut self, number: usize, definition: &Node) {
        for (name, property) in definition.get("properties").map(Node::entries).unwrap_or_default() {
            let member = self.member(property);
            self.schema.types[number].insert(name.text.clone(), member);
        }
    }

    fn member(&mut self, property: &Node) -> Member {
        let of = property.get("items").or_else(|| property.get("additionalProperties")).unwrap_or(property);
        let reference = of.get("$ref").and_then(Node::as_text);
        let reference = reference.map(|name| name.strip_prefix("#/definitions/").unwrap_or(name));
        let leads_to = if let Some(name) = reference {
            self.names.number(&mut self.schema.types, name)
        } else {
            self.schema.types.push(BTreeMap::new());
            let number = self.schema.types.len() - 1;
            self.fields(number, of);
            number
        };
        Member { leads_to: Some(leads_to), keys: keys(property) }
    }
}

fn keys(property: &Node) -> Option<Vec<String>> {
    let strategy = property.get("x-kubernetes-patch-strategy").and_then(Node::as_text)?;
    strategy.split(',').find(|word| *word == "merge")?;
    let listed = property.get("x-kubernetes-list-map-keys").map(Node::items);
    let one = property.get("x-kubernetes-patch-merge-key");
    let texts = |nodes: &[Node]| nodes.iter().filter_map(Node::as_text).map(str::to_owned).collect();
    Some(listed.map_or_else(|| texts(one.map(std::slice::from_ref).unwrap_or_default()), texts))
}
