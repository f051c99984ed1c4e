//! The kinds that Kubernetes and its operators serve, and the fields of each.
//!
//! The data files are text that is part of the program. Their kinds are listed once when a kind is first asked for;
//! the fields of a shape are parsed when an object of it is first looked at.

mod shape;

pub use shape::{Field, Shape, Type};

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use crate::removals::{Removal, removal};
use shape::{Reference, ShapeFile};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        static FILES: [ShapeFile; [$($name),*].len()] = [
            $(ShapeFile::new(include_str!(concat!("../../schemas/", $name, ".txt")))),*
        ];
    };
}

files![
    "kubernetes",
    "argo-cd",
    "argo-rollouts",
    "cert-manager",
    "cilium",
    "cloudnative-pg",
    "external-secrets",
    "gateway-api",
    "istio",
    "karpenter",
    "keda",
    "kustomize",
    "mariadb-operator",
    "mongodb",
    "network-policy-api",
    "prometheus-operator",
    "redis-operator",
    "sealed-secrets",
    "snapshots",
    "strimzi",
    "velero",
];

/// A kind in a version that is served.
#[derive(Debug, Clone, Copy)]
pub struct ServedKind {
    pub api_version: &'static str,
    /// None where the catalog holds no fields of it.
    pub shape: Option<Reference>,
    file: u8,
}

/// What is known of a version and kind that a file names.
#[derive(Debug, Clone, Copy)]
pub enum KindStatus {
    Served(ServedKind),
    /// No release in support serves the version any more; `now` does.
    Gone {
        removal: Option<&'static Removal>,
        now: Option<ServedKind>,
    },
    /// The kind belongs to another group or version.
    Elsewhere(ServedKind),
    /// No such kind; this one is near.
    Misspelt {
        kind: &'static str,
        now: ServedKind,
    },
    /// Nothing is known of it: another operator's.
    Foreign,
}

/// Returns what is known of a kind.
pub fn kind_status(api_version: &str, kind: &str) -> KindStatus {
    match INDEX.kinds.get(&(api_version, kind)) {
        Some(Some(served)) => KindStatus::Served(*served),
        Some(None) => {
            KindStatus::Gone { removal: removal(api_version, kind), now: newest(api_version, kind) }
        }
        None => INDEX.unknown(api_version, kind),
    }
}

/// Returns the field that took the place of a deprecated one at the top of a kind.
pub fn deprecated(kind: &str, field: &str) -> Option<&'static str> {
    // Source: kustomize api v0.21.3, CheckDeprecatedFields.
    match (kind, field) {
        ("Kustomization" | "Component", "bases") => Some("resources"),
        ("Kustomization" | "Component", "imageTags") => Some("images"),
        ("Kustomization" | "Component", "commonLabels") => Some("labels"),
        ("Kustomization" | "Component", "vars") => Some("replacements"),
        ("Kustomization" | "Component", "patchesStrategicMerge" | "patchesJson6902") => Some("patches"),
        _ => None,
    }
}

/// Returns the shape of the metadata of every object.
pub fn metadata() -> Option<&'static Shape> {
    INDEX.kinds.get(&("meta/v1", "ObjectMeta"))?.as_ref()?.shape?.shape()
}

/// Returns the annotations that a controller reads below its prefix, without the prefix; none where it is not known.
pub fn annotations(prefix: &str) -> Option<&'static BTreeSet<&'static str>> {
    ANNOTATIONS.get(prefix)
}

impl ServedKind {
    /// Returns the title of the schema that it was taken from: `CloudNativePG v1.30.1`.
    pub fn source(self) -> &'static str {
        FILES[usize::from(self.file)].title()
    }

    pub fn fields(self) -> Option<&'static Shape> {
        self.shape?.shape()
    }
}

impl Reference {
    pub fn shape(self) -> Option<&'static Shape> {
        FILES[usize::from(self.file)].shape(self.file, self.number)
    }
}

struct Index {
    /// None for a version that is no longer served.
    kinds: HashMap<(&'static str, &'static str), Option<ServedKind>>,
    /// Group to kind to its newest served version.
    groups: BTreeMap<&'static str, BTreeMap<&'static str, ServedKind>>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index { kinds: HashMap::new(), groups: BTreeMap::new() };
    for (number, file) in (0_u8..).zip(&FILES) {
        file.head().for_each(|line| index.add(number, line));
    }
    index
});

impl Index {
    fn add(&mut self, file: u8, line: &'static str) {
        let mut words = line.split(' ');
        let (Some(api_version), Some(kind), Some(shape)) = (words.next(), words.next(), words.next()) else {
            return;
        };
        if shape == "-" {
            self.kinds.insert((api_version, kind), None);
            return;
        }
        let shape = shape.parse().ok().map(|number| Reference { file, number });
        let served = ServedKind { api_version, shape, file };
        self.kinds.insert((api_version, kind), Some(served));
        let known = self.groups.entry(group(api_version)).or_default().entry(kind).or_insert(served);
        if maturity(api_version) > maturity(known.api_version) {
            *known = served;
        }
    }

    fn unknown(&self, api_version: &str, kind: &str) -> KindStatus {
        if let Some(removal) = removal(api_version, kind) {
            return KindStatus::Gone {
                removal: Some(removal),
                now: removal.now.and_then(|now| served(now, kind)),
            };
        }
        let in_group = self.groups.get(group(api_version));
        if let Some(served) = in_group.and_then(|kinds| kinds.get(kind)) {
            return KindStatus::Elsewhere(*served);
        }
        if let Some(served) = self.in_near_group(group(api_version), kind) {
            return KindStatus::Elsewhere(served);
        }
        let near = in_group.into_iter().flatten().find(|(known, _)| crate::table::is_slip(kind, known));
        near.map_or(KindStatus::Foreign, |(kind, now)| KindStatus::Misspelt { kind, now: *now })
    }

    /// A kind of Kubernetes itself under another of its groups, or one under a group with a slip in its name.
    fn in_near_group(&self, group: &str, kind: &str) -> Option<ServedKind> {
        let mut all = self.groups.iter().filter(|(known, _)| {
            crate::table::is_slip(group, known) || (is_built_in(group) && is_built_in(known))
        });
        all.find_map(|(_, kinds)| kinds.get(kind)).copied()
    }
}

fn is_built_in(group: &str) -> bool {
    matches!(group, "" | "apps" | "batch" | "policy" | "autoscaling" | "extensions")
        || matches!(group, "networking.k8s.io" | "rbac.authorization.k8s.io" | "storage.k8s.io")
}

fn newest(api_version: &str, kind: &str) -> Option<ServedKind> {
    INDEX.groups.get(group(api_version))?.get(kind).copied()
}

fn served(api_version: &str, kind: &str) -> Option<ServedKind> {
    *INDEX.kinds.get(&(api_version, kind))?
}

fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// `v2` comes after `v1`, that after `v1beta2`, that after `v1alpha1`.
fn maturity(api_version: &str) -> (u8, u32, u32) {
    let version = api_version.rsplit('/').next().unwrap_or_default().trim_start_matches('v');
    let number = |text: &str| text.parse().unwrap_or(0);
    match (version.split_once("beta"), version.split_once("alpha")) {
        (Some((major, minor)), _) => (1, number(major), number(minor)),
        (_, Some((major, minor))) => (0, number(major), number(minor)),
        _ => (2, number(version), 0),
    }
}

static ANNOTATIONS: LazyLock<BTreeMap<&'static str, BTreeSet<&'static str>>> = LazyLock::new(|| {
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut current = "";
    for line in include_str!("../../schemas/annotations.txt").lines() {
        match (line.strip_prefix("prefix "), line.starts_with(['#', ' ']) || line.starts_with("date ")) {
            (Some(prefix), _) => current = prefix,
            (None, true) => {}
            (None, false) => drop(all.entry(current).or_default().insert(line)),
        }
    }
    all
});

#[cfg(test)]
mod tests {
    use super::*;

    fn told(api_version: &str, kind: &str) -> String {
        match kind_status(api_version, kind) {
            KindStatus::Served(served) => format!("served, {}", served.source()),
            KindStatus::Gone { removal, now } => format!(
                "gone since {}, now {}",
                removal.map_or("?", |removal| removal.release),
                now.map_or("nowhere", |now| now.api_version)
            ),
            KindStatus::Elsewhere(served) => format!("elsewhere: {}", served.api_version),
            KindStatus::Misspelt { kind, now } => format!("rather {kind} of {}", now.api_version),
            KindStatus::Foreign => "foreign".to_owned(),
        }
    }

    #[test]
    fn tells_what_is_served() {
        let all = [
            ("apps/v1", "Deployment"),
            ("v1", "Deployment"),
            ("apps/v1", "Deploymnet"),
            ("extensions/v1beta1", "Ingress"),
            ("policy/v1beta1", "PodDisruptionBudget"),
            ("autoscaling/v2beta2", "HorizontalPodAutoscaler"),
            ("external-secrets.io/v1beta1", "ExternalSecret"),
            ("redis.redis.opstreelabs.io/v1beta1", "RedisCluster"),
            ("redis.redis.opstreelabs.in/v1beta1", "RedisCluster"),
            ("postgresql.cnpg.io/v1", "Cluster"),
            ("kafka.strimzi.io/v1beta2", "Kafka"),
            ("v1", "Config"),
            ("install.istio.io/v1alpha1", "IstioOperator"),
            ("argoproj.io/v1alpha1", "Workflow"),
            ("kustomize.config.k8s.io/v1beta1", "Kustomization"),
        ];
        let told: Vec<_> =
            all.iter().map(|(version, kind)| format!("{version} {kind}: {}", told(version, kind))).collect();
        insta::assert_snapshot!(told.join("\n"), @"
        apps/v1 Deployment: served, Kubernetes 1.34 to 1.37
        v1 Deployment: elsewhere: apps/v1
        apps/v1 Deploymnet: rather Deployment of apps/v1
        extensions/v1beta1 Ingress: gone since 1.22, now networking.k8s.io/v1
        policy/v1beta1 PodDisruptionBudget: gone since 1.25, now policy/v1
        autoscaling/v2beta2 HorizontalPodAutoscaler: gone since 1.26, now autoscaling/v2
        external-secrets.io/v1beta1 ExternalSecret: gone since 0.17.0, now external-secrets.io/v1
        redis.redis.opstreelabs.io/v1beta1 RedisCluster: elsewhere: redis.redis.opstreelabs.in/v1beta2
        redis.redis.opstreelabs.in/v1beta1 RedisCluster: elsewhere: redis.redis.opstreelabs.in/v1beta2
        postgresql.cnpg.io/v1 Cluster: served, CloudNativePG v1.30.1 and its Barman Cloud plugin v0.15.0
        kafka.strimzi.io/v1beta2 Kafka: gone since Strimzi 1.0.0, now kafka.strimzi.io/v1
        v1 Config: foreign
        install.istio.io/v1alpha1 IstioOperator: foreign
        argoproj.io/v1alpha1 Workflow: foreign
        kustomize.config.k8s.io/v1beta1 Kustomization: served, kustomize api v0.21.3, types/kustomization.go
        ");
    }

    #[test]
    fn every_shape_can_be_read() {
        for (number, file) in (0_u8..).zip(&FILES) {
            let unread = file.unreadable(number);
            assert!(unread.is_empty(), "{}: {unread:?}", file.title());
        }
    }

    #[test]
    fn every_file_has_a_title_and_a_date() {
        for file in &FILES {
            assert!(
                file.title().len() > 5 && file.date().is_some_and(|date| date.year() >= 2026),
                "{}",
                file.title()
            );
        }
    }

    #[test]
    fn fields_are_found_by_name() {
        let KindStatus::Served(served) = kind_status("apps/v1", "Deployment") else { panic!("not served") };
        let spec = served.fields().and_then(|shape| shape.field("spec")).unwrap();
        let Type::Fields(spec) = spec.value else { panic!("{spec:?}") };
        let replicas = spec.shape().and_then(|shape| shape.field("replicas")).unwrap();
        assert_eq!((replicas.required, &replicas.value), (false, &Type::Int));
        assert!(spec.shape().is_some_and(|shape| shape.field("replica").is_none()));
    }

    #[test]
    fn ingress_nginx_has_no_rate_limit() {
        let known = annotations("nginx.ingress.kubernetes.io/").unwrap();
        assert!(known.contains("limit-rps") && !known.contains("rate-limit"));
    }
}
