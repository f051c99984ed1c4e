//! One kustomization file, held against what kustomize 5.7.1 reads.

use sehat_diagnostic::Diagnostic;
use sehat_yaml::Node;

use crate::config::FIELDS;
use crate::fault::{Fault, fault};
use crate::shape::{Shape, check};

#[derive(Clone, Debug)]
pub(crate) struct Kustomization {
    pub folder: Folder,
    pub node: Node,
}

/// A folder under the user's name for it, and under its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folder {
    pub path: String,
    pub real: String,
}

impl Kustomization {
    pub fn get(&self, field: &str) -> Option<&Node> {
        self.node.get(field).filter(|node| !node.is_null())
    }

    pub fn items(&self, field: &str) -> &[Node] {
        self.get(field).map(Node::items).unwrap_or_default()
    }

    pub fn text(&self, field: &str) -> Option<&Node> {
        self.get(field).filter(|node| node.as_text().is_some_and(|text| !text.is_empty()))
    }

    pub fn is_component(&self) -> bool {
        self.node.get("kind").and_then(Node::as_text) == Some("Component")
    }
}

/// Tells all that kustomize would not read.
pub(crate) fn check_fields(node: &mut Node, diagnostics: &mut Vec<Diagnostic>) -> Result<(), Fault> {
    check(node, KUSTOMIZATION, diagnostics);
    let holds = |(key, value): &(sehat_yaml::Key, Node)| {
        !["apiVersion", "kind"].contains(&key.text.as_str()) && !value.is_null()
    };
    if !node.entries().iter().any(holds) {
        return Err(fault(
            "kustomize-empty",
            "the kustomization says nothing",
            &node.origin,
            "list its `resources`",
        ));
    }
    let word = |key: &str| node.get(key).filter(|node| node.as_text().is_some_and(|text| !text.is_empty()));
    let kind = word("kind").and_then(Node::as_text).unwrap_or("Kustomization");
    let version = match kind {
        "Kustomization" => "kustomize.config.k8s.io/v1beta1",
        "Component" => "kustomize.config.k8s.io/v1alpha1",
        _ => {
            let origin = node.get("kind").map_or(&node.origin, |kind| &kind.origin);
            let message = format!("`{kind}` is no kind of kustomization");
            return Err(fault("kustomize-kind", message, origin, "write Kustomization or Component"));
        }
    };
    match word("apiVersion") {
        Some(found) if found.as_text() != Some(version) => {
            let message = format!("kustomize reads a {kind} of {version} only");
            Err(fault("kustomize-kind", message, &found.origin, "write this version"))
        }
        _ => Ok(()),
    }
}

/// Fields that still work, and what takes their place.
pub(crate) const DEPRECATED: [(&str, &str); 6] = [
    ("bases", "resources"),
    ("commonLabels", "labels"),
    ("imageTags", "images"),
    ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"),
    ("vars", "replacements"),
];

const TEXTS: Shape = Shape::List(&Shape::Text);

const SELECTOR: Shape = Shape::Map(&[
    ("group", Shape::Text),
    ("version", Shape::Text),
    ("kind", Shape::Text),
    ("name", Shape::Text),
    ("namespace", Shape::Text),
    ("annotationSelector", Shape::Text),
    ("labelSelector", Shape::Text),
]);

pub(crate) const PATCH: Shape = Shape::Map(&[
    ("path", Shape::Text),
    ("patch", Shape::Text),
    ("target", SELECTOR),
    ("options", Shape::Map(&[("allowNameChange", Shape::Flag), ("allowKindChange", Shape::Flag)])),
]);

pub(crate) const IMAGE: Shape = Shape::Map(&[
    ("name", Shape::Text),
    ("newName", Shape::Text),
    ("tagSuffix", Shape::Text),
    ("newTag", Shape::Text),
    ("digest", Shape::Text),
]);

const FIELD_OPTIONS: Shape = Shape::Map(&[
    ("delimiter", Shape::Text),
    ("index", Shape::Number),
    ("encoding", Shape::Text),
    ("create", Shape::Flag),
]);

const SOURCE: Shape = Shape::Map(&[
    ("group", Shape::Text),
    ("version", Shape::Text),
    ("kind", Shape::Text),
    ("name", Shape::Text),
    ("namespace", Shape::Text),
    ("fieldPath", Shape::Text),
    ("options", FIELD_OPTIONS),
]);

const TARGET: Shape = Shape::Map(&[
    ("select", SELECTOR),
    ("reject", Shape::List(&SELECTOR)),
    ("fieldPaths", TEXTS),
    ("options", FIELD_OPTIONS),
]);

pub(crate) const REPLACEMENT: Shape = Shape::Map(&[
    ("path", Shape::Text),
    ("source", SOURCE),
    ("sourceValue", Shape::Text),
    ("targets", Shape::List(&TARGET)),
]);

pub(crate) const REPLICA: Shape = Shape::Map(&[("name", Shape::Text), ("count", Shape::Number)]);

const GENERATOR_OPTIONS: Shape = Shape::Map(&[
    ("labels", Shape::Texts),
    ("annotations", Shape::Texts),
    ("disableNameSuffixHash", Shape::Flag),
    ("immutable", Shape::Flag),
]);

/// A generator of a ConfigMap or a Secret; only the latter has a type.
pub(crate) const GENERATOR: Shape = Shape::Map(&[
    ("namespace", Shape::Text),
    ("name", Shape::Text),
    ("behavior", Shape::Text),
    ("literals", TEXTS),
    ("files", TEXTS),
    ("envs", TEXTS),
    ("env", Shape::Text),
    ("options", GENERATOR_OPTIONS),
    ("type", Shape::Text),
]);

const LABELS: Shape = Shape::Map(&[
    ("pairs", Shape::Texts),
    ("includeSelectors", Shape::Flag),
    ("includeTemplates", Shape::Flag),
    ("fields", Shape::List(&Shape::Map(FIELDS))),
]);

const VARIABLE: Shape = Shape::Map(&[
    ("name", Shape::Text),
    (
        "objref",
        Shape::Map(&[
            ("apiVersion", Shape::Text),
            ("group", Shape::Text),
            ("version", Shape::Text),
            ("kind", Shape::Text),
            ("name", Shape::Text),
            ("namespace", Shape::Text),
        ]),
    ),
    ("fieldref", Shape::Map(&[("fieldPath", Shape::Text)])),
]);

const SORT: Shape = Shape::Map(&[
    ("order", Shape::Text),
    ("legacySortOptions", Shape::Map(&[("orderFirst", TEXTS), ("orderLast", TEXTS)])),
]);

const KUSTOMIZATION: Shape = Shape::Map(&[
    ("apiVersion", Shape::Text),
    ("kind", Shape::Text),
    (
        "metadata",
        Shape::Map(&[
            ("name", Shape::Text),
            ("namespace", Shape::Text),
            ("labels", Shape::Texts),
            ("annotations", Shape::Texts),
        ]),
    ),
    ("openapi", Shape::Texts),
    ("namePrefix", Shape::Text),
    ("nameSuffix", Shape::Text),
    ("namespace", Shape::Text),
    ("commonLabels", Shape::Texts),
    ("labels", Shape::List(&LABELS)),
    ("commonAnnotations", Shape::Texts),
    ("patchesStrategicMerge", TEXTS),
    ("patchesJson6902", Shape::List(&PATCH)),
    ("patches", Shape::List(&PATCH)),
    ("images", Shape::List(&IMAGE)),
    ("imageTags", Shape::List(&IMAGE)),
    ("replacements", Shape::List(&REPLACEMENT)),
    ("replicas", Shape::List(&REPLICA)),
    ("vars", Shape::List(&VARIABLE)),
    ("sortOptions", SORT),
    ("resources", TEXTS),
    ("components", TEXTS),
    ("crds", TEXTS),
    ("bases", TEXTS),
    ("configMapGenerator", Shape::List(&GENERATOR)),
    ("secretGenerator", Shape::List(&GENERATOR)),
    ("helmGlobals", Shape::Any),
    ("helmCharts", Shape::Any),
    ("helmChartInflationGenerator", Shape::Any),
    ("generatorOptions", GENERATOR_OPTIONS),
    ("configurations", TEXTS),
    ("generators", TEXTS),
    ("transformers", TEXTS),
    ("validators", TEXTS),
    ("buildMetadata", TEXTS),
]);
