//! Which fields the transformations change: the defaults of kustomize, and what files add to them.

mod read;

use std::sync::{Arc, LazyLock};

use crate::fields::{Field, merge_all};
use crate::object::Gvk;

pub(crate) use read::{FIELDS, fields, from_crds, from_file, gvk};

#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    pub name_prefix: Vec<Field>,
    pub name_suffix: Vec<Field>,
    pub namespace: Vec<Field>,
    pub common_labels: Vec<Field>,
    pub labels: Vec<Field>,
    pub template_labels: Vec<Field>,
    pub annotations: Vec<Field>,
    pub references: Vec<Reference>,
    pub variables: Vec<Field>,
    pub images: Vec<Field>,
    pub replicas: Vec<Field>,
}

/// The fields that hold the name of an object of a kind.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub target: Gvk,
    pub fields: Vec<Field>,
}

static DEFAULT: LazyLock<Arc<Config>> = LazyLock::new(|| Arc::new(parse_default()));

static EMPTY: LazyLock<Arc<Config>> = LazyLock::new(Arc::default);

/// What is known before anything was read. The order in which fields are added decides which ones count.
pub(crate) fn empty() -> Arc<Config> {
    EMPTY.clone()
}

pub(crate) fn default() -> Arc<Config> {
    DEFAULT.clone()
}

/// Adds the fields of the second to the first. An error names a path that both have in two ways.
pub(crate) fn merge(first: &Arc<Config>, second: &Arc<Config>) -> Result<Arc<Config>, String> {
    if Arc::ptr_eq(first, second) {
        return Ok(first.clone());
    }
    if Arc::ptr_eq(first, &EMPTY) && Arc::ptr_eq(second, &DEFAULT) {
        return Ok(second.clone());
    }
    let mut merged = Config::clone(first);
    for (name, fields) in second.sections() {
        if let Some(own) = merged.section(name) {
            merge_all(own, fields)?;
            own.sort_by_cached_key(|field| order(&field.gvk));
        }
    }
    for more in &second.references {
        match merged.references.iter_mut().find(|known| known.target == more.target) {
            Some(known) => merge_all(&mut known.fields, &more.fields)?,
            None => merged.references.push(more.clone()),
        }
    }
    merged.references.sort_by_cached_key(|reference| order(&reference.target));
    Ok(Arc::new(merged))
}

impl Config {
    pub fn section(&mut self, name: &str) -> Option<&mut Vec<Field>> {
        Some(match name {
            "namePrefix" => &mut self.name_prefix,
            "nameSuffix" => &mut self.name_suffix,
            "namespace" => &mut self.namespace,
            "commonLabels" => &mut self.common_labels,
            "labels" => &mut self.labels,
            "templateLabels" => &mut self.template_labels,
            "commonAnnotations" => &mut self.annotations,
            "varReference" => &mut self.variables,
            "images" => &mut self.images,
            "replicas" => &mut self.replicas,
            _ => return None,
        })
    }

    fn sections(&self) -> [(&'static str, &[Field]); 10] {
        [
            ("namePrefix", &self.name_prefix),
            ("nameSuffix", &self.name_suffix),
            ("namespace", &self.namespace),
            ("commonLabels", &self.common_labels),
            ("labels", &self.labels),
            ("templateLabels", &self.template_labels),
            ("commonAnnotations", &self.annotations),
            ("varReference", &self.variables),
            ("images", &self.images),
            ("replicas", &self.replicas),
        ]
    }
}

const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Returns what sorts kinds as kustomize does: those that others need come first.
pub(crate) fn order(gvk: &Gvk) -> (usize, String) {
    rank(gvk, &FIRST, &LAST)
}

/// The same for two lists of kinds, those that come first and those that come last.
pub(crate) fn rank(gvk: &Gvk, first: &[impl AsRef<str>], last: &[impl AsRef<str>]) -> (usize, String) {
    let rank = match (place_of(first, &gvk.kind), place_of(last, &gvk.kind)) {
        (_, Some(at)) => first.len() + 1 + at,
        (Some(at), None) => at,
        (None, None) => first.len(),
    };
    let word = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
    let text = [word(&gvk.group, "~G"), word(&gvk.version, "~V"), word(&gvk.kind, "~K")].join("_");
    (rank, text)
}

fn place_of(list: &[impl AsRef<str>], kind: &str) -> Option<usize> {
    list.iter().rposition(|known| known.as_ref() == kind)
}

fn parse_default() -> Config {
    let mut config = Config::default();
    let mut section = String::new();
    for line in include_str!("data/fields.txt").lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            name.clone_into(&mut section);
            if let Some(words) = section.strip_prefix("nameReference ") {
                config.references.push(Reference { target: gvk_of_words(words), fields: Vec::new() });
            }
        } else if let Some(field) = parse_field(line) {
            match config.section(&section) {
                Some(fields) => fields.push(field),
                None => config
                    .references
                    .iter_mut()
                    .last()
                    .into_iter()
                    .for_each(|last| last.fields.push(field.clone())),
            }
        }
    }
    config
}

fn gvk_of_words(words: &str) -> Gvk {
    let mut words = words.split(' ').map(|word| if word == "-" { "" } else { word }.to_owned());
    let mut next = || words.next().unwrap_or_default();
    let (kind, group, version) = (next(), next(), next());
    Gvk { group, version, kind }
}

fn parse_field(line: &str) -> Option<Field> {
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let path = line.split(' ').nth(3)?;
    Some(Field::new(gvk_of_words(line), path, line.ends_with(" create")))
}
