//! Which objects a patch or a replacement means.

mod labels;

use regex::Regex;
use sehat_yaml::Node;

use crate::config::gvk;
use crate::fault::{Fault, fault};
use crate::object::{Id, Object};
use labels::Labels;

/// A `target` of a patch: regular expressions that must match whole words.
pub(crate) struct Selector {
    group: Word,
    version: Word,
    kind: Word,
    name: Word,
    namespace: Word,
    labels: Labels,
    annotations: Labels,
}

/// A word of a selector.
enum Word {
    Any,
    /// It holds no sign that means more than itself.
    Exact(String),
    Pattern(Regex),
}

impl Selector {
    pub fn read(node: &Node) -> Result<Self, Fault> {
        let word = |key: &str| node.get(key).map_or(Ok(Word::Any), Word::read);
        Ok(Self {
            group: word("group")?,
            version: word("version")?,
            kind: word("kind")?,
            name: word("name")?,
            namespace: word("namespace")?,
            labels: Labels::read(node.get("labelSelector"))?,
            annotations: Labels::read(node.get("annotationSelector"))?,
        })
    }

    pub fn selects(&self, object: &Object) -> bool {
        let (now, first) = (object.id(), object.first_id());
        let either = |word: &Word, of: fn(&Id) -> &str| word.fits(of(&first)) || word.fits(of(&now));
        either(&self.namespace, Id::effective_namespace)
            && either(&self.name, |id| &id.name)
            && self.group.fits(&now.gvk.group)
            && self.version.fits(&now.gvk.version)
            && self.kind.fits(&now.gvk.kind)
            && self.selects_labels(object)
    }

    fn selects_labels(&self, object: &Object) -> bool {
        self.labels.fit(object.node.at(&["metadata", "labels"]))
            && self.annotations.fit(object.node.at(&["metadata", "annotations"]))
    }
}

impl Word {
    fn read(node: &Node) -> Result<Self, Fault> {
        let Some(text) = node.as_text().filter(|text| !text.is_empty()) else { return Ok(Self::Any) };
        if text.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_' || c == '/') {
            return Ok(Self::Exact(text.to_owned()));
        }
        Regex::new(&format!("^(?:{text})$")).map(Self::Pattern).map_err(|_| {
            let message = format!("`{text}` is no regular expression");
            fault("kustomize-selector", message, &node.origin, "escape its special signs with `\\`")
        })
    }

    fn fits(&self, word: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(text) => text == word,
            Self::Pattern(pattern) => pattern.is_match(word),
        }
    }
}

/// A selector of a replacement: exact words.
pub(crate) struct Exact {
    id: Id,
    labels: Labels,
    annotations: Labels,
    has_labels: bool,
}

impl Exact {
    pub fn read(node: &Node) -> Result<Self, Fault> {
        let word = |key: &str| node.get(key).and_then(Node::as_text).unwrap_or_default();
        let (labels, annotations) = (node.get("labelSelector"), node.get("annotationSelector"));
        Ok(Self {
            id: Id {
                gvk: gvk(node),
                name: word("name").to_owned(),
                namespace: word("namespace").to_owned(),
                cluster: false,
            },
            labels: Labels::read(labels)?,
            annotations: Labels::read(annotations)?,
            has_labels: !word("labelSelector").is_empty() || !word("annotationSelector").is_empty(),
        })
    }

    pub fn selects_id(&self, object: &Object) -> bool {
        object.ids().any(|id| id.is_selected_by(&self.id))
    }

    pub fn selects_labels(&self, object: &Object) -> bool {
        self.labels.fit(object.node.at(&["metadata", "labels"]))
            && self.annotations.fit(object.node.at(&["metadata", "annotations"]))
    }

    /// Whether it rejects an object; what it leaves empty rejects nothing.
    pub fn rejects(&self, object: &Object) -> bool {
        let empty = self.id.gvk == crate::object::Gvk::default()
            && self.id.name.is_empty()
            && self.id.namespace.is_empty();
        (self.has_labels && self.selects_labels(object)) || (!empty && self.selects_id(object))
    }
}
