//! What the rules about workloads share: how many pods there are, who scales them, and how findings name and mend them.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::storage::VolumeClaim;
use sehat_platform::inventory::workload::{Workload, WorkloadKind};
use sehat_platform::inventory::{Object, ObjectId};
use sehat_verdict::{Finding, Fix, Severity};
use serde_json::{Value, json};

use crate::{Context, Index};

/// The fewest and the most pods of a workload, with an autoscaler where one scales it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pods {
    pub min: u32,
    pub max: u32,
}

/// Returns how many pods a workload may have; nothing where the nodes or a schedule decide.
///
/// Source: Kubernetes API, `HorizontalPodAutoscalerSpec`: `minReplicas` is 1 where nothing is stated.
pub fn pods(index: &Index<'_>, workload: &Workload) -> Option<Pods> {
    let scaled = index.autoscalers.get(&workload.object.id).map_or(&[][..], Vec::as_slice);
    let floors = scaled.iter().map(|autoscaler| autoscaler.min.as_ref().map_or(1, |min| min.value));
    let ceilings = scaled.iter().filter_map(|autoscaler| autoscaler.max.as_ref().map(|max| max.value));
    match (floors.min(), ceilings.max()) {
        (Some(min), Some(max)) => Some(Pods { min, max: max.max(min) }),
        _ => workload.replica_count().map(|count| Pods { min: count, max: count }),
    }
}

/// Returns whether pods of this kind serve side by side.
pub const fn serves(workload: &Workload) -> bool {
    matches!(
        workload.kind,
        WorkloadKind::Deployment
            | WorkloadKind::StatefulSet
            | WorkloadKind::ReplicaSet
            | WorkloadKind::ReplicationController
    )
}

/// How many places a finding shows.
const PLACES_MAX: usize = 5;

/// One finding for all objects that share a cause: it shows the first places and counts the rest.
pub fn with_places<'a>(finding: Finding, places: &[(&'a Origin, &'a str)]) -> Finding {
    let count = places.len().max(1);
    let shown = places.iter().take(PLACES_MAX);
    shown.fold(finding, |finding, (origin, label)| finding.at(*origin, *label)).counts(count)
}

/// A finding about what the files lack: unknown, and broken only where they claim to be whole.
pub fn lacking(rule: &'static str, severity: Severity, subject: impl Into<String>, whole: bool) -> Finding {
    if whole { Finding::broken(rule, severity, subject) } else { Finding::unknown(rule, severity, subject) }
}

/// `Deployment clinic/patients and 3 more`.
pub fn first_and_more(first: &ObjectId, count: usize) -> String {
    match count {
        0 | 1 => first.to_string(),
        _ => format!("{first} and {} more", count - 1),
    }
}

/// `Deployment clinic/patients` in quotes, with how many more there are.
pub fn quoted(first: &ObjectId, count: usize) -> String {
    match count {
        0 | 1 => format!("`{first}`"),
        _ => format!("`{first}` and {} more", count - 1),
    }
}

/// The form of a verb for one or for several.
pub const fn verb<'a>(count: usize, one: &'a str, several: &'a str) -> &'a str {
    if count > 1 { several } else { one }
}

/// `1 pod`, `3 pods`.
pub fn count_of(count: impl Into<u64>, one: &str) -> String {
    match count.into() {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    }
}

/// A patch over an object.
pub fn merge(object: &Object, patch: Value) -> Fix {
    Fix::Merge {
        api_version: object.api_version.value.clone(),
        kind: object.id.kind.clone(),
        namespace: object.namespace_stated.then(|| object.id.namespace.clone()),
        name: object.id.name.clone(),
        patch,
    }
}

/// A patch over the pods of a workload.
pub fn merge_pod(workload: &Workload, pod: &Value) -> Fix {
    let template = json!({ "spec": { "template": { "spec": pod } } });
    let patch = match workload.kind {
        WorkloadKind::Pod => json!({ "spec": pod }),
        WorkloadKind::CronJob => json!({ "spec": { "jobTemplate": template } }),
        _ => template,
    };
    merge(&workload.object, patch)
}

/// A patch over one container; lists of containers merge by their names.
pub fn merge_container(workload: &Workload, name: &str, fields: &Value) -> Fix {
    let mut container = json!({ "name": name });
    if let (Some(target), Some(fields)) = (container.as_object_mut(), fields.as_object()) {
        target.extend(fields.clone());
    }
    merge_pod(workload, &json!({ "containers": [container] }))
}

/// The head of a new object beside another one.
pub fn head_beside(object: &Object, api_version: &str, kind: &str, name: &str) -> Value {
    let mut metadata = json!({ "name": name });
    if object.namespace_stated
        && let Some(metadata) = metadata.as_object_mut()
    {
        metadata.insert("namespace".to_owned(), json!(object.id.namespace));
    }
    json!({ "apiVersion": api_version, "kind": kind, "metadata": metadata })
}

/// Returns the fewest changes of a letter that turn one name into the other, up to two.
pub fn is_near(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a == b || a.len().abs_diff(b.len()) > 2 || a.len().min(b.len()) < 4 {
        return false;
    }
    distance(&a, &b) <= 2
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// Returns a count or a percentage of a total, and whether a percentage was rounded up or down.
///
/// Source: Kubernetes API, `IntOrString`: budgets and `maxSurge` round up, `maxUnavailable` of a rollout rounds down.
pub fn share(text: &str, total: u32, up: bool) -> Option<u32> {
    let Some(percent) = text.strip_suffix('%') else { return text.parse().ok() };
    let product = u64::from(total).checked_mul(percent.parse().ok()?)?;
    let share = if up { product.div_ceil(100) } else { product / 100 };
    u32::try_from(share).ok()
}

/// Returns the last part of an image's name, without registry, tag and digest: `postgres`.
pub fn image_name(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image);
    let last = name.rsplit('/').next().unwrap_or(name);
    last.split(':').next().unwrap_or(last)
}

/// Returns the claim that a volume names, where a file describes it.
pub fn claim_of<'a>(context: &Context<'a>, workload: &Workload, name: &str) -> Option<&'a VolumeClaim> {
    let id = ObjectId::new("PersistentVolumeClaim", &workload.object.id.namespace, name);
    context.index.objects.get(&id)?;
    context.inventory.storage.claims.iter().find(|claim| claim.object.id == id)
}

/// Returns whether a claim can be attached to one node only.
pub fn is_one_node(claim: &VolumeClaim) -> bool {
    !claim.access.is_empty()
        && claim.access.iter().all(|mode| matches!(mode.value.as_str(), "ReadWriteOnce" | "ReadWriteOncePod"))
}
