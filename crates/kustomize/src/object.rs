//! An object on its way through the transformations, and the names that it had.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use sehat_yaml::Node;

use crate::tree;

/// Group, version and kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Gvk {
    pub group: String,
    pub version: String,
    pub kind: String,
}

/// What tells an object from the others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id {
    pub gvk: Gvk,
    pub name: String,
    /// As written; empty where nothing is written.
    pub namespace: String,
    /// It belongs to no namespace.
    pub cluster: bool,
}

/// A generated object: what it does to one of the same name, and whether its name carries a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generated {
    pub behavior: Behavior,
    pub hash: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behavior {
    Create,
    Replace,
    Merge,
}

#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub node: Node,
    /// Earlier names, oldest first.
    pub previous: Vec<Id>,
    pub prefixes: Vec<String>,
    pub suffixes: Vec<String>,
    pub generated: Option<Generated>,
    /// Names of the variables that take their value here.
    pub variables: Vec<String>,
}

/// The namespace of what has none, and of what says none.
const NO_NAMESPACE: &str = "_non_namespaceable_";
const DEFAULT_NAMESPACE: &str = "default";

impl Gvk {
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
    }

    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Returns whether it is one of those that `selector` means, whose empty words mean any.
    pub fn is_selected_by(&self, selector: &Self) -> bool {
        let fits = |mine: &str, wanted: &str| wanted.is_empty() || mine == wanted;
        fits(&self.group, &selector.group)
            && fits(&self.version, &selector.version)
            && fits(&self.kind, &selector.kind)
    }

    fn is_cluster(&self) -> bool {
        static KINDS: LazyLock<BTreeSet<(&str, &str)>> = LazyLock::new(|| {
            let lines = include_str!("data/cluster.txt").lines().filter(|line| !line.starts_with('#'));
            lines.filter_map(|line| line.split_once(' ').map(|(version, kind)| (kind, version))).collect()
        });
        // Most kinds are decided without a copy of the version.
        KINDS.range((self.kind.as_str(), "")..).take_while(|(kind, _)| *kind == self.kind).any(|(_, api)| {
            api.split_once('/').unwrap_or(("", api)) == (self.group.as_str(), self.version.as_str())
        })
    }
}

impl Id {
    pub fn new(gvk: Gvk, name: &str, namespace: &str) -> Self {
        let cluster = gvk.is_cluster();
        Self { gvk, name: name.to_owned(), namespace: namespace.to_owned(), cluster }
    }

    pub fn effective_namespace(&self) -> &str {
        match (self.cluster, self.namespace.as_str()) {
            (true, _) => NO_NAMESPACE,
            (false, "") => DEFAULT_NAMESPACE,
            (false, written) => written,
        }
    }

    pub fn has_same_namespace(&self, other: &Self) -> bool {
        self.effective_namespace() == other.effective_namespace()
    }

    pub fn is_same(&self, other: &Self) -> bool {
        self.name == other.name && self.gvk == other.gvk && self.has_same_namespace(other)
    }

    /// Returns what is equal for the same object.
    pub fn key(&self) -> (Gvk, String, String) {
        (self.gvk.clone(), self.effective_namespace().to_owned(), self.name.clone())
    }

    /// Returns whether an exact selector, whose empty words mean any, selects this.
    pub fn is_selected_by(&self, selector: &Self) -> bool {
        let namespace = |id: &Self| match id.namespace.as_str() {
            "" => DEFAULT_NAMESPACE.to_owned(),
            written => written.to_owned(),
        };
        (selector.name.is_empty() || selector.name == self.name)
            && (selector.namespace.is_empty() || namespace(selector) == namespace(self))
            && self.gvk.is_selected_by(&selector.gvk)
    }

    /// The words that a person knows it by.
    pub fn shown(&self) -> String {
        match self.namespace.as_str() {
            "" => format!("{} {}", self.gvk.kind, self.name),
            namespace => format!("{} {namespace}/{}", self.gvk.kind, self.name),
        }
    }
}

impl Object {
    pub fn new(node: Node) -> Self {
        Self {
            node,
            previous: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            generated: None,
            variables: Vec::new(),
        }
    }

    pub fn kind(&self) -> &str {
        self.node.get("kind").and_then(Node::as_text).unwrap_or_default()
    }

    pub fn name(&self) -> &str {
        self.node.at(&["metadata", "name"]).and_then(Node::as_text).unwrap_or_default()
    }

    pub fn namespace(&self) -> &str {
        self.node.at(&["metadata", "namespace"]).and_then(Node::as_text).unwrap_or_default()
    }

    pub fn gvk(&self) -> Gvk {
        let api_version = self.node.get("apiVersion").and_then(Node::as_text).unwrap_or_default();
        Gvk::new(api_version, self.kind())
    }

    pub fn id(&self) -> Id {
        Id::new(self.gvk(), self.name(), self.namespace())
    }

    /// Returns the identity that the object had in its file.
    pub fn first_id(&self) -> Id {
        self.previous().next().unwrap_or_else(|| self.id())
    }

    /// Returns the identities that it had. A new group or version changes them all.
    pub fn previous(&self) -> impl Iterator<Item = Id> {
        let now = self.gvk();
        self.previous.iter().map(move |id| {
            let gvk = Gvk { kind: id.gvk.kind.clone(), ..now.clone() };
            Id { gvk, ..id.clone() }
        })
    }

    pub fn ids(&self) -> impl Iterator<Item = Id> {
        self.previous().chain(std::iter::once(self.id()))
    }

    /// Remembers the present name before it changes.
    pub fn remember(&mut self) {
        let id = self.id();
        let namespace = id.effective_namespace().to_owned();
        self.previous.push(Id { namespace, cluster: false, ..id });
    }

    pub fn set_name(&mut self, name: &str) {
        let origin = self.node.at(&["metadata", "name"]).unwrap_or(&self.node).origin.clone();
        tree::set_at(&mut self.node, &["metadata", "name"], Node::quoted(name, origin));
    }

    /// A strategic merge patch may have left nothing.
    pub fn is_gone(&self) -> bool {
        self.node.entries().is_empty()
    }
}
